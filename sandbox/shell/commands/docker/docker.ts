/** `docker`: refused, with the reason and what to do instead. */
import { refusal } from '../refusal.ts';

export const program = refusal(
  'there is no container engine on this machine: containers run in the cluster, see `kubectl run --help`',
  1,
);
