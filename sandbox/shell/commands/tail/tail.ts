/** GNU `tail`, with -f that follows by being told of changes. */
import { concat } from '../../../core/bytes.ts';
import { complain, CommandError, defineCommand, quoted } from '../command.ts';
import { Inputs } from '../input.ts';
import { parseSize } from '../size.ts';
import type { Process } from '../../../os/process.ts';

export const program = defineCommand(
  {
    short: 'c:fFn:qs:vz',
    long: {
      bytes: 'c',
      lines: 'n',
      follow: 'f?',
      quiet: 'q',
      silent: 'q',
      retry: 'retry',
      verbose: 'v',
      pid: 'pid:',
      'sleep-interval': 's',
    },
    numbers: (number) => ['n', number],
    usage:
      'tail [OPTION]... [FILE]...\nPrint the last 10 lines of each FILE to standard output.\n\n  -c, --bytes=[+]NUM   output the last NUM bytes; or use -c +NUM to output starting with byte NUM\n  -f, --follow         output appended data as the file grows\n  -F                   same as --follow=name --retry\n  -n, --lines=[+]NUM   output the last NUM lines, instead of the last 10;\n                       or use -n +NUM to skip NUM-1 lines at the start\n  -q, --quiet          never output headers giving file names\n  -v, --verbose        always output headers giving file names',
  },
  async (process, options, operands) => {
    const unit = options.last('c', 'n') ?? 'n';
    const text = options.get(unit) ?? '10';
    const count = parseSize(text.replace(/^[-+]/, ''));
    if (count === undefined)
      throw new CommandError(`invalid number of ${unit === 'c' ? 'bytes' : 'lines'}: ${quoted(text)}`);
    const fromStart = text.startsWith('+');
    const follow = options.has('f') || options.has('F');
    const paths = operands.length > 0 ? operands : ['-'];
    const headers = options.has('v') || (paths.length > 1 && !options.has('q'));
    const inputs = new Inputs(process, operands);
    let first = true;
    const positions = new Map<string, number>();
    for await (const input of inputs) {
      if (headers)
        await process.print(
          `${first ? '' : '\n'}==> ${input.name === '-' ? 'standard input' : input.name} <==\n`,
        );
      first = false;
      const size = fromStart
        ? await printFrom(process, input, unit, count)
        : await printLast(process, input, unit, count);
      if (input.name !== '-') positions.set(input.name, size);
      else if (follow) for (let bytes; (bytes = await input.read());) await process.print(bytes);
    }
    if (options.has('F'))
      for (const path of paths) if (path !== '-' && !positions.has(path)) positions.set(path, 0);
    if (follow && positions.size > 0) await followFiles(process, positions, headers, paths.at(-1)!);
    return inputs.failed ? 1 : 0;
  },
);

interface Source {
  read(): Promise<Uint8Array | null>;
}

async function printFrom(process: Process, input: Source, unit: string, count: number): Promise<number> {
  let skip = Math.max(0, count - 1);
  let size = 0;
  for (let bytes; (bytes = await input.read());) {
    size += bytes.length;
    let at = 0;
    if (unit === 'c') {
      at = Math.min(skip, bytes.length);
      skip -= at;
    } else {
      for (; skip > 0; skip--) {
        const newline = bytes.indexOf(10, at);
        if (newline < 0) {
          at = bytes.length;
          break;
        }
        at = newline + 1;
      }
    }
    if (at < bytes.length) await process.print(bytes.subarray(at));
  }
  return size;
}

async function printLast(process: Process, input: Source, unit: string, count: number): Promise<number> {
  let chunks: { bytes: Uint8Array; newlines: number }[] = [];
  let [size, kept, newlines] = [0, 0, 0];
  for (let bytes; (bytes = await input.read());) {
    let inChunk = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) inChunk++;
    process.allocate(bytes.length);
    chunks.push({ bytes, newlines: inChunk });
    size += bytes.length;
    kept += bytes.length;
    newlines += inChunk;
    // What cannot be among the last any more is let go, so that an endless input does not fill memory.
    while (
      chunks.length > 1 &&
      (unit === 'c' ? kept - chunks[0]!.bytes.length >= count : newlines - chunks[0]!.newlines > count)
    ) {
      process.release(chunks[0]!.bytes.length);
      kept -= chunks[0]!.bytes.length;
      newlines -= chunks[0]!.newlines;
      chunks = chunks.slice(1);
    }
  }
  const all = concat(chunks.map((chunk) => chunk.bytes));
  if (count === 0 || all.length === 0) return size;
  let start = all.length;
  if (unit === 'c') start = Math.max(0, all.length - count);
  else {
    let lines = all[all.length - 1] === 10 ? -1 : 0;
    for (; start > 0; start--) if (all[start - 1] === 10 && ++lines === count) break;
  }
  await process.print(all.subarray(start));
  return size;
}

async function followFiles(
  process: Process,
  positions: Map<string, number>,
  headers: boolean,
  shown: string,
): Promise<void> {
  const files = process.fileSystem;
  const changed = new Set<string>(positions.keys());
  let wake: (() => void) | undefined;
  const watches = [...positions.keys()].map((path) =>
    files.watch(process.resolve(path), () => {
      changed.add(path);
      wake?.();
    }),
  );
  try {
    for (;;) {
      for (const path of changed) {
        changed.delete(path);
        let contents: Uint8Array;
        try {
          contents = files.readFile(process.resolve(path));
        } catch {
          positions.set(path, 0);
          continue;
        }
        const position = positions.get(path)!;
        if (contents.length < position) {
          await complain(process, `${path}: file truncated`);
          positions.set(path, 0);
          changed.add(path);
          continue;
        }
        if (contents.length === position) continue;
        if (headers && shown !== path) await process.print(`\n==> ${path} <==\n`);
        shown = path;
        positions.set(path, contents.length);
        await process.print(contents.slice(position));
      }
      if (changed.size > 0) continue;
      await process.wait(new Promise<void>((resolve) => (wake = resolve)));
    }
  } finally {
    for (const watch of watches) watch.dispose();
  }
}
