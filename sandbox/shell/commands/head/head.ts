/** GNU `head`. */
import { defineCommand, CommandError, quoted } from '../command.ts';
import { Inputs } from '../input.ts';
import { parseSize } from '../size.ts';

export const program = defineCommand(
  {
    short: 'c:n:qvz',
    long: { bytes: 'c', lines: 'n', quiet: 'q', silent: 'q', verbose: 'v' },
    numbers: (number) => ['n', number],
    usage:
      'head [OPTION]... [FILE]...\nPrint the first 10 lines of each FILE to standard output.\n\n  -c, --bytes=[-]NUM   print the first NUM bytes of each file\n  -n, --lines=[-]NUM   print the first NUM lines instead of the first 10\n  -q, --quiet          never print headers giving file names\n  -v, --verbose        always print headers giving file names',
  },
  async (process, options, operands) => {
    const unit = options.last('c', 'n') ?? 'n';
    const text = options.get(unit) ?? '10';
    const count = parseSize(text.replace(/^-/, ''));
    if (count === undefined)
      throw new CommandError(`invalid number of ${unit === 'c' ? 'bytes' : 'lines'}: ${quoted(text)}`);
    const allBut = text.startsWith('-');
    const inputs = new Inputs(process, operands);
    const headers = options.has('v') || (operands.length > 1 && !options.has('q'));
    let first = true;
    for await (const input of inputs) {
      if (headers)
        await process.print(
          `${first ? '' : '\n'}==> ${input.name === '-' ? 'standard input' : input.name} <==\n`,
        );
      first = false;
      if (allBut) {
        const chunks: Uint8Array[] = [];
        for (let bytes; (bytes = await input.read());) chunks.push(bytes);
        await process.print(dropLast(chunks, count, unit));
        continue;
      }
      let left = count;
      while (left > 0) {
        const bytes = await input.read();
        if (!bytes) break;
        const end = unit === 'c' ? Math.min(left, bytes.length) : lineEnd(bytes, left);
        left -= unit === 'c' ? end : countNewlines(bytes, end);
        await process.print(end === bytes.length ? bytes : bytes.subarray(0, end));
        if (end < bytes.length && input.name === '-')
          process.files[0]?.operations.unread?.(bytes.subarray(end));
      }
    }
    return inputs.failed ? 1 : 0;
  },
);

/** The index behind the `count`th newline, or the length. */
function lineEnd(bytes: Uint8Array, count: number): number {
  let at = 0;
  for (; count > 0; count--) {
    const newline = bytes.indexOf(10, at);
    if (newline < 0) return bytes.length;
    at = newline + 1;
  }
  return at;
}

function countNewlines(bytes: Uint8Array, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0 && at < end; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

function dropLast(chunks: Uint8Array[], count: number, unit: string): Uint8Array {
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  if (unit === 'c') return all.subarray(0, Math.max(0, size - count));
  if (count === 0) return all;
  let end = size;
  // A last line without a newline counts as one.
  let lines = size > 0 && all[size - 1] !== 10 ? 1 : 0;
  while (end > 0) {
    if (all[end - 1] === 10) {
      if (lines === count) break;
      lines++;
    }
    end--;
  }
  return all.subarray(0, end);
}
