/** procps `free`: the machine's nominal memory; use by programs is not measured. */
import { defineCommand } from '../command.ts';
import { humanSize } from '../file-mode.ts';
import { TOTAL_MEMORY_BYTES } from '../../../os/proc-files.ts';

export const program = defineCommand(
  {
    short: 'bghkmt',
    long: { bytes: 'b', giga: 'g', human: 'h', kilo: 'k', mega: 'm', total: 't' },
    usage:
      'free [options]\n\n  -b, -k, -m, -g  show output in bytes, kibi-, mebi- or gibibytes\n  -h, --human     show human-readable output',
  },
  async (process, options) => {
    const unit = options.has('b') ? 1 : options.has('m') ? 1024 ** 2 : options.has('g') ? 1024 ** 3 : 1024;
    const used = process.machine.processes.size * 4 * 1024 ** 2;
    const show = (bytes: number) =>
      options.has('h') ? humanSize(bytes).replace(/([KMG])$/, '$1i') : String(Math.floor(bytes / unit));
    const cells = (values: number[]) => values.map((value) => show(value).padStart(12)).join('');
    await process.print(
      `               total        used        free      shared  buff/cache   available\nMem:    ${cells([TOTAL_MEMORY_BYTES, used, TOTAL_MEMORY_BYTES - used, 0, 0, TOTAL_MEMORY_BYTES - used])}\nSwap:   ${cells([0, 0, 0])}\n`,
    );
    return 0;
  },
);
