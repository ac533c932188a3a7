/** ncurses `clear`. */
import type { Program } from '../../../os/machine.ts';
import { withUsage } from '../command.ts';

const run: Program = async (process) => {
  await process.print('\u001b[H\u001b[2J\u001b[3J');
};

export const program = withUsage('clear\nClear the terminal and its scrollback.', run);
