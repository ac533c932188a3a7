/** What awk's operators and functions compute. */
import type { Runtime } from './runtime.ts';
import type { Expression, Place } from './statements.ts';
import { formatted, numberOf, textOf, type Value } from './values.ts';

export const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': (a, b) => a ** b,
  '**': (a, b) => a ** b,
};

export const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

export const FUNCTIONS: Readonly<Record<string, (args: Value[], runtime: Runtime) => Value>> = {
  length: ([text], runtime) => [...textOf(text === undefined ? runtime.field(0) : text)].length,
  index: ([text, part]) => textOf(text).indexOf(textOf(part)) + 1,
  substr: ([text, from, count]) => {
    const chars = [...textOf(text)];
    const start = Math.round(numberOf(from));
    const end = count === undefined ? chars.length + 1 : start + Math.round(numberOf(count));
    return chars.slice(Math.max(0, start - 1), Math.max(0, end - 1)).join('');
  },
  tolower: ([text]) => textOf(text).toLowerCase(),
  toupper: ([text]) => textOf(text).toUpperCase(),
  sprintf: ([format, ...values]) => formatted(textOf(format), values),
  int: ([number]) => Math.trunc(numberOf(number)),
  sqrt: ([number]) => Math.sqrt(numberOf(number)),
  exp: ([number]) => Math.exp(numberOf(number)),
  log: ([number]) => Math.log(numberOf(number)),
  sin: ([number]) => Math.sin(numberOf(number)),
  cos: ([number]) => Math.cos(numberOf(number)),
  atan2: ([y, x]) => Math.atan2(numberOf(y), numberOf(x)),
  rand: (_, runtime) => runtime.random(),
  fflush: () => 0,
  systime: (_, runtime) => runtime.seconds(),
};

/** `match(text, expression)`. */
export const matching =
  (text: Expression, expression: RegExp): Expression =>
  (runtime) => {
    expression.lastIndex = 0;
    const match = expression.exec(textOf(text(runtime)));
    runtime.set('RSTART', match ? match.index + 1 : 0);
    runtime.set('RLENGTH', match ? match[0].length : -1);
    return match ? match.index + 1 : 0;
  };

/** `split(text, array, separator)`. */
export const splitting =
  (text: Expression, name: string, separator: RegExp | string | undefined): Expression =>
  (runtime) => {
    const parts = runtime.split(textOf(text(runtime)), separator);
    const array = runtime.array(name);
    array.clear();
    parts.forEach((part, i) => array.set(String(i + 1), part));
    return parts.length;
  };

/** `sub` and `gsub(expression, replacement, target)`: how many were replaced. */
export const substituting =
  (expression: RegExp, replacement: Expression, target: Place, all: boolean): Expression =>
  (runtime) => {
    const pattern = textOf(replacement(runtime));
    let count = 0;
    const text = textOf(target.get(runtime)).replace(expression, (match: string) => {
      if (!all && count > 0) return match;
      count++;
      return pattern.replace(/\\\\|\\&|&/g, (each) => (each === '&' ? match : each[1]!));
    });
    if (count > 0) target.set(runtime, text);
    return count;
  };
