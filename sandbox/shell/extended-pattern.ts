/**
 * Patterns with extended groups: `?(…)`, `*(…)`, `+(…)`, `@(…)`, `!(…)`. All ways through a pattern are followed
 * at once, as sets of places in the text, so that time is a small power of the lengths whatever the pattern: an
 * engine that backtracks would need for ever on `*(*(a))b`.
 */
import { translateBracket } from './bracket-expression.ts';

type Part =
  | { kind: 'char'; char: string }
  | { kind: 'class'; expression: RegExp }
  | { kind: 'any' }
  | { kind: 'star' }
  | { kind: 'group'; operator: string; alternatives: Part[][] };

/** Index of the `)` that closes the group opened at `open`, or -1. */
export function groupEnd(pattern: string, open: number): number {
  let depth = 0;
  for (let i = open; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++;
    else if (pattern[i] === '(') depth++;
    else if (pattern[i] === ')' && --depth === 0) return i;
  }
  return -1;
}

/** Where a group begins at `i`, the index of its end; -1 for none. */
export const groupAt = (pattern: string, i: number): number =>
  pattern[i + 1] === '(' && '?*+@!'.includes(pattern[i]!) ? groupEnd(pattern, i + 1) : -1;

export class ExtendedPattern {
  readonly #parts: Part[];
  readonly #ignoreCase: boolean;

  constructor(pattern: string, ignoreCase = false) {
    this.#ignoreCase = ignoreCase;
    this.#parts = this.#parse(pattern);
  }

  /** Ends of all matches that begin at `start`, in ascending order. */
  ends(text: string, start = 0): number[] {
    return [...this.#follow(this.#parts, text, new Set([start]))].sort((a, b) => a - b);
  }

  #parse(pattern: string): Part[] {
    const parts: Part[] = [];
    for (let i = 0; i < pattern.length;) {
      const char = pattern[i]!;
      const end = groupAt(pattern, i);
      if (end >= 0) {
        const alternatives = split(pattern.slice(i + 2, end)).map((each) => this.#parse(each));
        parts.push({ kind: 'group', operator: char, alternatives });
        i = end + 1;
        continue;
      }
      const bracket = char === '[' ? translateBracket(pattern, i, true) : undefined;
      if (bracket) {
        const expression = new RegExp(`^${bracket.source}$`, this.#ignoreCase ? 'ui' : 'u');
        parts.push({ kind: 'class', expression });
        i = bracket.end;
        continue;
      }
      if (char === '*') parts.push({ kind: 'star' });
      else if (char === '?') parts.push({ kind: 'any' });
      else {
        if (char === '\\' && i + 1 < pattern.length) i++;
        const plain = String.fromCodePoint(pattern.codePointAt(i)!);
        parts.push({ kind: 'char', char: plain });
        i += plain.length - 1;
      }
      i++;
    }
    return parts;
  }

  #follow(parts: readonly Part[], text: string, from: Set<number>): Set<number> {
    let places = from;
    for (const part of parts) {
      if (places.size === 0) return places;
      places = this.#step(part, text, places);
    }
    return places;
  }

  #step(part: Part, text: string, places: Set<number>): Set<number> {
    if (part.kind === 'star') return rest(text, Math.min(...places));
    if (part.kind === 'group') return this.#group(part, text, places);
    const reached = new Set<number>();
    for (const at of places) {
      if (at >= text.length) continue;
      const char = String.fromCodePoint(text.codePointAt(at)!);
      if (part.kind === 'any' || this.#matches(part, char)) reached.add(at + char.length);
    }
    return reached;
  }

  #matches(part: Extract<Part, { kind: 'char' | 'class' }>, char: string): boolean {
    if (part.kind === 'class') return part.expression.test(char);
    return part.char === char || (this.#ignoreCase && part.char.toLowerCase() === char.toLowerCase());
  }

  #group(
    { operator, alternatives }: Extract<Part, { kind: 'group' }>,
    text: string,
    places: Set<number>,
  ): Set<number> {
    const once = (from: Set<number>): Set<number> => {
      const reached = new Set<number>();
      for (const each of alternatives)
        for (const place of this.#follow(each, text, new Set(from))) reached.add(place);
      return reached;
    };
    if (operator === '@') return once(places);
    if (operator === '?') return new Set([...places, ...once(places)]);
    if (operator === '!') {
      const reached = new Set<number>();
      for (const place of places) {
        const refused = once(new Set([place]));
        for (const end of rest(text, place)) if (!refused.has(end)) reached.add(end);
      }
      return reached;
    }
    const all = operator === '*' ? new Set(places) : new Set<number>();
    for (let fresh = once(places); fresh.size > 0;) {
      const added = new Set([...fresh].filter((place) => !all.has(place)));
      for (const place of added) all.add(place);
      fresh = added.size > 0 ? once(added) : added;
    }
    return all;
  }
}

function rest(text: string, from: number): Set<number> {
  const places = new Set<number>();
  for (let at = from; at <= text.length; at++) places.add(at);
  return places;
}

/** The alternatives of a group's body. */
function split(body: string): string[] {
  const alternatives: string[] = [];
  let [depth, start] = [0, 0];
  for (let i = 0; i <= body.length; i++) {
    if (body[i] === '\\') i++;
    else if (body[i] === '(') depth++;
    else if (body[i] === ')') depth--;
    else if (i === body.length || (body[i] === '|' && depth === 0)) {
      alternatives.push(body.slice(start, i));
      start = i + 1;
    }
  }
  return alternatives;
}
