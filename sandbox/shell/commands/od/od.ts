/** GNU `od`: integers of 1, 2, 4 and 8 bytes and characters. Left out: floating point (-t f), -w, -S. */
import { concat, EMPTY } from '../../../core/bytes.ts';
import { CommandError, defineCommand, quoted } from '../command.ts';
import { Inputs } from '../input.ts';
import { parseSize } from '../size.ts';

/** One way to write a row: cells of `sizeBytes`, each `width` wide with its space. */
interface Format {
  sizeBytes: number;
  width: number;
  cell(bytes: Uint8Array): string;
  /** `z`: the characters behind the row. */
  characters: boolean;
}

export const program = defineCommand(
  {
    short: 'A:bcdj:N:ost:vx',
    long: {
      'address-radix': 'A',
      'skip-bytes': 'j',
      'read-bytes': 'N',
      format: 't',
      'output-duplicates': 'v',
    },
    usage:
      'od [OPTION]... [FILE]...\nWrite an unambiguous representation, octal bytes by default, of FILE to standard output.\n\n  -A, --address-radix=RADIX  output format for file offsets; RADIX is one of [doxn]\n  -j, --skip-bytes=BYTES     skip BYTES input bytes first\n  -N, --read-bytes=BYTES     limit dump to BYTES input bytes\n  -t, --format=TYPE          select output format: a size behind d, o, u or x; c for characters\n  -v, --output-duplicates    do not use * to mark line suppression\n  -b, -c, -d, -o, -x         same as -t o1, -t c, -t u2, -t o2, -t x2',
  },
  async (process, options, operands) => {
    const formats = options.list.flatMap(([key, value]) =>
      key === 't' ? parseFormats(value!) : SHORT[key] ? parseFormats(SHORT[key]) : [],
    );
    if (formats.length === 0) formats.push(...parseFormats('o2'));
    const inputs = new Inputs(process, operands);
    const chunks: Uint8Array[] = [];
    for await (const input of inputs) for (let bytes; (bytes = await input.read());) chunks.push(bytes);
    const start = parseSize(options.get('j') ?? '0') ?? 0;
    const limit = options.get('N');
    const all = chunks.length === 0 ? EMPTY : concat(chunks);
    const data = all.subarray(start, limit === undefined ? undefined : start + (parseSize(limit) ?? 0));
    const radix = options.get('A') ?? 'o';
    if (!'doxn'.includes(radix))
      throw new CommandError(
        `invalid output address radix ${quoted(radix)}; it must be one character from [doxn]`,
      );
    const address = (at: number) =>
      radix === 'n'
        ? ''
        : (start + at).toString({ d: 10, o: 8, x: 16 }[radix]).padStart(radix === 'x' ? 6 : 7, '0');
    // Cells of several formats stand below one another: a byte is as wide as the widest needs.
    const perByte = Math.max(...formats.map(({ width, sizeBytes }) => width / sizeBytes));
    let [out, before, squeezed] = ['', '', false];
    for (let at = 0; at < data.length; at += 16) {
      const row = data.subarray(at, at + 16);
      const text = row.join(',');
      if (row.length === 16 && text === before && !options.has('v')) {
        if (!squeezed) out += '*\n';
        squeezed = true;
        continue;
      }
      [before, squeezed] = [text, false];
      formats.forEach((format, i) => {
        const head = i === 0 ? address(at) : ' '.repeat(address(at).length);
        out += `${head}${rowText(row, format, perByte)}\n`;
      });
    }
    const end = address(data.length);
    await process.print(out + (end === '' ? '' : `${end}\n`));
    return inputs.failed ? 1 : 0;
  },
);

const SHORT: Record<string, string> = { b: 'o1', c: 'c', d: 'u2', o: 'o2', s: 'd2', x: 'x2' };
const ESCAPES: Record<number, string> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
};
const NAMED_SIZES: Record<string, number> = { C: 1, S: 2, I: 4, L: 8 };
/** Widths of the largest value by type and size. */
const DIGITS: Record<string, Record<number, number>> = {
  o: { 1: 3, 2: 6, 4: 11, 8: 22 },
  x: { 1: 2, 2: 4, 4: 8, 8: 16 },
  d: { 1: 4, 2: 6, 4: 11, 8: 20 },
  u: { 1: 3, 2: 5, 4: 10, 8: 20 },
};

function parseFormats(text: string): Format[] {
  const formats: Format[] = [];
  for (const match of text.matchAll(/([acdoux])(\d+|[CSIL])?(z)?|(.)/g)) {
    const [, type, sizeText, z, other] = match;
    if (other !== undefined)
      throw new CommandError(`invalid character '${other}' in type string ${quoted(text)}`);
    const characters = z !== undefined;
    if (type === 'c' || type === 'a') {
      formats.push({ sizeBytes: 1, width: 4, cell: ([byte]) => character(byte!), characters });
      continue;
    }
    const sizeBytes = sizeText === undefined ? 4 : (NAMED_SIZES[sizeText] ?? Number(sizeText));
    const digits = DIGITS[type!]![sizeBytes];
    if (digits === undefined)
      throw new CommandError(
        `invalid type string ${quoted(text)};\nthis system doesn't provide a ${sizeBytes}-byte integral type`,
      );
    formats.push({
      sizeBytes,
      width: digits + 1,
      cell: (bytes) => integer(bytes, type!, digits),
      characters,
    });
  }
  return formats;
}

const character = (byte: number): string =>
  ESCAPES[byte] ?? (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : byte.toString(8).padStart(3, '0'));

/** Little endian; what is missing at the end is zero. */
function integer(bytes: Uint8Array, type: string, digits: number): string {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = value * 256n + BigInt(bytes[i]!);
  if (type === 'd') return String(BigInt.asIntN(bytes.length * 8, value));
  if (type === 'u') return String(value);
  return value.toString(type === 'x' ? 16 : 8).padStart(digits, '0');
}

function rowText(row: Uint8Array, format: Format, perByte: number): string {
  const { sizeBytes, characters } = format;
  const width = Math.ceil(perByte * sizeBytes);
  let text = '';
  for (let i = 0; i < row.length; i += sizeBytes) {
    const cell = new Uint8Array(sizeBytes);
    cell.set(row.subarray(i, i + sizeBytes));
    text += format.cell(cell).padStart(width);
  }
  if (!characters) return text;
  const shown = [...row].map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
  return `${text.padEnd((16 / sizeBytes) * width)}  >${shown}<`;
}
