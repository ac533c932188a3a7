/**
 * `.dockerignore`: which files of a build's context do not take part (moby's `patternmatcher`). `*`, `?`, `**`
 * and sets of characters; the last pattern that matches decides, `!` brings back; what is below an ignored
 * directory is ignored with it.
 */
export class DockerIgnore {
  readonly #rules: { expression: RegExp; exclude: boolean }[] = [];

  constructor(text: string) {
    for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
      if (line.startsWith('#')) continue;
      let pattern = line.trim();
      if (pattern === '') continue;
      const exclude = !pattern.startsWith('!');
      if (!exclude) pattern = pattern.slice(1).trim();
      pattern = pattern.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
      if (pattern !== '' && pattern !== '.') this.#rules.push({ expression: expressionOf(pattern), exclude });
    }
  }

  /** Whether anything may be brought back below an ignored directory. */
  get hasExceptions(): boolean {
    return this.#rules.some(({ exclude }) => !exclude);
  }

  /** @param path relative to the context, without a leading slash */
  ignores(path: string): boolean {
    let ignored = false;
    for (const { expression, exclude } of this.#rules) if (expression.test(path)) ignored = exclude;
    return ignored;
  }
}

/** Matches the path and all below it. */
function expressionOf(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === '*' && pattern[at + 1] === '*') {
      at++;
      if (pattern[at + 1] === '/') at++;
      // At the end it takes everything, in the middle whole directories.
      source += at >= pattern.length - 1 ? '.*' : '(?:.*/)?';
    } else source += globPart(char, pattern, at);
    if (char === '[') at = Math.max(at, pattern.indexOf(']', at));
    if (char === '\\') at++;
  }
  return new RegExp(`^${source}(?:/.*)?$`);
}

/** The expression for the glob character at `at`. */
function globPart(char: string, pattern: string, at: number): string {
  if (char === '*') return '[^/]*';
  if (char === '?') return '[^/]';
  const close = pattern.indexOf(']', at);
  if (char === '[' && close > at) return `[${pattern.slice(at + 1, close).replace(/\\/g, '\\\\')}]`;
  const literal = char === '\\' ? (pattern[at + 1] ?? '') : char;
  return literal.replace(/[.+^${}()|[\]\\]/, '\\$&');
}

/** The expression of a COPY source such as `*.js` (Go's `filepath.Match`). */
export function sourcePattern(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    source += globPart(char, pattern, at);
    if (char === '[') at = Math.max(at, pattern.indexOf(']', at));
    if (char === '\\') at++;
  }
  return new RegExp(`^${source}$`);
}
