/** `sudo`: refused, with the reason and what to do instead. */
import { refusal } from '../refusal.ts';

export const program = refusal('not needed: you may do here whatever an exercise asks for as you are', 1);
