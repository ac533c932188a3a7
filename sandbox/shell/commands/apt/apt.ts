/** `apt`: refused, with the reason and what to do instead. */
import { refusal } from '../refusal.ts';

export const program = refusal(
  'no packages can be installed here: what this machine has is listed by `help` and the Tab key',
  100,
);
