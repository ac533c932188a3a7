/** ncurses `clear`. */
import type { Program } from '../../../os/machine.ts';

export const program: Program = async (process) => {
  await process.print('\u001b[H\u001b[2J\u001b[3J');
};
