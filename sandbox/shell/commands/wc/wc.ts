/** GNU `wc`. */
import { Utf8Decoder } from '../../../core/bytes.ts';
import { characterWidth } from '../columns.ts';
import { defineCommand } from '../command.ts';
import { Inputs } from '../input.ts';

type Counts = [lines: number, words: number, characters: number, bytes: number, longest: number];

export const program = defineCommand(
  {
    short: 'cmlLw',
    long: { bytes: 'c', chars: 'm', lines: 'l', 'max-line-length': 'L', words: 'w' },
    usage:
      'wc [OPTION]... [FILE]...\nPrint newline, word, and byte counts for each FILE, and a total line if\nmore than one FILE is specified.\n\n  -c, --bytes            print the byte counts\n  -m, --chars            print the character counts\n  -l, --lines            print the newline counts\n  -L, --max-line-length  print the maximum display width\n  -w, --words            print the word counts',
  },
  async (process, options, operands) => {
    const wanted = ['l', 'w', 'm', 'c', 'L'].map((key) => options.has(key));
    const columns = wanted.includes(true) ? wanted : [true, true, false, true, false];
    const onlyBytes = !columns[1] && !columns[2] && !columns[4];
    const inputs = new Inputs(process, operands);
    const rows: { counts: Counts; name: string }[] = [];
    const total: Counts = [0, 0, 0, 0, 0];
    for await (const input of inputs) {
      const counts: Counts = [0, 0, 0, 0, 0];
      const decoder = new Utf8Decoder();
      let inWord = false;
      let width = 0;
      for (let bytes; (bytes = await input.read());) {
        counts[3] += bytes.length;
        if (onlyBytes) {
          for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) counts[0]++;
          continue;
        }
        for (const char of decoder.push(bytes)) {
          counts[2]++;
          const code = char.codePointAt(0)!;
          if (code === 10) {
            counts[0]++;
            counts[4] = Math.max(counts[4], width);
            width = 0;
          } else width += code === 9 ? 8 - (width % 8) : characterWidth(code);
          const space = code === 32 || (code >= 9 && code <= 13) || code === 0xa0;
          if (!space && !inWord) counts[1]++;
          inWord = !space;
        }
      }
      counts[4] = Math.max(counts[4], width);
      counts.forEach((count, i) => (total[i] = i === 4 ? Math.max(total[i]!, count) : total[i]! + count));
      rows.push({ counts, name: operands.length === 0 ? '' : input.name });
    }
    if (operands.length > 1) rows.push({ counts: total, name: 'total' });
    const single = columns.filter(Boolean).length === 1 && rows.length === 1;
    const fromStdin = operands.length === 0 || operands.includes('-');
    const width = single
      ? 1
      : fromStdin && operands.length <= 1
        ? 7
        : Math.max(...total.map((count) => String(count).length), 1);
    for (const { counts, name } of rows) {
      const cells = counts.filter((_, i) => columns[i]).map((count) => String(count).padStart(width));
      await process.print(`${cells.join(' ')}${name === '' ? '' : ` ${name}`}\n`);
    }
    return inputs.failed ? 1 : 0;
  },
);
