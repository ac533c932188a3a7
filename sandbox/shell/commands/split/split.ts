/** GNU `split` by lines, bytes or a number of pieces. */
import { concat, EMPTY } from '../../../core/bytes.ts';
import { CommandError, defineCommand, quoted } from '../command.ts';
import { Inputs } from '../input.ts';
import { parseSize } from '../size.ts';

export const program = defineCommand(
  {
    short: 'a:b:dl:n:x',
    long: {
      'suffix-length': 'a',
      bytes: 'b',
      'numeric-suffixes': 'd',
      'additional-suffix': 'suffix:',
      lines: 'l',
      number: 'n',
    },
    numbers: (number) => ['l', number],
    usage:
      'split [OPTION]... [FILE [PREFIX]]\nOutput pieces of FILE to PREFIXaa, PREFIXab, ...; default size is 1000 lines, and default PREFIX is x.\n\n  -a, --suffix-length=N    generate suffixes of length N (default 2)\n      --additional-suffix=SUFFIX  append an additional SUFFIX to file names\n  -b, --bytes=SIZE         put SIZE bytes per output file\n  -d                       use numeric suffixes starting at 0\n  -l, --lines=NUMBER       put NUMBER lines per output file\n  -n, --number=CHUNKS      generate CHUNKS output files of equal size',
  },
  async (process, options, operands) => {
    const inputs = new Inputs(process, operands.slice(0, 1));
    const chunks: Uint8Array[] = [];
    for await (const input of inputs) for (let bytes; (bytes = await input.read());) chunks.push(bytes);
    if (inputs.failed) return 1;
    const data = chunks.length === 0 ? EMPTY : concat(chunks);
    const length = Number(options.get('a') ?? 2);
    const [letters, base] = options.has('d') ? ['0123456789', 10] : ['abcdefghijklmnopqrstuvwxyz', 26];
    const suffix = (n: number): string => {
      let text = '';
      for (let i = 0, rest = n; i < length; i++, rest = Math.floor(rest / base))
        text = letters[rest % base] + text;
      return text;
    };
    let number = 0;
    for (const piece of pieces(data, options.get('b'), options.get('n'), options.get('l') ?? '1000')) {
      if (number >= base ** length) throw new CommandError('output file suffixes exhausted');
      const name = `${operands[1] ?? 'x'}${suffix(number++)}${options.get('suffix') ?? ''}`;
      process.fileSystem.writeFile(process.resolve(name), piece.slice());
    }
    return 0;
  },
);

function* pieces(
  data: Uint8Array,
  bytes: string | undefined,
  number: string | undefined,
  lines: string,
): Generator<Uint8Array> {
  if (number !== undefined) {
    const count = Number(number);
    if (!/^[1-9]\d*$/.test(number)) throw new CommandError(`invalid number of chunks: ${quoted(number)}`);
    const size = Math.floor(data.length / count);
    for (let i = 0; i < count; i++)
      yield data.subarray(i * size, i === count - 1 ? undefined : (i + 1) * size);
    return;
  }
  if (bytes !== undefined) {
    const size = parseSize(bytes);
    if (!size) throw new CommandError(`invalid number of bytes: ${quoted(bytes)}`);
    for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
    return;
  }
  const limit = Number(lines);
  if (!/^[1-9]\d*$/.test(lines)) throw new CommandError(`invalid number of lines: ${quoted(lines)}`);
  let [start, count] = [0, 0];
  for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10, at + 1)) {
    if (++count < limit) continue;
    yield data.subarray(start, at + 1);
    start = at + 1;
    count = 0;
  }
  if (start < data.length) yield data.subarray(start);
}
