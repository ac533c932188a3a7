/** `true`. */
import type { Program } from '../../../os/machine.ts';
import { withUsage } from '../command.ts';

const run: Program = async () => 0;

export const program = withUsage(
  'true [ignored command line arguments]\nExit with a status code indicating success.',
  run,
);
