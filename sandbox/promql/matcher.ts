/** A condition on a label: `=`, `!=`, `=~`, `!~`. Regular expressions are Go's, and match the whole value. */
import { RegularExpression } from '../cel/regular-expression.ts';
import type { Labels } from './labels.ts';

export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** Values that a pattern was tried on; a label has few. */
const MAX_KNOWN = 10_000;

export class Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
  readonly #expression: RegularExpression | undefined;
  readonly #known = new Map<string, boolean>();

  /** Throws `RegularExpressionError` in Go's words. */
  constructor(name: string, operator: MatchOperator, value: string) {
    this.name = name;
    this.operator = operator;
    this.value = value;
    if (operator === '=~' || operator === '!~') {
      // Alone first, so that a message shows the pattern as it was written.
      RegularExpression.compile(value);
      this.#expression = RegularExpression.compile(`^(?s:${value})$`);
    }
  }

  /** Whether a label with this value is selected; a label that is not there has the empty value. */
  matches(value: string): boolean {
    if (!this.#expression) return (value === this.value) === (this.operator === '=');
    let known = this.#known.get(value);
    if (known === undefined) {
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(value, (known = this.#expression.test(value)));
    }
    return known === (this.operator === '=~');
  }
}

export const matchesAll = (labels: Labels, matchers: readonly Matcher[]): boolean =>
  matchers.every((matcher) => matcher.matches(labels.get(matcher.name)));
