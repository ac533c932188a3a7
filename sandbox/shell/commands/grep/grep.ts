/** GNU `grep`. Expressions that could run for ever are matched where they can be stopped. */
import { joinPath } from '../../../os/path.ts';
import type { Process } from '../../../os/process.ts';
import { open, readWholeText } from '../../../os/open.ts';
import { matchPattern } from '../../pattern.ts';
import { compileRegularExpression, RegularExpressionError, translate } from '../../regular-expression.ts';
import {
  complain,
  commandName,
  CommandError,
  defineCommand,
  errnoMessage,
  type Options,
} from '../command.ts';
import { linesOf } from '../input.ts';

const USAGE = "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.";

export const program = defineCommand(
  {
    short: 'A:B:C:EFGHILPRTUVZabce:f:hilm:noqrsvwxyz',
    long: {
      'after-context': 'A',
      'before-context': 'B',
      context: 'C',
      'extended-regexp': 'E',
      'fixed-strings': 'F',
      'basic-regexp': 'G',
      'with-filename': 'H',
      'files-without-match': 'L',
      'perl-regexp': 'P',
      'dereference-recursive': 'R',
      count: 'c',
      regexp: 'e',
      file: 'f',
      'no-filename': 'h',
      'ignore-case': 'i',
      'files-with-matches': 'l',
      'max-count': 'm',
      'line-number': 'n',
      'only-matching': 'o',
      quiet: 'q',
      silent: 'q',
      recursive: 'r',
      'no-messages': 's',
      'invert-match': 'v',
      'word-regexp': 'w',
      'line-regexp': 'x',
      color: 'color?',
      colour: 'color?',
      include: 'include:',
      exclude: 'exclude:',
      'exclude-dir': 'exclude-dir:',
      'line-buffered': 'line-buffered',
      text: 'a',
    },
    usage:
      'grep [OPTION]... PATTERNS [FILE]...\nSearch for PATTERNS in each FILE.\n\n  -E, --extended-regexp     PATTERNS are extended regular expressions\n  -F, --fixed-strings       PATTERNS are strings\n  -e, --regexp=PATTERNS     use PATTERNS for matching\n  -i, --ignore-case         ignore case distinctions in patterns and data\n  -w, --word-regexp         match only whole words\n  -x, --line-regexp         match only whole lines\n  -v, --invert-match        select non-matching lines\n  -m, --max-count=NUM       stop after NUM selected lines\n  -n, --line-number         print line number with output lines\n  -H, --with-filename       print file name with output lines\n  -h, --no-filename         suppress the file name prefix on output\n  -o, --only-matching       show only nonempty parts of lines that match\n  -q, --quiet               suppress all normal output\n  -r, --recursive           search directories\n  -L, --files-without-match print only names of FILEs with no selected lines\n  -l, --files-with-matches  print only names of FILEs with selected lines\n  -c, --count               print only a count of selected lines per FILE\n  -A, -B, -C NUM            print NUM lines of context',
    usageExitCode: 2,
    numbers: (number) => ['C', number],
  },
  async (process, options, operands) => {
    const search = new Search(process, options);
    return await search.run(operands);
  },
);

/**
 * Whether a Perl expression could run for ever: something repeated in what is repeated, a reference back, or
 * many parts without bound. Some that could not are among them: they only take the longer way.
 */
const mayBacktrack = (source: string): boolean =>
  /\)(?:[*+]|\{\d+,)/.test(source) || /\\[1-9k]/.test(source) || (source.match(/[*+]|,\}/g) ?? []).length > 3;

class Search {
  readonly #process: Process;
  readonly #options: Options;
  #expression!: RegExp;
  /** Set when the expression has to be matched elsewhere. */
  #hostile: { pattern: string; flags: string } | undefined;
  #colour = false;
  #withNames = false;
  #matched = false;
  #failed = false;
  #separator = false;

  constructor(process: Process, options: Options) {
    this.#process = process;
    this.#options = options;
  }

  async run(operands: string[]): Promise<number> {
    const process = this.#process;
    const options = this.#options;
    const patterns: string[] = [];
    if (options.has('e') || options.has('f')) {
      for (const text of options.all('e')) patterns.push(...text.split('\n'));
      for (const path of options.all('f'))
        patterns.push(...(await readWholeText(process, path)).replace(/\n$/, '').split('\n'));
    } else {
      const first = operands[0];
      if (first === undefined) {
        await process.printError(`${USAGE}\n`);
        return 2;
      }
      patterns.push(...first.split('\n'));
      operands = operands.slice(1);
    }
    this.#compile(patterns);
    const recursive = options.has('r') || options.has('R');
    const when = options.has('color') ? (options.get('color') ?? 'auto') : 'never';
    this.#colour =
      when === 'always' ||
      (when === 'auto' && process.files[1]?.terminal !== undefined && !process.environment['NO_COLOR']);
    const paths = operands.length > 0 ? operands : [recursive ? '.' : '-'];
    this.#withNames =
      options.last('H', 'h') === 'H' || (options.last('H', 'h') !== 'h' && (paths.length > 1 || recursive));
    for (const path of paths) {
      if (await this.#path(path, recursive, operands.length === 0)) break;
    }
    if (this.#failed && !(options.has('q') && this.#matched)) return 2;
    return this.#matched ? 0 : 1;
  }

  #compile(patterns: string[]): void {
    const options = this.#options;
    const kind =
      options.last('E', 'F', 'G', 'P') ??
      (commandName(this.#process) === 'egrep' ? 'E' : commandName(this.#process) === 'fgrep' ? 'F' : 'G');
    const flags = options.has('i') || options.has('y') ? 'i' : '';
    if (kind === 'P') {
      let source = `(?:${patterns.join('|')})`;
      if (options.has('w')) source = `(?<!\\w)${source}(?!\\w)`;
      if (options.has('x')) source = `^${source}$`;
      try {
        this.#expression = new RegExp(source, `gu${flags}`);
      } catch {
        try {
          this.#expression = new RegExp(source, `g${flags}`);
        } catch {
          throw new CommandError(`unrecognized or unsupported Perl expression: ${patterns.join('\n')}`, 2);
        }
      }
      if (mayBacktrack(source)) this.#hostile = { pattern: source, flags: this.#expression.flags };
      return;
    }
    const quote = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    const extended = kind !== 'G';
    const sources = patterns.map((pattern) => (kind === 'F' ? quote(pattern) : pattern));
    let pattern = sources.join(extended ? '|' : '\\|');
    const [open, close] = extended ? ['(', ')'] : ['\\(', '\\)'];
    if (options.has('x')) pattern = `^${open}${pattern}${close}$`;
    try {
      const { linear, source } = translate(pattern, extended);
      const whole = options.has('w') ? `(?<![\\p{L}\\p{Nd}_])(?:${source})(?![\\p{L}\\p{Nd}_])` : source;
      compileRegularExpression(pattern, extended, flags);
      this.#expression = new RegExp(whole, `gu${flags}`);
      if (!linear) this.#hostile = { pattern: whole, flags: `gu${flags}` };
    } catch (error) {
      if (error instanceof RegularExpressionError) throw new CommandError(error.message, 2);
      throw error;
    }
  }

  /** True when there is nothing more to look for. */
  async #path(path: string, recursive: boolean, implied: boolean): Promise<boolean> {
    const process = this.#process;
    const options = this.#options;
    if (path === '-') return await this.#file('(standard input)', () => process.read(0));
    const absolute = path.startsWith('/') ? path : `${process.directory}/${path}`;
    try {
      const stat = process.fileSystem.stat(absolute);
      if (stat.kind === 'directory') {
        if (!recursive) {
          await complain(process, `${path}: Is a directory`);
          return false;
        }
        for (const name of process.fileSystem.readDirectory(absolute)) {
          const inner = implied && path === '.' ? name : joinPath(path, name);
          const kind = process.fileSystem.lstat(process.resolve(inner)).kind;
          if (
            kind === 'directory' &&
            options.all('exclude-dir').some((pattern) => matchPattern(pattern, name))
          )
            continue;
          if (kind === 'symlink' && !options.has('R')) continue;
          if (kind !== 'directory' && !this.#included(name)) continue;
          if (await this.#path(inner, true, false)) return true;
        }
        return false;
      }
      const file = open(process, path, { read: true }).acquire();
      try {
        return await this.#file(path, () => process.wait(file.operations.read!()));
      } finally {
        file.close();
      }
    } catch (error) {
      const message = errnoMessage(error);
      this.#failed = true;
      if (!options.has('s')) await complain(process, `${path}: ${message}`);
      return false;
    }
  }

  #included(name: string): boolean {
    const [include, exclude] = [this.#options.all('include'), this.#options.all('exclude')];
    if (exclude.some((pattern) => matchPattern(pattern, name))) return false;
    return include.length === 0 || include.some((pattern) => matchPattern(pattern, name));
  }

  /** Which of `lines` have matches, and where. */
  async #match(lines: string[]): Promise<Map<number, [number, number][]>> {
    const found = new Map<number, [number, number][]>();
    const { batch } = this.#process.machine;
    if (this.#hostile && batch) {
      for (const { line, ranges } of await batch.matchLines(
        this.#process,
        this.#hostile.pattern,
        this.#hostile.flags,
        lines,
      ))
        found.set(line, ranges);
      return found;
    }
    const needRanges = this.#colour || this.#options.has('o');
    for (let i = 0; i < lines.length; i++) {
      this.#expression.lastIndex = 0;
      if (!needRanges) {
        if (this.#expression.test(lines[i]!)) found.set(i, []);
        continue;
      }
      const ranges = [...lines[i]!.matchAll(this.#expression)].map((match): [number, number] => [
        match.index,
        match.index + match[0].length,
      ]);
      if (ranges.length > 0) found.set(i, ranges);
    }
    return found;
  }

  async #file(name: string, read: () => Promise<Uint8Array | null>): Promise<boolean> {
    const process = this.#process;
    const options = this.#options;
    const max = Number(options.get('m') ?? Infinity);
    const after = Number(options.get('A') ?? options.get('C') ?? 0);
    const before = Number(options.get('B') ?? options.get('C') ?? 0);
    const quiet = options.has('q') || options.has('l') || options.has('L') || options.has('c');
    const head: string[] = [];
    let [number, count, pendingAfter, lastPrinted] = [0, 0, 0, 0];
    const paint = (text: string, code: string) =>
      this.#colour ? `\u001b[${code}m\u001b[K${text}\u001b[m\u001b[K` : text;
    const prefix = (line: number, mark: string) =>
      `${this.#withNames ? paint(name, '35') + paint(mark, '36') : ''}${options.has('n') ? paint(String(line), '32') + paint(mark, '36') : ''}`;
    reading: for await (const lines of linesOf({ read })) {
      const matches = await this.#match(lines);
      let out = '';
      for (let i = 0; i < lines.length; i++) {
        const line = lines[i]!;
        number++;
        const ranges = matches.get(i);
        const selected = (ranges !== undefined) !== options.has('v');
        if (selected && count < max) {
          count++;
          this.#matched = true;
          if (options.has('q')) return true;
          if (options.has('l') || options.has('L')) break reading;
          if (!quiet) {
            if (options.has('o')) {
              if (!options.has('v'))
                for (const [start, end] of ranges!)
                  if (end > start) out += `${prefix(number, ':')}${paint(line.slice(start, end), '01;31')}\n`;
            } else {
              if ((before > 0 || after > 0) && this.#separator && lastPrinted < number - head.length - 1)
                out += `${paint('--', '36')}\n`;
              head.forEach((text, j) => (out += `${prefix(number - head.length + j, '-')}${text}\n`));
              out += `${prefix(number, ':')}${this.#highlight(line, ranges ?? [], paint)}\n`;
              this.#separator = true;
              lastPrinted = number;
            }
          }
          head.length = 0;
          pendingAfter = after;
          if (count >= max && after === 0) {
            await process.print(out);
            break reading;
          }
          continue;
        }
        if (pendingAfter > 0 && !quiet && !options.has('o')) {
          out += `${prefix(number, '-')}${line}\n`;
          lastPrinted = number;
          pendingAfter--;
        } else if (count >= max) {
          await process.print(out);
          break reading;
        } else if (before > 0) {
          head.push(line);
          if (head.length > before) head.shift();
        }
      }
      if (out) await process.print(out);
    }
    if (options.has('c')) await process.print(`${this.#withNames ? `${name}:` : ''}${count}\n`);
    if (options.has('l') && count > 0) await process.print(`${name}\n`);
    if (options.has('L') && count === 0) await process.print(`${name}\n`);
    return false;
  }

  #highlight(
    line: string,
    ranges: [number, number][],
    paint: (text: string, code: string) => string,
  ): string {
    if (!this.#colour) return line;
    let [out, at] = ['', 0];
    for (const [start, end] of ranges) {
      if (end === start) continue;
      out += line.slice(at, start) + paint(line.slice(start, end), '01;31');
      at = end;
    }
    return out + line.slice(at);
  }
}
