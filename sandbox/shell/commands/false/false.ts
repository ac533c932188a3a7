/** `false`. */
import type { Program } from '../../../os/machine.ts';
import { withUsage } from '../command.ts';

const run: Program = async () => 1;

export const program = withUsage(
  'false [ignored command line arguments]\nExit with a status code indicating failure.',
  run,
);
