/** BSD `hexdump`: -C and the default of two-byte words. Left out: -e and its formats. */
import { concat, EMPTY } from '../../../core/bytes.ts';
import { defineCommand } from '../command.ts';
import { Inputs } from '../input.ts';

export const program = defineCommand(
  {
    short: 'Cn:s:v',
    long: { canonical: 'C', length: 'n', skip: 's', 'no-squeezing': 'v' },
    usage:
      'hexdump [options] <file>...\nDisplay file contents in hexadecimal.\n\n -C, --canonical      canonical hex+ASCII display\n -n, --length <num>   interpret only length bytes of input\n -s, --skip <num>     skip offset bytes from the beginning\n -v, --no-squeezing   output identical lines',
  },
  async (process, options, operands) => {
    const inputs = new Inputs(process, operands);
    const chunks: Uint8Array[] = [];
    for await (const input of inputs) for (let bytes; (bytes = await input.read());) chunks.push(bytes);
    if (inputs.failed) return 1;
    const start = Number(options.get('s') ?? 0);
    const all = chunks.length === 0 ? EMPTY : concat(chunks);
    const data = all.subarray(start, options.has('n') ? start + Number(options.get('n')) : undefined);
    const canonical = options.has('C');
    const offset = (at: number) => (start + at).toString(16).padStart(canonical ? 8 : 7, '0');
    let [out, before, squeezed] = ['', '', false];
    for (let at = 0; at < data.length; at += 16) {
      const row = [...data.subarray(at, at + 16)];
      const body = canonical ? canonicalRow(row) : wordRow(row);
      if (body === before && row.length === 16 && !options.has('v')) {
        if (!squeezed) out += '*\n';
        squeezed = true;
        continue;
      }
      [before, squeezed] = [body, false];
      out += `${offset(at)}${body}\n`;
    }
    await process.print(data.length === 0 ? '' : `${out}${offset(data.length)}\n`);
    return 0;
  },
);

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

function canonicalRow(row: number[]): string {
  const half = (bytes: number[]) => bytes.map((byte) => ` ${hex(byte, 2)}`).join('');
  const bytes = ` ${half(row.slice(0, 8))} ${half(row.slice(8))}`;
  const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
  return `${bytes.padEnd(50)}  |${text}|`;
}

/** Two bytes at a time, the low one first. */
function wordRow(row: number[]): string {
  let text = '';
  for (let i = 0; i < row.length; i += 2) text += ` ${hex(row[i]! + 256 * (row[i + 1] ?? 0), 4)}`;
  return text.padEnd(40);
}
