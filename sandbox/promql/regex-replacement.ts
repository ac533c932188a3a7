/** Replacement of a text that a pattern matches, for `label_replace` and relabelling. */
import { RegularExpression } from '../cel/regular-expression.ts';
import { RegularExpressionError } from '../cel/regular-expression-syntax.ts';

/**
 * Replaces a text that a pattern of Go's matches as a whole by `replacement` with its `$1` and `${name}`; the result is
 * undefined when it does not match. Whether it matches is found in linear time; what the groups caught, by JavaScript's
 * own engine, which then has no failure to run into.
 */
export function replacer(
  pattern: string,
  replacement: string,
  refuse: (message: string) => never,
): (text: string) => string | undefined {
  let whole: RegularExpression;
  try {
    RegularExpression.compile(pattern);
    whole = RegularExpression.compile(`^(?s:${pattern})$`);
  } catch (error) {
    if (error instanceof RegularExpressionError) return refuse(error.message);
    throw error;
  }
  const groups = /[(]/.test(pattern) && /\$/.test(replacement) ? groupsOf(pattern, refuse) : undefined;
  return (text) => {
    if (!whole.test(text)) return undefined;
    const match = groups?.exec(text);
    return replacement.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (_, braced?: string, bare?: string) => {
      const name = braced ?? bare;
      if (name === undefined) return '$';
      if (name === '0') return text;
      return match?.[Number(name)] ?? match?.groups?.[name] ?? '';
    });
  };
}

function groupsOf(pattern: string, refuse: (message: string) => never): RegExp {
  const [, flags = '', rest = ''] = /^(?:\(\?([is]+)\))?(.*)$/s.exec(pattern)!;
  try {
    return new RegExp(`^(?:${rest.replaceAll('(?P<', '(?<')})$`, flags.includes('i') ? 'is' : 's');
  } catch {
    return refuse(`groups of \`${pattern}\` cannot be had here: write the classes out, as in [a-z]`);
  }
}
