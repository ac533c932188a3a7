/** GNU `yes`: writes blocks, so that it is the reader who sets the pace. */
import { encode } from '../../../core/bytes.ts';
import type { Program } from '../../../os/machine.ts';
import { withUsage } from '../command.ts';

const run: Program = async (process) => {
  const line = `${process.argv.slice(1).join(' ') || 'y'}\n`;
  const block = encode(line.repeat(Math.max(1, Math.floor(16384 / line.length))));
  for (;;) {
    const pressure = process.print(block);
    if (pressure) await pressure;
  }
};

export const program = withUsage(
  'yes [STRING]...\nRepeatedly output a line with all STRING(s), or `y`.',
  run,
);
