/**
 * The sed programs that people write on a command line: `s`, `y`, `p`, `d`, `q`, `Q`, `=`, `a`, `i`, `c` on lines
 * chosen by numbers, `$`, expressions and ranges. They are run line by line, so that `tail -f log | sed …` prints
 * and `yes | sed q` ends. Undefined for any other program (the hold space, branches, files): just-bash runs it.
 */
import { RegularExpressionError, translate } from '../../regular-expression.ts';

type Address = { line: number } | { last: true } | { expression: RegExp };

interface Command {
  first: Address | undefined;
  second: Address | { plus: number } | undefined;
  negated: boolean;
  name: string;
  text: string;
  substitute?: Substitution;
  map?: Map<string, string>;
  /** Of a range that has begun: the line it ends at, or Infinity until its expression is found. */
  until?: number;
}

interface Substitution {
  expression: RegExp;
  replacement: (string | number)[];
  global: boolean;
  print: boolean;
  /** The first occurrence that is replaced. */
  from: number;
}

export interface LineResult {
  output: string;
  /** The exit code, when the program ends with this line. */
  quits: number | undefined;
}

export class LineProgram {
  readonly #commands: Command[];
  readonly #quiet: boolean;
  #number = 0;

  private constructor(commands: Command[], quiet: boolean) {
    this.#commands = commands;
    this.#quiet = quiet;
  }

  static parse(script: string, options: { extended: boolean; quiet: boolean }): LineProgram | undefined {
    try {
      const commands = new Parser(script, options.extended).commands();
      return commands && new LineProgram(commands, options.quiet);
    } catch (error) {
      // just-bash says what is wrong with it.
      if (error instanceof RegularExpressionError || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** Whether it looks at `$`: then a line waits for the next one. */
  get needsLast(): boolean {
    return this.#commands.some(({ first, second }) => [first, second].some((each) => each && 'last' in each));
  }

  /** @param last whether no line follows */
  run(line: string, last: boolean): LineResult {
    this.#number++;
    let space = line;
    let [before, after] = ['', ''];
    const shown = () => (this.#quiet ? '' : `${space}\n`);
    for (const command of this.#commands) {
      if (this.#chosen(command, space, last) === command.negated) continue;
      switch (command.name) {
        case 's': {
          const result = substitute(space, command.substitute!);
          if (result === undefined) break;
          space = result;
          if (command.substitute!.print) before += `${space}\n`;
          break;
        }
        case 'y':
          space = Array.from(space, (char) => command.map!.get(char) ?? char).join('');
          break;
        case 'p':
          before += `${space}\n`;
          break;
        case '=':
          before += `${this.#number}\n`;
          break;
        case 'i':
          before += `${command.text}\n`;
          break;
        case 'a':
          after += `${command.text}\n`;
          break;
        case 'c':
          // Of a range, the text stands in place of its last line.
          if (command.until !== undefined && !command.negated)
            return { output: before + after, quits: undefined };
          return { output: `${before}${command.text}\n${after}`, quits: undefined };
        case 'd':
          return { output: before + after, quits: undefined };
        case 'q':
          return { output: before + shown() + after, quits: Number(command.text || 0) };
        case 'Q':
          return { output: before + after, quits: Number(command.text || 0) };
      }
    }
    return { output: before + shown() + after, quits: undefined };
  }

  #chosen(command: Command, text: string, last: boolean): boolean {
    const { first, second } = command;
    if (!first) return true;
    if (!second) return this.#matches(first, text, last);
    if (command.until === undefined) {
      if (!this.#matches(first, text, last)) return false;
      if ('plus' in second) command.until = this.#number + second.plus;
      else if ('line' in second) command.until = second.line;
      else command.until = Infinity;
      if (command.until <= this.#number) command.until = undefined;
      return true;
    }
    const ends =
      'line' in second || 'plus' in second
        ? this.#number >= command.until
        : this.#matches(second, text, last);
    const beyond = command.until < this.#number;
    if (ends) command.until = undefined;
    return !beyond;
  }

  #matches(address: Address, text: string, last: boolean): boolean {
    if ('line' in address) return address.line === this.#number;
    return 'last' in address ? last : address.expression.test(text);
  }
}

/** Undefined when nothing was found. */
function substitute(
  text: string,
  { expression, replacement, global, from }: Substitution,
): string | undefined {
  let [count, found, end] = [0, false, -1];
  const result = text.replace(expression, (...match: unknown[]) => {
    const at = match.find((part) => typeof part === 'number') as number;
    // Nothing is no match right behind another.
    if (match[0] === '' && at === end) return '';
    end = at + String(match[0]).length;
    count++;
    if (count < from || (count > from && !global)) return String(match[0]);
    found = true;
    return replacement
      .map((part) => (typeof part === 'string' ? part : ((match[part] as string) ?? '')))
      .join('');
  });
  return found ? result : undefined;
}

class Parser {
  readonly #text: string;
  readonly #extended: boolean;
  #at = 0;

  constructor(text: string, extended: boolean) {
    this.#text = text;
    this.#extended = extended;
  }

  commands(): Command[] | undefined {
    const commands: Command[] = [];
    for (;;) {
      this.#skip(/[\s;]*/y);
      if (this.#at >= this.#text.length) return commands;
      const command = this.#command();
      if (!command) return undefined;
      commands.push(command);
    }
  }

  #skip(expression: RegExp): string {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #command(): Command | undefined {
    const first = this.#address();
    if (first === null) return undefined;
    let second: Command['second'];
    if (this.#text[this.#at] === ',') {
      this.#at++;
      const plus = this.#skip(/\+\d+/y);
      const address = plus === '' ? this.#address() : { plus: Number(plus) };
      if (!first || !address) return undefined;
      second = address;
    }
    this.#skip(/\s*/y);
    const negated = this.#skip(/!\s*/y) !== '';
    const name = this.#text[this.#at++];
    const command: Command = { first, second, negated, name: name!, text: '' };
    if (name === 's') {
      command.substitute = this.#substitution();
      if (!command.substitute) return undefined;
    } else if (name === 'y') {
      const delimiter = this.#text[this.#at++];
      const [from, to] = [this.#until(delimiter), this.#until(delimiter)];
      if (from === undefined || to === undefined || /\\/.test(from + to) || from.length !== to.length)
        return undefined;
      command.map = new Map([...from].map((char, i) => [char, to[i]!]));
    } else if (name === 'a' || name === 'i' || name === 'c') {
      this.#skip(/[ \t]*(\\\n)?[ \t]*/y);
      command.text = this.#skip(/[^\n]*/y);
      if (command.text === '' || command.text.includes('\\')) return undefined;
      return command;
    } else if (name === 'q' || name === 'Q') {
      this.#skip(/[ \t]*/y);
      command.text = this.#skip(/\d*/y);
    } else if (name !== 'p' && name !== 'd' && name !== '=') return undefined;
    return /^[ \t]*(?:[;\n}]|$)/.test(this.#text.slice(this.#at)) ? command : undefined;
  }

  /** Null: one that is not known here. */
  #address(): Address | undefined | null {
    const char = this.#text[this.#at];
    if (char === '$') {
      this.#at++;
      return { last: true };
    }
    const number = this.#skip(/\d+/y);
    if (number !== '')
      return number === '0' || this.#text[this.#at] === '~' ? null : { line: Number(number) };
    if (char !== '/') return undefined;
    this.#at++;
    const pattern = this.#until('/');
    const expression = pattern ? this.#compile(pattern, this.#skip(/I/y) === '' ? '' : 'i') : undefined;
    return expression ? { expression } : null;
  }

  #substitution(): Substitution | undefined {
    const delimiter = this.#text[this.#at++];
    const [pattern, replacement] = [this.#until(delimiter), this.#until(delimiter)];
    const flags = this.#skip(/[gpIi0-9]*/y);
    if (!pattern || replacement === undefined) return undefined;
    const expression = this.#compile(pattern, /[Ii]/.test(flags) ? 'gi' : 'g');
    const parts: (string | number)[] = [];
    for (let i = 0; i < replacement.length; i++) {
      const char = replacement[i]!;
      if (char === '&') parts.push(0);
      else if (char !== '\\') parts.push(char);
      else {
        const next = replacement[++i] ?? '\\';
        if (/[0-9]/.test(next)) parts.push(Number(next));
        else if (/[LUElu]/.test(next)) return undefined;
        else parts.push({ n: '\n', t: '\t' }[next] ?? next);
      }
    }
    if (!expression) return undefined;
    const from = Number(/\d+/.exec(flags)?.[0] ?? 1);
    return { expression, replacement: parts, global: flags.includes('g'), print: flags.includes('p'), from };
  }

  /** Undefined for one that could run for ever here. */
  #compile(pattern: string, flags: string): RegExp | undefined {
    const { source, linear } = translate(pattern, this.#extended);
    return linear ? new RegExp(source, `u${flags}`) : undefined;
  }

  /** The text up to the delimiter, which may stand in it behind a backslash or in brackets. */
  #until(delimiter: string | undefined): string | undefined {
    if (delimiter === undefined || delimiter === '\n' || delimiter === '\\') return undefined;
    let text = '';
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!;
      if (char === delimiter) {
        this.#at++;
        return text;
      }
      if (char !== '\\') {
        text += char;
        continue;
      }
      const next = this.#text[++this.#at] ?? '';
      text += next === delimiter ? next : `\\${next}`;
    }
    return undefined;
  }
}
