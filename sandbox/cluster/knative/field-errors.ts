/** What is wrong with an object, in the words and the order of knative.dev/pkg/apis: `FieldError`. */

interface Problem {
  message: string;
  paths: string[];
  details: string;
}

export class FieldErrors {
  readonly #problems: Problem[] = [];

  get size(): number {
    return this.#problems.length;
  }

  add(message: string, paths: string | string[], details = ''): void {
    this.#problems.push({ message, paths: [paths].flat(), details });
  }

  missing(...paths: string[]): void {
    this.add('missing field(s)', paths);
  }

  missingOneOf(...paths: string[]): void {
    this.add('expected exactly one, got neither', paths);
  }

  multipleOneOf(...paths: string[]): void {
    this.add('expected exactly one, got both', paths);
  }

  disallowed(...paths: string[]): void {
    this.add('must not set the field(s)', paths);
  }

  invalid(value: unknown, path: string, details = ''): void {
    this.add(`invalid value: ${String(value)}`, path, details);
  }

  outOfBounds(value: unknown, lower: unknown, upper: unknown, path: string): void {
    this.add(`expected ${String(lower)} <= ${String(value)} <= ${String(upper)}`, path);
  }

  /** One line a problem; the same problem of several fields is one. */
  toString(): string {
    const merged = new Map<string, Problem>();
    for (const problem of this.#problems) {
      const key = `${problem.message}-${problem.details}`;
      const known = merged.get(key);
      if (known) known.paths = [...new Set([...known.paths, ...problem.paths])];
      else merged.set(key, { ...problem });
    }
    return [...merged.values()]
      .sort((a, b) => compare(a.message, b.message) || compare(a.details, b.details))
      .map(
        ({ message, paths, details }) =>
          `${message}: ${[...paths].sort().join(', ')}${details ? `\n${details}` : ''}`,
      )
      .join('\n');
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
