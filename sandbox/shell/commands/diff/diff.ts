/** GNU `diff`: normal and unified output, files and directories; Myers' shortest edit script. */
import { joinPath, nameOf } from '../../../os/path.ts';
import type { Process } from '../../../os/process.ts';
import { decode } from '../../../core/bytes.ts';
import { readWhole } from '../../../os/open.ts';
import { defineCommand, errnoMessage, quoted, UsageError, type Options } from '../command.ts';
import { kindOf } from '../destination.ts';
import { editScript, type Edit } from './edit-script.ts';
import { linesWithEnds, markedLine, unifiedHunks } from './unified.ts';

export const program = defineCommand(
  {
    short: 'abBC:cdeiNqrsuU:wy',
    long: {
      brief: 'q',
      unified: 'u?',
      context: 'c?',
      recursive: 'r',
      'new-file': 'N',
      'ignore-case': 'i',
      'ignore-all-space': 'w',
      'ignore-space-change': 'b',
      'ignore-blank-lines': 'B',
      'report-identical-files': 's',
      color: 'color?',
      label: 'label:',
    },
    usage:
      'diff [OPTION]... FILES\nCompare FILES line by line.\n\n  -q, --brief              report only when files differ\n  -s                       report when two files are the same\n  -u, -U NUM, --unified    output NUM (default 3) lines of unified context\n  -r, --recursive          recursively compare any subdirectories found\n  -N, --new-file           treat absent files as empty\n  -i, --ignore-case        ignore case differences\n  -w, --ignore-all-space   ignore all white space\n  -b                       ignore changes in the amount of white space',
    usageExitCode: 2,
  },
  async (process, options, operands) => {
    if (operands.length < 2)
      throw new UsageError(
        operands.length === 0
          ? "missing operand after 'diff'"
          : `missing operand after ${quoted(operands[0]!)}`,
      );
    if (operands.length > 2) throw new UsageError(`extra operand ${quoted(operands[2]!)}`);
    return await compare(process, options, operands[0]!, operands[1]!, false);
  },
);

async function compare(
  process: Process,
  options: Options,
  a: string,
  b: string,
  nested: boolean,
): Promise<number> {
  const files = process.fileSystem;
  const kind = (path: string) => (path === '-' ? 'file' : kindOf(files, process.resolve(path)));
  const [x, y] = [kind(a), kind(b)];
  if (x === 'directory' && y === 'directory') return await compareDirectories(process, options, a, b, nested);
  if (x === 'directory' && y !== undefined)
    return await compare(process, options, joinPath(a, nameOf(b)), b, nested);
  if (y === 'directory' && x !== undefined)
    return await compare(process, options, a, joinPath(b, nameOf(a)), nested);
  const texts: string[] = [];
  for (const path of [a, b]) {
    try {
      if (path === '-') texts.push(await process.readAll(0));
      else texts.push(decode(await readWhole(process, path)));
    } catch (error) {
      const message = errnoMessage(error);
      if (!(options.has('N') && message === 'No such file or directory')) {
        await process.printError(`diff: ${path}: ${message}\n`);
        return 2;
      }
      texts.push('');
    }
  }
  const [left, right] = texts as [string, string];
  if (left === right) {
    if (options.has('s')) await process.print(`Files ${a} and ${b} are identical\n`);
    return 0;
  }
  const edits = await editScript(process, linesWithEnds(left), linesWithEnds(right), normal(options));
  if (edits.length === 0) return 0;
  if (options.has('q')) {
    await process.print(`Files ${a} and ${b} differ\n`);
    return 1;
  }
  if (nested)
    await process.print(
      `diff ${options.list
        .filter(([key]) => 'ruNwbi'.includes(key))
        .map(([key]) => `-${key}`)
        .join(' ')} ${a} ${b}\n`,
    );
  const unified = options.has('u') || options.has('U');
  const colour =
    options.has('color') &&
    ((options.get('color') ?? 'auto') === 'always' || process.files[1]?.terminal !== undefined);
  const text = unified
    ? unifiedText(process, options, a, b, linesWithEnds(left), linesWithEnds(right), edits)
    : normalText(linesWithEnds(left), linesWithEnds(right), edits);
  await process.print(colour ? paint(text) : text);
  return 1;
}

async function compareDirectories(
  process: Process,
  options: Options,
  a: string,
  b: string,
  nested: boolean,
): Promise<number> {
  const files = process.fileSystem;
  const [left, right] = [a, b].map((path) => new Set(files.readDirectory(process.resolve(path)))) as [
    Set<string>,
    Set<string>,
  ];
  let status = 0;
  for (const name of [...left.union(right)].sort()) {
    const [x, y] = [joinPath(a, name), joinPath(b, name)];
    if (left.has(name) && right.has(name)) {
      const directories =
        kindOf(files, process.resolve(x)) === 'directory' &&
        kindOf(files, process.resolve(y)) === 'directory';
      if (directories && !options.has('r')) {
        if (!nested) await process.print(`Common subdirectories: ${x} and ${y}\n`);
        continue;
      }
      status = Math.max(status, await compare(process, options, x, y, true));
    } else if (options.has('N')) status = Math.max(status, await compare(process, options, x, y, true));
    else {
      await process.print(`Only in ${left.has(name) ? a : b}: ${name}\n`);
      status = Math.max(status, 1);
    }
  }
  return status;
}

function normal(options: Options): (line: string) => string {
  return (line) => {
    let text = line;
    if (options.has('w')) text = text.replace(/\s+/g, '');
    else if (options.has('b')) text = text.replace(/\s+/g, ' ').trimEnd();
    return options.has('i') ? text.toLowerCase() : text;
  };
}

function normalText(left: string[], right: string[], edits: Edit[]): string {
  let out = '';
  const span = (from: number, to: number) => (to - from <= 1 ? String(to) : `${from + 1},${to}`);
  for (const { a0, a1, b0, b1 } of edits) {
    const action = a0 === a1 ? 'a' : b0 === b1 ? 'd' : 'c';
    out += `${action === 'a' ? a0 : span(a0, a1)}${action}${action === 'd' ? b0 : span(b0, b1)}\n`;
    out += left
      .slice(a0, a1)
      .map((line) => markedLine('< ', line))
      .join('');
    if (action === 'c') out += '---\n';
    out += right
      .slice(b0, b1)
      .map((line) => markedLine('> ', line))
      .join('');
  }
  return out;
}

function unifiedText(
  process: Process,
  options: Options,
  a: string,
  b: string,
  left: string[],
  right: string[],
  edits: Edit[],
): string {
  const context = Number(options.get('U') ?? 3);
  const labels = options.all('label');
  const head = (path: string, i: number) => {
    if (labels[i] !== undefined) return labels[i];
    let timeMs = process.machine.clock.now();
    try {
      timeMs = process.fileSystem.stat(process.resolve(path)).mtimeMs;
    } catch {
      if (path !== '-') timeMs = 0;
    }
    return `${path}\t${new Date(timeMs).toISOString().replace('T', ' ').replace('Z', '000000')} +0000`;
  };
  return `--- ${head(a, 0)}\n+++ ${head(b, 1)}\n${unifiedHunks(left, right, edits, context)}`;
}

const paint = (text: string): string =>
  text
    .split('\n')
    .map((line) => {
      const colour = /^(---|\+\+\+)/.test(line)
        ? '1'
        : line[0] === '@'
          ? '36'
          : '-<'.includes(line[0] ?? ' ')
            ? '31'
            : '+>'.includes(line[0] ?? ' ')
              ? '32'
              : '';
      return colour ? `\u001b[${colour}m${line}\u001b[0m` : line;
    })
    .join('\n');
