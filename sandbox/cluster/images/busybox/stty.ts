/** busybox `stty` and `ttysize`: the terminal's size, and the settings that it has here. */
import type { Program } from '../../../os/machine.ts';
import { usageOf } from './synopsis.ts';

export const stty: Program = async (process) => {
  const terminal = process.files[0]?.terminal;
  if (!terminal) {
    await process.printError('stty: standard input: Inappropriate ioctl for device\n');
    return 1;
  }
  const words = process.argv.slice(1);
  const size = `rows ${terminal.rows}; columns ${terminal.columns};`;
  if (words.length === 0) {
    await process.print('speed 38400 baud; line = 0;\n-brkint -imaxbel\n');
    return 0;
  }
  for (const word of words) {
    if (word === 'size') await process.print(`${terminal.rows} ${terminal.columns}\n`);
    else if (word === '-a' || word === '--all') await process.print(`speed 38400 baud; ${size}\n`);
    else if (word === 'raw') terminal.setRaw(true);
    else if (word === 'cooked' || word === '-raw' || word === 'sane') {
      terminal.setRaw(false);
      if (word === 'sane') {
        terminal.setEcho?.(true);
        terminal.setCanonical?.(true);
      }
    } else if (word === 'echo' || word === '-echo') terminal.setEcho?.(word === 'echo');
    else if (word === 'icanon' || word === '-icanon') terminal.setCanonical?.(word === 'icanon');
    else {
      await process.printError(`stty: invalid argument '${word}'\n${usageOf('stty')}`);
      return 1;
    }
  }
  return 0;
};

/** `ttysize [w] [h]`: 80 and 24 where there is no terminal. */
export const ttysize: Program = async (process) => {
  const terminal = process.files.find((file) => file?.terminal)?.terminal;
  const columns = terminal?.columns ?? 80;
  const rows = terminal?.rows ?? 24;
  const asked = process.argv.slice(1);
  const shown =
    asked.length === 0 ? [columns, rows] : asked.map((word) => (word.startsWith('h') ? rows : columns));
  await process.print(`${shown.join(' ')}\n`);
  return 0;
};
