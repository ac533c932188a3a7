/** Istio's `StringMatch`, compiled: exact, prefix, or a regular expression of the whole value. */
import type { StringMatch } from './istio-kinds.ts';

export type TextMatcher = (value: string | undefined) => boolean;

/** No condition at all matches whatever is there; with `ignoreCase` exact values and prefixes do in any case. */
export function textMatcher(match: StringMatch | undefined, ignoreCase = false): TextMatcher {
  const { exact, prefix, regex } = match ?? {};
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  if (exact !== undefined) {
    const wanted = fold(exact);
    return (value) => value !== undefined && fold(value) === wanted;
  }
  if (prefix !== undefined) {
    const wanted = fold(prefix);
    return (value) => value !== undefined && fold(value).startsWith(wanted);
  }
  if (regex !== undefined) {
    const pattern = compiled(regex);
    return (value) => value !== undefined && pattern.test(value);
  }
  return (value) => value !== undefined;
}

/** Written for RE2, whose flags stand in front; what does not compile here matches nothing. */
function compiled(regex: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(regex);
  try {
    return new RegExp(`^(?:${flags ? regex.slice(flags[0].length) : regex})$`, flags?.[1] ?? '');
  } catch {
    return /[^\s\S]/;
  }
}

/** Values of an AuthorizationPolicy: exact, `prefix*`, `*suffix`, `*` for any that is there. */
export function valueMatches(pattern: string, value: string | undefined): boolean {
  if (value === undefined || value === '') return false;
  if (pattern === '*') return true;
  if (pattern.startsWith('*')) return value.endsWith(pattern.slice(1));
  if (pattern.endsWith('*')) return value.startsWith(pattern.slice(0, -1));
  return value === pattern;
}
