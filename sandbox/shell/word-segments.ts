/**
 * A parsed word as the flat list of segments that expansion walks: text with its quoting, pattern
 * characters, expansions. Made once for each word and remembered.
 */
import type { DoubleQuotedChild, ParameterExpansionPart, Script, Word, WordPart } from 'unbash';
import { partsOfText } from './parser-input.ts';

export type Segment =
  | { kind: 'text'; text: string; quoted: boolean }
  /** Pattern characters that are in force. */
  | { kind: 'glob'; text: string }
  /** `~user`, at the start of a word or behind `:` or `=` in an assignment. */
  | { kind: 'tilde'; user: string }
  /** `$name`. */
  | { kind: 'parameter'; name: string; quoted: boolean }
  /** `${…}`. */
  | { kind: 'expansion'; part: ParameterExpansionPart; quoted: boolean }
  | { kind: 'command'; script: Script | undefined; text: string; quoted: boolean }
  | { kind: 'arithmetic'; text: string; quoted: boolean }
  | { kind: 'process'; script: Script | undefined; operator: '<' | '>' };

export interface CompiledWord {
  segments: readonly Segment[];
  /** The value when no segment depends on anything and nothing in it is special. */
  constant: string | undefined;
  braces: boolean;
  /** Has groups such as `@(a|b)`, which are syntax only with `shopt -s extglob`. */
  groups: boolean;
}

const compiled = new WeakMap<Word, CompiledWord>();
const compiledAssignments = new WeakMap<Word, CompiledWord>();

/** @param assignment whether a tilde counts behind every `:` too */
export function compileWord(word: Word, assignment = false): CompiledWord {
  const cache = assignment ? compiledAssignments : compiled;
  let result = cache.get(word);
  if (!result) {
    result = compile(word, assignment);
    cache.set(word, result);
  }
  return result;
}

function compile(word: Word, assignment: boolean): CompiledWord {
  const segments: Segment[] = [];
  if (word.parts)
    for (const [index, part] of word.parts.entries()) addPart(segments, part, false, index === 0, assignment);
  else addLiteral(segments, word.text, word.value, true, assignment);
  const constant = segments.every((segment) => segment.kind === 'text')
    ? segments.map((segment) => (segment as { text: string }).text).join('')
    : undefined;
  const has = (type: WordPart['type']) => word.parts?.some((part) => part.type === type) ?? false;
  return { segments, constant, braces: has('BraceExpansion'), groups: has('ExtendedGlob') };
}

/** Unquoted text; `text` is what was written and `value` what is left once backslashes are taken out. */
function addLiteral(out: Segment[], text: string, value: string, first: boolean, assignment: boolean): void {
  // A tilde counts behind the `=` of anything that looks like an assignment.
  const looks = first && !assignment ? /^[A-Za-z_]\w*=(?=~)/.exec(text) : null;
  if (looks && text === value) {
    out.push({ kind: 'text', text: looks[0], quoted: false });
    addLiteral(out, text.slice(looks[0].length), value.slice(looks[0].length), true, true);
    return;
  }
  const tildes = assignment ? /(^|:)~([\w.+-]*)(?=[/:]|$)/g : /(^)~([\w.+-]*)(?=\/|$)/g;
  if (text === value && text.includes('~')) {
    let at = 0;
    for (const match of text.matchAll(tildes)) {
      if (match.index === 0 && match[1] === '' && !first) continue;
      const start = match.index + match[1]!.length;
      if (start > at) out.push({ kind: 'text', text: text.slice(at, start), quoted: false });
      out.push({ kind: 'tilde', user: match[2]! });
      at = start + 1 + match[2]!.length;
    }
    if (at < text.length) out.push({ kind: 'text', text: text.slice(at), quoted: false });
    return;
  }
  if (text !== value && text.startsWith('~/') && first) {
    out.push({ kind: 'tilde', user: '' }, { kind: 'text', text: value.slice(1), quoted: true });
    return;
  }
  // Whatever was escaped is quoted; what was not has no special characters, or it would be another part.
  out.push({ kind: 'text', text: value, quoted: text !== value });
}

function addPart(out: Segment[], part: WordPart, quoted: boolean, first: boolean, assignment: boolean): void {
  switch (part.type) {
    case 'Literal':
      if (quoted) out.push({ kind: 'text', text: part.value, quoted: true });
      else addLiteral(out, part.text, part.value, first, assignment);
      return;
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      out.push({ kind: 'text', text: part.value, quoted: true });
      return;
    case 'DoubleQuoted':
    case 'LocaleString':
      if (part.parts.length === 0) out.push({ kind: 'text', text: '', quoted: true });
      for (const child of part.parts) addPart(out, child, true, false, assignment);
      return;
    case 'Glob':
      if (
        part.kind !== 'bracket' ||
        part.parts.every((each) => each.type === 'Literal' && each.text === each.value)
      ) {
        out.push({ kind: 'glob', text: part.text });
        return;
      }
      out.push({ kind: 'glob', text: '[' });
      for (const child of part.parts) {
        if (child.type === 'Literal' && child.text === child.value)
          out.push({ kind: 'glob', text: child.text });
        else addPart(out, child, quoted, false, assignment);
      }
      out.push({ kind: 'glob', text: ']' });
      return;
    case 'ExtendedGlob':
      if (!part.parts) {
        out.push({ kind: 'glob', text: part.text });
        return;
      }
      out.push({ kind: 'glob', text: `${part.operator}(` });
      for (const child of part.parts) {
        if (child.type === 'Literal' && child.text === child.value)
          out.push({ kind: 'glob', text: child.text });
        else addPart(out, child, quoted, false, assignment);
      }
      out.push({ kind: 'glob', text: ')' });
      return;
    case 'SimpleExpansion':
      out.push({ kind: 'parameter', name: part.text.slice(1), quoted });
      return;
    case 'ParameterExpansion':
      if (!part.operation && !part.prefix && !part.index)
        out.push({ kind: 'parameter', name: part.parameter, quoted });
      else out.push({ kind: 'expansion', part, quoted });
      return;
    case 'CommandExpansion':
      out.push({ kind: 'command', script: part.script, text: part.text, quoted });
      return;
    case 'ArithmeticExpansion':
      out.push({
        kind: 'arithmetic',
        text: part.text.startsWith('$[') ? part.text.slice(2, -1) : part.text.slice(3, -2),
        quoted,
      });
      return;
    case 'ProcessSubstitution':
      out.push({ kind: 'process', script: part.script, operator: part.operator });
      return;
    case 'BraceExpansion':
      // Reached only where braces do not expand (assignments, `[[ ]]`).
      out.push({ kind: 'text', text: part.text, quoted: false });
  }
}

const textSegments = new Map<string, readonly Segment[]>();

/** Segments of text that is expanded as if in double quotes (here-documents, arithmetic, prompts). */
export function segmentsOfText(text: string): readonly Segment[] {
  let segments = textSegments.get(text);
  if (!segments) {
    segments = segmentsOfParts(partsOfText(text) as DoubleQuotedChild[]);
    if (textSegments.size > 500) textSegments.clear();
    textSegments.set(text, segments);
  }
  return segments;
}

export function segmentsOfParts(parts: readonly WordPart[]): Segment[] {
  const segments: Segment[] = [];
  for (const part of parts) addPart(segments, part, true, false, false);
  return segments;
}
