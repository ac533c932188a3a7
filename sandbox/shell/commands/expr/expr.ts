/** GNU `expr`. */
import { CommandError, defineCommand, UsageError } from '../command.ts';
import { translate } from '../../regular-expression.ts';
import type { Program } from '../../../os/machine.ts';

const body = defineCommand(
  {
    short: '+',
    usage:
      'expr EXPRESSION\nPrint the value of EXPRESSION to standard output.\n\n  ARG1 | ARG2   ARG1 & ARG2   ARG1 < ARG2   ARG1 = ARG2   ARG1 + ARG2   ARG1 * ARG2\n  STRING : REGEXP   match STRING REGEXP   substr STRING POS LENGTH   index STRING CHARS   length STRING\n  ( EXPRESSION )',
    usageExitCode: 2,
  },
  async (process, _options, operands) => {
    if (operands.length === 0) throw new UsageError('missing operand');
    const value = new Expression(operands).evaluate();
    await process.print(`${value}\n`);
    return isNothing(value) ? 1 : 0;
  },
);

/** A negative number is an operand, not an option. */
export const program: Program = async (process) => {
  if (process.argv[1] !== '--help' && process.argv[1] !== '--') process.argv.splice(1, 0, '--');
  return await body(process);
};

const isNothing = (value: string): boolean => value === '' || /^-?0+$/.test(value);
const isInteger = (text: string): boolean => /^-?\d+$/.test(text);

const LEVELS = [['|'], ['&'], ['<', '<=', '=', '==', '!=', '>=', '>'], ['+', '-'], ['*', '/', '%'], [':']];

class Expression {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  evaluate(): string {
    const value = this.#level(0);
    if (this.#at < this.#words.length)
      throw new CommandError(`syntax error: unexpected argument '${this.#words[this.#at]}'`, 2);
    return value;
  }

  #level(level: number): string {
    if (level === LEVELS.length) return this.#operand();
    let value = this.#level(level + 1);
    while (LEVELS[level]!.includes(this.#words[this.#at] ?? '')) {
      const operator = this.#words[this.#at++]!;
      value = apply(operator, value, this.#level(level + 1));
    }
    return value;
  }

  #operand(): string {
    const word = this.#words[this.#at];
    if (word === undefined)
      throw new CommandError(`syntax error: missing argument after '${this.#words[this.#at - 1]}'`, 2);
    this.#at++;
    switch (word) {
      case '(': {
        const value = this.#level(0);
        if (this.#words[this.#at++] !== ')')
          throw new CommandError(`syntax error: expecting ')' after '${this.#words[this.#at - 2]}'`, 2);
        return value;
      }
      case ')':
        throw new CommandError("syntax error: unexpected ')'", 2);
      case '+':
        return this.#words[this.#at++] ?? '';
      case 'length':
        return this.#rest() ? String([...this.#operand()].length) : word;
      case 'match':
        return this.#rest() ? match(this.#operand(), this.#operand()) : word;
      case 'index': {
        if (!this.#rest()) return word;
        const [text, characters] = [[...this.#operand()], this.#operand()];
        return String(text.findIndex((char) => characters.includes(char)) + 1);
      }
      case 'substr': {
        if (!this.#rest()) return word;
        const [text, position, length] = [
          [...this.#operand()],
          Number(this.#operand()),
          Number(this.#operand()),
        ];
        return position > 0 && length > 0 ? text.slice(position - 1, position - 1 + length).join('') : '';
      }
      default:
        return word;
    }
  }

  #rest(): boolean {
    return this.#at < this.#words.length;
  }
}

function apply(operator: string, left: string, right: string): string {
  switch (operator) {
    case '|':
      return isNothing(left) ? (isNothing(right) ? '0' : right) : left;
    case '&':
      return isNothing(left) || isNothing(right) ? '0' : left;
    case ':':
      return match(left, right);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%': {
      if (!isInteger(left) || !isInteger(right)) throw new CommandError('non-integer argument', 2);
      const [a, b] = [BigInt(left), BigInt(right)];
      if (b === 0n && (operator === '/' || operator === '%')) throw new CommandError('division by zero', 2);
      if (operator === '+') return String(a + b);
      if (operator === '-') return String(a - b);
      if (operator === '*') return String(a * b);
      return String(operator === '/' ? a / b : a % b);
    }
  }
  const numbers = isInteger(left) && isInteger(right);
  const order = numbers ? Number(BigInt(left) - BigInt(right)) : left < right ? -1 : left > right ? 1 : 0;
  const holds = {
    '<': order < 0,
    '<=': order <= 0,
    '=': order === 0,
    '==': order === 0,
    '!=': order !== 0,
    '>=': order >= 0,
    '>': order > 0,
  }[operator];
  return holds ? '1' : '0';
}

/** Anchored at the beginning; the first group, or the length of the match. */
function match(text: string, pattern: string): string {
  const { source } = translate(pattern, false);
  const found = new RegExp(`^(?:${source})`, 'u').exec(text);
  if (found && found.length > 1) return found[1] ?? '';
  return /\\\(/.test(pattern) ? (found?.[1] ?? '') : String(found ? [...found[0]].length : 0);
}
