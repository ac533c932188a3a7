/** Vim's `xxd`: dump, -p and -r. */
import { concat, EMPTY } from '../../../core/bytes.ts';
import { defineCommand } from '../command.ts';
import { Inputs } from '../input.ts';

export const program = defineCommand(
  {
    short: 'c:g:l:prs:u',
    long: { plain: 'p', reverse: 'r', cols: 'c', len: 'l', seek: 's' },
    usage:
      'xxd [options] [infile [outfile]]\n\n  -c cols   format COLS octets per line (default 16, 30 for -p)\n  -g bytes  number of octets per group (default 2)\n  -l len    stop after LEN octets\n  -p        output in plain hexdump style\n  -r        reverse operation: convert hexdump into binary\n  -s seek   start at SEEK bytes\n  -u        use upper case hex letters',
  },
  async (process, options, operands) => {
    const inputs = new Inputs(process, operands.slice(0, 1));
    const chunks: Uint8Array[] = [];
    for await (const input of inputs) for (let bytes; (bytes = await input.read());) chunks.push(bytes);
    if (inputs.failed) return 2;
    const all = chunks.length === 0 ? EMPTY : concat(chunks);
    const write = async (bytes: string | Uint8Array) => {
      if (operands[1] === undefined) await process.print(bytes);
      else
        process.fileSystem.writeFile(
          process.resolve(operands[1]),
          typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes,
        );
    };
    if (options.has('r')) {
      await write(reverse(new TextDecoder().decode(all), options.has('p')));
      return 0;
    }
    const start = Number(options.get('s') ?? 0);
    const data = all.subarray(start, options.has('l') ? start + Number(options.get('l')) : undefined);
    const hex = (byte: number) => {
      const text = byte.toString(16).padStart(2, '0');
      return options.has('u') ? text.toUpperCase() : text;
    };
    const plain = options.has('p');
    const columns = Number(options.get('c') ?? (plain ? 30 : 16)) || data.length;
    const group = Number(options.get('g') ?? 2) || columns;
    const width = columns * 2 + Math.ceil(columns / group) - 1;
    let out = '';
    for (let at = 0; at < data.length; at += columns) {
      const row = [...data.subarray(at, at + columns)];
      if (plain) {
        out += `${row.map(hex).join('')}\n`;
        continue;
      }
      const bytes = row.map((byte, i) => (i > 0 && i % group === 0 ? ' ' : '') + hex(byte)).join('');
      const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
      out += `${(start + at).toString(16).padStart(8, '0')}: ${bytes.padEnd(width)}  ${text}\n`;
    }
    await write(out);
    return 0;
  },
);

/** The bytes that a dump stands for. */
function reverse(text: string, plain: boolean): Uint8Array {
  const digits = plain
    ? text.replace(/[^0-9a-fA-F]/g, '')
    : text
        .split('\n')
        .map((line) => (/^[0-9a-fA-F]+: ?((?:[0-9a-fA-F]+ ?)*)/.exec(line)?.[1] ?? '').replaceAll(' ', ''))
        .join('');
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
