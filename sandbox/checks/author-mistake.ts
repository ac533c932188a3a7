/** Mistakes of an author in a parsed YAML file, each as key, expected, received, and a reader that collects them. */

/** One mistake in an exercise's file. `key` is a path like `checks[0].pass`. */
export interface AuthorMistake {
  key: string;
  expected: string;
  received: string;
}

/** Every mistake at once. */
export class ExerciseInvalid extends Error {
  readonly mistakes: AuthorMistake[];
  constructor(mistakes: AuthorMistake[]) {
    super(mistakes.map((m) => `${m.key}: expected ${m.expected}, received ${m.received}`).join('\n'));
    this.mistakes = mistakes;
  }
}

/** Reads fields of unknown shape. A field that is wrong is recorded and answered with an empty value. */
export class FieldReader {
  readonly mistakes: AuthorMistake[] = [];

  mistake(key: string, expected: string, received: unknown): void {
    this.mistakes.push({
      key,
      expected,
      received: received === undefined ? 'nothing' : JSON.stringify(received),
    });
  }

  record(value: unknown, key: string, keys?: string[]): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.mistake(key, 'a mapping', value);
      return {};
    }
    for (const name of Object.keys(value)) {
      if (keys && !keys.includes(name)) this.mistake(`${key}.${name}`, `one of ${keys.join(', ')}`, name);
    }
    return value as Record<string, unknown>;
  }

  text(value: unknown, key: string): string {
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    this.mistake(key, 'a text', value);
    return '';
  }

  optionalText(value: unknown, key: string): string | undefined {
    return value === undefined ? undefined : this.text(value, key);
  }

  /** A whole number of at least `min` and at most `max`. */
  count(value: unknown, key: string, min: number, max: number): number {
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max)
      return value as number;
    this.mistake(key, `a whole number from ${min} to ${max}`, value);
    return min;
  }

  flag(value: unknown, key: string): boolean {
    if (typeof value !== 'boolean') this.mistake(key, 'true or false', value);
    return value === true;
  }

  /** `20s`, `2m`, `1m30s`. */
  seconds(value: unknown, key: string): number | undefined {
    if (value === undefined) return undefined;
    const match = typeof value === 'string' ? /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(value) : null;
    if (!match || (match[1] === undefined && match[2] === undefined)) {
      this.mistake(key, 'a duration such as 20s', value);
      return undefined;
    }
    return Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0);
  }
}
