/** GNU `find`: tests and actions that people use; expressions with -a, -o, ! and parentheses. */
import type { FileStat } from '../../../os/file-system.ts';
import { joinPath, nameOf } from '../../../os/path.ts';
import type { Process } from '../../../os/process.ts';
import type { Program } from '../../../os/machine.ts';
import { matchPattern } from '../../pattern.ts';
import { CommandError, errnoMessage, quoted, withUsage } from '../command.ts';
import { modeText, Names } from '../file-mode.ts';
import { runCommand } from '../run-command.ts';

interface Visit {
  path: string;
  stat: FileStat;
  depth: number;
  root: string;
}

type Test = (visit: Visit) => boolean | Promise<boolean>;

const run: Program = async (process) => {
  const words = process.argv.slice(1);
  const roots: string[] = [];
  while (words.length > 0 && !/^[-(!]./.test(words[0]!) && words[0] !== '(' && words[0] !== '!')
    roots.push(words.shift()!);
  try {
    const parser = new ExpressionParser(process, words);
    const test = parser.parse();
    return await walk(process, roots.length > 0 ? roots : ['.'], test, parser);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    await process.printError(`find: ${error.message}\n`);
    return error.exitCode;
  }
};

async function walk(
  process: Process,
  roots: string[],
  test: Test,
  parser: ExpressionParser,
): Promise<number> {
  const files = process.fileSystem;
  const resolve = (path: string) => (path.startsWith('/') ? path : `${process.directory}/${path}`);
  let failed = false;
  const visit = async (path: string, depth: number, root: string): Promise<void> => {
    await process.tick();
    let stat: FileStat;
    try {
      stat = parser.follow ? files.stat(resolve(path)) : files.lstat(resolve(path));
    } catch (error) {
      failed = true;
      await process.printError(`find: ${quoted(path)}: ${errnoMessage(error)}\n`);
      return;
    }
    const each: Visit = { path, stat, depth, root };
    parser.pruned = false;
    if (!parser.depthFirst && depth >= parser.minDepth) await test(each);
    const pruned = parser.pruned;
    if (stat.kind === 'directory' && depth < parser.maxDepth && !pruned) {
      let names: string[] = [];
      try {
        names = files.readDirectory(resolve(path));
      } catch (error) {
        failed = true;
        await process.printError(`find: ${quoted(path)}: ${errnoMessage(error)}\n`);
      }
      for (const name of names) await visit(joinPath(path, name), depth + 1, root);
    }
    if (parser.depthFirst && depth >= parser.minDepth) await test(each);
  };
  for (const root of roots) await visit(root.length > 1 ? root.replace(/\/+$/, '') || '/' : root, 0, root);
  for (const finish of parser.atEnd) await finish();
  return failed || parser.failed ? 1 : 0;
}

class ExpressionParser {
  maxDepth = Infinity;
  minDepth = 0;
  depthFirst = false;
  follow = false;
  pruned = false;
  failed = false;
  atEnd: (() => Promise<void>)[] = [];
  #process: Process;
  #words: string[];
  #acts = false;

  constructor(process: Process, words: string[]) {
    this.#process = process;
    this.#words = words;
  }

  parse(): Test {
    const expression = this.#words.length > 0 ? this.#or() : () => true;
    if (this.#words.length > 0)
      throw new CommandError(
        this.#words[0] === ')'
          ? "invalid expression; you have too many ')'"
          : `paths must precede expression: \`${this.#words[0]}'`,
      );
    if (this.#acts) return expression;
    return async (visit) => {
      if (!(await expression(visit))) return false;
      await this.#process.print(`${visit.path}\n`);
      return true;
    };
  }

  #or(): Test {
    let left = this.#and();
    while (this.#words[0] === '-o' || this.#words[0] === '-or') {
      this.#words.shift();
      const [first, second] = [left, this.#and()];
      left = async (visit) => (await first(visit)) || (await second(visit));
    }
    return left;
  }

  #and(): Test {
    let left = this.#not();
    while (this.#words.length > 0 && !['-o', '-or', ')', ','].includes(this.#words[0]!)) {
      if (this.#words[0] === '-a' || this.#words[0] === '-and') this.#words.shift();
      const [first, second] = [left, this.#not()];
      left = async (visit) => (await first(visit)) && (await second(visit));
    }
    return left;
  }

  #not(): Test {
    if (this.#words[0] === '!' || this.#words[0] === '-not') {
      this.#words.shift();
      const inner = this.#not();
      return async (visit) => !(await inner(visit));
    }
    if (this.#words[0] === '(') {
      this.#words.shift();
      const inner = this.#or();
      if (this.#words.shift() !== ')')
        throw new CommandError(
          "invalid expression; I was expecting to find a ')' somewhere but did not see one.",
        );
      return inner;
    }
    return this.#primary();
  }

  #value(name: string): string {
    const value = this.#words.shift();
    if (value === undefined) throw new CommandError(`missing argument to \`${name}'`);
    return value;
  }

  #primary(): Test {
    const name = this.#words.shift();
    if (name === undefined) throw new CommandError('expected an expression');
    const process = this.#process;
    switch (name) {
      case '-name':
      case '-iname': {
        const pattern = this.#value(name);
        return ({ path }) => matchPattern(pattern, nameOf(path) || '/', name === '-iname');
      }
      case '-path':
      case '-wholename':
      case '-ipath': {
        const pattern = this.#value(name);
        return ({ path }) => matchPattern(pattern, path, name === '-ipath');
      }
      case '-type': {
        const kinds = this.#value(name)
          .split(',')
          .map((letter) => ({ f: 'file', d: 'directory', l: 'symlink', c: 'device' })[letter] ?? letter);
        return ({ stat }) => kinds.includes(stat.kind);
      }
      case '-maxdepth':
        this.maxDepth = Number(this.#value(name));
        return () => true;
      case '-mindepth':
        this.minDepth = Number(this.#value(name));
        return () => true;
      case '-depth':
        this.depthFirst = true;
        return () => true;
      case '-follow':
      case '-L':
        this.follow = true;
        return () => true;
      case '-mount':
      case '-xdev':
        return () => true;
      case '-size':
        return sizeTest(this.#value(name));
      case '-mtime':
      case '-mmin': {
        const [compare, unit] = [
          comparison(this.#value(name), name),
          name === '-mtime' ? 86_400_000 : 60_000,
        ];
        const now = process.machine.clock.now();
        return ({ stat }) => compare(Math.floor((now - stat.mtimeMs) / unit));
      }
      case '-newer': {
        const reference = process.fileSystem.stat(process.resolve(this.#value(name))).mtimeMs;
        return ({ stat }) => stat.mtimeMs > reference;
      }
      case '-empty':
        return ({ stat, path }) =>
          stat.kind === 'file'
            ? stat.sizeBytes === 0
            : stat.kind === 'directory' &&
              process.fileSystem.readDirectory(process.resolve(path)).length === 0;
      case '-perm': {
        const text = this.#value(name);
        const bits = Number.parseInt(text.replace(/^[-/]/, ''), 8);
        return ({ stat }) =>
          text[0] === '-'
            ? (stat.mode & bits) === bits
            : text[0] === '/'
              ? (stat.mode & bits) !== 0
              : stat.mode === bits;
      }
      case '-user': {
        const uid = new Names(process).userId(this.#value(name));
        return ({ stat }) => stat.uid === uid;
      }
      case '-executable':
        return ({ stat }) => (stat.mode & 0o111) !== 0;
      case '-true':
        return () => true;
      case '-false':
        return () => false;
      case '-prune':
        return () => (this.pruned = true);
      case '-quit':
        return () => process.exit(0);
      case '-print':
      case '-print0':
        this.#acts = true;
        return async ({ path }) => {
          await process.print(path + (name === '-print' ? '\n' : '\0'));
          return true;
        };
      case '-ls': {
        this.#acts = true;
        return async ({ path, stat }) => {
          await process.print(`${stat.inode} ${modeText(stat)} ${stat.links} ${stat.sizeBytes} ${path}\n`);
          return true;
        };
      }
      case '-printf': {
        this.#acts = true;
        const format = this.#value(name)
          .replaceAll('\\n', '\n')
          .replaceAll('\\t', '\t')
          .replaceAll('\\0', '\0');
        return async (visit) => {
          await process.print(fill(format, visit));
          return true;
        };
      }
      case '-delete':
        this.#acts = true;
        this.depthFirst = true;
        return async ({ path, stat }) => {
          const files = process.fileSystem;
          try {
            if (stat.kind === 'directory') files.rmdir(process.resolve(path));
            else files.unlink(process.resolve(path));
            return true;
          } catch (error) {
            this.failed = true;
            await process.printError(`find: cannot delete ${quoted(path)}: ${errnoMessage(error)}\n`);
            return false;
          }
        };
      case '-exec':
      case '-execdir':
        this.#acts = true;
        return this.#exec();
      default:
        throw new CommandError(
          name.startsWith('-') ? `unknown predicate \`${name}'` : `paths must precede expression: \`${name}'`,
        );
    }
  }

  #exec(): Test {
    const end = this.#words.findIndex(
      (word, i) => word === ';' || (word === '+' && this.#words[i - 1] === '{}'),
    );
    if (end < 0) throw new CommandError("missing argument to `-exec'");
    const command = this.#words.splice(0, end + 1);
    const process = this.#process;
    if (command.pop() === ';') {
      return async ({ path }) =>
        (await runCommand(
          process,
          command.map((word) => word.replaceAll('{}', path)),
        )) === 0;
    }
    const paths: string[] = [];
    this.atEnd.push(async () => {
      if (paths.length > 0 && (await runCommand(process, [...command.slice(0, -1), ...paths])) !== 0)
        this.failed = true;
    });
    return ({ path }) => {
      paths.push(path);
      return true;
    };
  }
}

function comparison(text: string, name: string): (value: number) => boolean {
  const match = /^([-+]?)(\d+)$/.exec(text);
  if (!match) throw new CommandError(`invalid argument \`${text}' to \`${name}'`);
  const wanted = Number(match[2]);
  return match[1] === '+'
    ? (value) => value > wanted
    : match[1] === '-'
      ? (value) => value < wanted
      : (value) => value === wanted;
}

function sizeTest(text: string): Test {
  const match = /^([-+]?\d+)([bcwkMG]?)$/.exec(text);
  if (!match) throw new CommandError(`Invalid argument \`${text}' to -size`);
  const unit = { b: 512, c: 1, w: 2, k: 1024, M: 1024 ** 2, G: 1024 ** 3, '': 512 }[match[2]!]!;
  const compare = comparison(match[1]!, '-size');
  return ({ stat }) => compare(Math.ceil(stat.sizeBytes / unit));
}

function fill(format: string, { path, stat, depth, root }: Visit): string {
  return format.replace(/%([a-zA-Z%])/g, (whole, letter: string) => {
    const values: Record<string, string> = {
      p: path,
      f: nameOf(path) || path,
      h: path.includes('/') ? path.slice(0, path.lastIndexOf('/')) || '/' : '.',
      P: path === root ? '' : path.slice(root.length + 1),
      s: String(stat.sizeBytes),
      d: String(depth),
      m: stat.mode.toString(8),
      M: modeText(stat),
      y: { file: 'f', directory: 'd', symlink: 'l', device: 'c' }[stat.kind],
      i: String(stat.inode),
      n: String(stat.links),
      '%': '%',
    };
    return values[letter] ?? whole;
  });
}

export const program = withUsage(
  'find [-H] [-L] [-P] [path...] [expression]\nSearch for files in a directory hierarchy.\n\nTests: -name -iname -path -regex -type -size -mtime -mmin -newer -empty -perm -user -group\nActions: -print -print0 -printf -delete -exec COMMAND ; -exec COMMAND {} + -prune -quit\nOperators: ( EXPR )  ! EXPR  EXPR -a EXPR  EXPR -o EXPR\nOptions: -maxdepth N -mindepth N -depth',
  run,
);
