/** `true`. */
import type { Program } from '../../../os/machine.ts';

export const program: Program = async () => 0;
