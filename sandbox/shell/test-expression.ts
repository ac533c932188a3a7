/** The primaries of `test`, `[` and `[[ ]]`. */
import { mayAccess } from '../os/credentials.ts';
import type { FileStat } from '../os/file-system.ts';
import { evaluateNow } from './arithmetic-expansion.ts';
import { SET_OPTIONS, type SetOption, type Shell } from './shell.ts';

const UNARY = new Set(
  '-a -b -c -d -e -f -g -h -k -p -r -s -t -u -w -x -G -L -N -O -S -z -n -o -v -R'.split(' '),
);
const BINARY = new Set('= == != < > -eq -ne -lt -le -gt -ge -nt -ot -ef =~'.split(' '));

/** Thrown with bash's message; `test` then returns 2. */
export class TestError extends Error {}

function statOf(shell: Shell, path: string, follow = true): FileStat | undefined {
  if (path === '') return undefined;
  const files = shell.process.fileSystem;
  const absolute = path.startsWith('/') ? path : `${shell.process.directory}/${path}`;
  try {
    return follow ? files.stat(absolute) : files.lstat(absolute);
  } catch {
    return undefined;
  }
}

export function testUnary(shell: Shell, operator: string, operand: string): boolean {
  switch (operator) {
    case '-z':
      return operand === '';
    case '-n':
      return operand !== '';
    case '-a':
    case '-e':
      return statOf(shell, operand) !== undefined;
    case '-f':
      return statOf(shell, operand)?.kind === 'file';
    case '-d':
      return statOf(shell, operand)?.kind === 'directory';
    case '-h':
    case '-L':
      return statOf(shell, operand, false)?.kind === 'symlink';
    case '-c':
      return statOf(shell, operand)?.kind === 'device';
    case '-s':
      return (statOf(shell, operand)?.sizeBytes ?? 0) > 0;
    case '-r':
    case '-w':
    case '-x': {
      const stat = statOf(shell, operand);
      return (
        stat !== undefined &&
        mayAccess(shell.process.user, stat, operator === '-r' ? 4 : operator === '-w' ? 2 : 1)
      );
    }
    case '-u':
    case '-g':
    case '-k': {
      const bit = operator === '-u' ? 0o4000 : operator === '-g' ? 0o2000 : 0o1000;
      return ((statOf(shell, operand)?.mode ?? 0) & bit) !== 0;
    }
    case '-O':
      return statOf(shell, operand)?.uid === shell.process.user.uid;
    case '-G':
      return statOf(shell, operand)?.gid === shell.process.user.gid;
    case '-t':
      return shell.process.files[Number(operand)]?.terminal !== undefined;
    case '-o':
      return operand in SET_OPTIONS && shell.options.has(operand as SetOption);
    case '-v': {
      const element = /^(\w+)\[(.*)\]$/.exec(operand);
      if (!element)
        return (
          shell.variables.get(operand) !== undefined ||
          (/^[1-9]\d*$/.test(operand) && shell.positional.length >= Number(operand))
        );
      if (element[2] === '@' || element[2] === '*') return shell.variables.entries(element[1]!).length > 0;
      return shell.variables.element(element[1]!, element[2]!) !== undefined;
    }
    case '-R':
      return shell.variables.own(operand)?.reference === true;
    default:
      // -b, -p, -S, -N: there are no block devices, named pipes or sockets, and no access times.
      return false;
  }
}

/** Comparisons of numbers and files; strings are compared by the caller, whose rules differ. */
export function testNumbers(operator: string, a: bigint | number, b: bigint | number): boolean {
  switch (operator) {
    case '-eq':
      return a == b;
    case '-ne':
      return a != b;
    case '-lt':
      return a < b;
    case '-le':
      return a <= b;
    case '-gt':
      return a > b;
    default:
      return a >= b;
  }
}

export function testFiles(shell: Shell, operator: string, a: string, b: string): boolean {
  const [x, y] = [statOf(shell, a), statOf(shell, b)];
  if (operator === '-ef') return x !== undefined && y !== undefined && x.inode === y.inode;
  if (operator === '-nt') return x !== undefined && (y === undefined || x.mtimeMs > y.mtimeMs);
  return y !== undefined && (x === undefined || x.mtimeMs < y.mtimeMs);
}

/** A number as `test` reads it: decimal only. */
function testNumber(text: string): bigint | number {
  const value = +text;
  if (Number.isSafeInteger(value) && /^-?\d+$/.test(text)) return value;
  const trimmed = text.trim();
  if (!/^[+-]?\d+$/.test(trimmed)) throw new TestError(`${text}: integer expression expected`);
  return BigInt(trimmed.replace(/^\+/, ''));
}

/** `test` and `[`: an expression given as words. */
export function testWords(shell: Shell, words: readonly string[]): boolean {
  // The number of words decides first, as POSIX has it.
  if (words.length === 0) return false;
  if (words.length === 1) return words[0] !== '';
  if (words.length === 2) {
    if (words[0] === '!') return words[1] === '';
    if (!UNARY.has(words[0]!)) throw new TestError(`${words[0]}: unary operator expected`);
    return testUnary(shell, words[0]!, words[1]!);
  }
  if (words.length === 3 && BINARY.has(words[1]!)) return testBinary(shell, words[0]!, words[1]!, words[2]!);
  if (words.length === 3) {
    if (words[1] === '-a') return words[0] !== '' && words[2] !== '';
    if (words[1] === '-o') return words[0] !== '' || words[2] !== '';
    if (words[0] === '!') return !testWords(shell, words.slice(1));
    if (words[0] === '(' && words[2] === ')') return words[1] !== '';
    throw new TestError(`${words[1]}: binary operator expected`);
  }
  if (words.length === 4) {
    if (words[0] === '!') return !testWords(shell, words.slice(1));
    if (words[0] === '(' && words[3] === ')') return testWords(shell, words.slice(1, 3));
  }
  const parser = new WordParser(shell, words);
  return parser.run();
}

function testBinary(shell: Shell, a: string, operator: string, b: string): boolean {
  switch (operator) {
    case '=':
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '-nt':
    case '-ot':
    case '-ef':
      return testFiles(shell, operator, a, b);
    default:
      return testNumbers(operator, testNumber(a), testNumber(b));
  }
}

/** Five words and more: `-o`, `-a`, `!` and parentheses by precedence. */
class WordParser {
  #shell: Shell;
  #words: readonly string[];
  #at = 0;

  constructor(shell: Shell, words: readonly string[]) {
    this.#shell = shell;
    this.#words = words;
  }

  run(): boolean {
    const result = this.#or();
    if (this.#at < this.#words.length) throw new TestError('too many arguments');
    return result;
  }

  #or(): boolean {
    let result = this.#and();
    while (this.#words[this.#at] === '-o') {
      this.#at++;
      const right = this.#and();
      result = result || right;
    }
    return result;
  }

  #and(): boolean {
    let result = this.#not();
    while (this.#words[this.#at] === '-a') {
      this.#at++;
      const right = this.#not();
      result = result && right;
    }
    return result;
  }

  #not(): boolean {
    if (this.#words[this.#at] === '!') {
      this.#at++;
      return !this.#not();
    }
    return this.#primary();
  }

  #primary(): boolean {
    const word = this.#words[this.#at];
    if (word === undefined) throw new TestError('argument expected');
    const operator = this.#words[this.#at + 1];
    if (operator !== undefined && BINARY.has(operator) && this.#words[this.#at + 2] !== undefined) {
      this.#at += 3;
      return testBinary(this.#shell, word, operator, this.#words[this.#at - 1]!);
    }
    if (word === '(') {
      this.#at++;
      const result = this.#or();
      if (this.#words[this.#at] !== ')') throw new TestError("`)' expected");
      this.#at++;
      return result;
    }
    if (UNARY.has(word) && operator !== undefined) {
      this.#at += 2;
      return testUnary(this.#shell, word, operator);
    }
    this.#at++;
    return word !== '';
  }
}

/** Numbers in `[[ -eq ]]` are arithmetic expressions. */
export const conditionNumber = (shell: Shell, text: string): bigint | number =>
  evaluateNow(shell, text, '[[: ');
