/** GNU `tee`. */
import { open } from '../../../os/open.ts';
import type { OpenFile } from '../../../os/open-file.ts';
import { complain, defineCommand, errnoMessage } from '../command.ts';

export const program = defineCommand(
  {
    short: 'aip',
    long: { append: 'a', 'ignore-interrupts': 'i' },
    usage:
      'tee [OPTION]... [FILE]...\nCopy standard input to each FILE, and also to standard output.\n\n  -a, --append              append to the given FILEs, do not overwrite\n  -i, --ignore-interrupts   ignore interrupt signals',
  },
  async (process, options, operands) => {
    if (options.has('i')) process.ignored.add('INT');
    const outputs: OpenFile[] = [];
    let failed = false;
    for (const path of operands) {
      try {
        outputs.push(
          open(process, path, {
            write: true,
            create: true,
            append: options.has('a'),
            truncate: !options.has('a'),
          }).acquire(),
        );
      } catch (error) {
        failed = true;
        await complain(process, `${path}: ${errnoMessage(error)}`);
      }
    }
    try {
      for (let bytes; (bytes = await process.read(0));) {
        await process.print(bytes);
        for (const output of outputs) {
          const pressure = output.operations.write!(bytes);
          if (pressure) await process.wait(pressure);
        }
      }
    } finally {
      for (const output of outputs) output.close();
    }
    return failed ? 1 : 0;
  },
);
