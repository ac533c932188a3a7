/**
 * Word expansion in bash's order: braces, tilde, parameters, commands, arithmetic, splitting, pathnames.
 * Everything is a step, so that a word without a command substitution expands without waiting.
 */
import type { Word } from 'unbash';
import { evaluateNow } from './arithmetic-expansion.ts';
import type { Value } from './arithmetic.ts';
import { expandBraces, TooManyWords } from './brace-expansion.ts';
import { ExpansionError } from './control-flow.ts';
import type { Step } from './coroutine.ts';
import { FieldBuilder } from './field-builder.ts';
import { glob } from './glob.ts';
import { expandParameter, subscriptKey as keyOf, type WordExpansion } from './parameter-expansion.ts';
import { joinList, parameterOrEmpty } from './parameter.ts';
import { parseWord } from './parser-input.ts';
import { matchPattern, quotePattern, withoutGroups } from './pattern.ts';
import type { Shell } from './shell.ts';
import { tilde } from './tilde.ts';
import { compileWord, segmentsOfText, type Segment } from './word-segments.ts';

// ---- whole words

/** Fields of several words: what a command's arguments come from. */
export function* expandWords(shell: Shell, words: readonly Word[]): Step<string[]> {
  const out: string[] = [];
  for (const word of words) yield* expandWord(shell, word, out);
  return out;
}

/** Adds the fields of `word` to `out`. */
export function* expandWord(shell: Shell, word: Word, out: string[]): Step<void> {
  const { segments, constant, braces, groups } = compileWord(word);
  if (groups) yield* requireGroups(shell);
  if (braces && shell.options.has('braceexpand')) {
    for (const each of bracesOf(word)) yield* expandWord(shell, each, out);
    return;
  }
  if (constant !== undefined) {
    out.push(constant);
    return;
  }
  const only = segments.length === 1 ? segments[0]! : undefined;
  if (only?.kind === 'parameter' && only.quoted && only.name !== '@' && only.name !== '*') {
    out.push(parameterOrEmpty(shell, only.name));
    return;
  }
  if (only?.kind === 'parameter' && only.name !== '@' && only.name !== '*') {
    const value = parameterOrEmpty(shell, only.name);
    // Nothing in it to split at, and no pattern.
    if (PLAIN.test(value) && (shell.variables.get('IFS') ?? ' \t\n') === ' \t\n') {
      out.push(value);
      return;
    }
  }
  const builder = new FieldBuilder(shell.variables.get('IFS') ?? ' \t\n');
  yield* appendSegments(shell, builder, segments, false);
  for (const { text, pattern } of builder.finish()) {
    if (pattern === undefined || shell.options.has('noglob')) out.push(text);
    else appendMatches(shell, text, pattern, out);
  }
}

/**
 * A word has groups such as `@(a|b)`: without `shopt -s extglob` that is a syntax error. bash finds it when it reads
 * the line, we when the word is expanded.
 */
function* requireGroups(shell: Shell): Step<void> {
  if (shell.shopts.has('extglob')) return;
  yield* shell.interpreter.complainSyntax(shell, "syntax error near unexpected token `('");
  throw new ExpansionError('', 2);
}

/** The pattern of a `case`. */
export function* expandCasePattern(shell: Shell, word: Word): Step<string> {
  if (compileWord(word).groups) yield* requireGroups(shell);
  const pattern = yield* expandPattern(shell, word);
  return shell.shopts.has('extglob') ? pattern : withoutGroups(pattern);
}

/** Text that word splitting and pathname expansion leave as it is. */
const PLAIN = /^[A-Za-z0-9_./:=+,%@-]+$/;

const bracedWords = new WeakMap<Word, Word[]>();

function bracesOf(word: Word): Word[] {
  let words = bracedWords.get(word);
  if (!words) {
    try {
      const texts = expandBraces(word.text);
      words =
        texts.length === 1 && texts[0] === word.text
          ? [literalBraces(word)]
          : texts
              .map((text) => parseWord(text))
              .filter((each) => each !== undefined)
              .map(literalBraces);
    } catch (error) {
      if (error instanceof TooManyWords) throw new ExpansionError(error.message);
      throw error;
    }
    bracedWords.set(word, words);
  }
  return words;
}

/** The word with braces that mean nothing as plain text. */
function literalBraces(word: Word): Word {
  if (!word.parts?.some((part) => part.type === 'BraceExpansion')) return word;
  const parts = word.parts.flatMap((part) => {
    if (part.type !== 'BraceExpansion') return [part];
    // `{1..$n}` is no range, but `$n` in it is expanded all the same.
    const inside = /[$`"'\\]/.test(part.text) && parseWord(`\\{${part.text.slice(1, -1)}\\}`);
    if (inside && inside.parts) return literalBraces(inside).parts!;
    return [{ type: 'Literal' as const, pos: part.pos, end: part.end, text: part.text, value: part.text }];
  });
  return { type: 'Word', text: word.text, value: word.value, pos: word.pos, end: word.end, parts };
}

function appendMatches(shell: Shell, text: string, pattern: string, out: string[]): void {
  const { shopts, process } = shell;
  const ignored = shell.variables.get('GLOBIGNORE') || undefined;
  const found = glob(
    process.fileSystem,
    process.directory,
    shopts.has('extglob') ? pattern : withoutGroups(pattern),
    {
      dotglob: shopts.has('dotglob') || ignored !== undefined,
      globstar: shopts.has('globstar'),
      nocaseglob: shopts.has('nocaseglob'),
    },
  );
  const matches = ignored === undefined ? found : found.filter((path) => !isIgnored(ignored, path));
  if (matches.length > 0) for (const match of matches) out.push(match);
  else if (shopts.has('failglob')) throw new ExpansionError(`no match: ${text}`);
  else if (!shopts.has('nullglob')) out.push(text);
}

/** `GLOBIGNORE`: patterns with colons between them, none of whose stars matches a slash. */
const isIgnored = (patterns: string, path: string): boolean =>
  patterns.split(':').some((pattern) => {
    const [names, parts] = [path.split('/'), pattern.split('/')];
    return names.length === parts.length && parts.every((part, i) => matchPattern(part, names[i]!));
  });

/** The word as one string: assignments, `case`, here-strings. */
export function* expandText(shell: Shell, word: Word, assignment = false): Step<string> {
  const { segments, constant } = compileWord(word, assignment);
  if (constant !== undefined) return constant;
  return yield* textOf(shell, segments);
}

/** The word as a pattern: quoted characters carry a backslash, as `quote` puts it. */
export function* expandPattern(shell: Shell, word: Word, quote = quotePattern): Step<string> {
  const { segments } = compileWord(word);
  let out = '';
  for (const segment of segments) {
    if (segment.kind === 'glob') out += segment.text;
    // What is not quoted has no active character left but those of `@(…)`.
    else if (segment.kind === 'text') out += segment.quoted ? quote(segment.text) : segment.text;
    else {
      const text = yield* textOf(shell, [segment]);
      out += 'quoted' in segment && !segment.quoted ? text : quote(text);
    }
  }
  return out;
}

/** The word as a regular expression: quoted characters are literal. */
export function* expandRegularExpression(shell: Shell, word: Word): Step<string> {
  const { segments } = compileWord(word);
  let out = '';
  for (const segment of segments) {
    const text = yield* textOf(shell, [segment]);
    const quoted = 'quoted' in segment && segment.quoted;
    out += quoted ? text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : text;
  }
  return out;
}

/** A here-document's or prompt's text. */
export function* expandDocument(shell: Shell, text: string): Step<string> {
  return yield* textOf(shell, segmentsOfText(text));
}

export function* textOf(shell: Shell, segments: readonly Segment[]): Step<string> {
  let out = '';
  for (const segment of segments) {
    switch (segment.kind) {
      case 'text':
      case 'glob':
        out += segment.text;
        break;
      case 'parameter':
        if (segment.name === '@' || segment.name === '*')
          out += joinList(shell, shell.positional, segment.name === '*');
        else out += parameterOrEmpty(shell, segment.name);
        break;
      case 'expansion': {
        const value = yield* expandParameter(WORDS, shell, segment.part);
        if (value.kind === 'word') out += yield* expandText(shell, value.word);
        else out += value.kind === 'list' ? joinList(shell, value.values, value.star) : value.text;
        break;
      }
      default:
        out += yield* simpleSegment(shell, segment);
    }
  }
  return out;
}

/** The segments whose result is one string. */
function* simpleSegment(shell: Shell, segment: Segment): Step<string> {
  switch (segment.kind) {
    case 'tilde':
      return tilde(shell, segment.user);
    case 'command':
      return yield* shell.interpreter.substitute(shell, segment.script, segment.text);
    case 'arithmetic':
      return String(yield* expandArithmetic(shell, segment.text));
    case 'process':
      return shell.interpreter.processSubstitution(shell, segment.script, segment.operator);
    default:
      return '';
  }
}

function* appendSegments(
  shell: Shell,
  builder: FieldBuilder,
  segments: readonly Segment[],
  splitText: boolean,
): Step<void> {
  for (const segment of segments) {
    switch (segment.kind) {
      case 'text':
        if (splitText && !segment.quoted) builder.addSplit(segment.text);
        else if (segment.quoted || segment.text !== '') builder.addQuoted(segment.text);
        break;
      case 'glob':
        builder.addGlob(segment.text);
        break;
      case 'parameter':
        if (segment.name === '@' || segment.name === '*')
          appendList(shell, builder, shell.positional, segment.name === '*', segment.quoted);
        else append(builder, parameterOrEmpty(shell, segment.name), segment.quoted);
        break;
      case 'expansion': {
        const value = yield* expandParameter(WORDS, shell, segment.part);
        if (value.kind === 'list') appendList(shell, builder, value.values, value.star, segment.quoted);
        else if (value.kind === 'text') append(builder, value.text, segment.quoted);
        else if (segment.quoted) builder.addQuoted(yield* expandText(shell, value.word));
        else yield* appendSegments(shell, builder, compileWord(value.word).segments, true);
        break;
      }
      case 'tilde':
      case 'process':
        builder.addQuoted(yield* simpleSegment(shell, segment));
        break;
      default:
        append(builder, yield* simpleSegment(shell, segment), segment.quoted);
    }
  }
}

function append(builder: FieldBuilder, text: string, quoted: boolean): void {
  if (quoted) builder.addQuoted(text);
  else builder.addSplit(text);
}

function appendList(
  shell: Shell,
  builder: FieldBuilder,
  values: readonly string[],
  star: boolean,
  quoted: boolean,
): void {
  if (quoted && star) {
    builder.addQuoted(joinList(shell, values, true));
    return;
  }
  for (const [index, value] of values.entries()) {
    if (index > 0) builder.breakField(quoted);
    append(builder, value, quoted);
  }
}

// ---- arithmetic

/** `$((text))`: expansions first, then the expression. */
export function* expandArithmetic(shell: Shell, text: string): Step<Value> {
  if (!/[$`\\"]/.test(text)) return evaluateNow(shell, text);
  const expanded = yield* textOf(shell, segmentsOfText(text));
  return evaluateNow(shell, expanded.replaceAll('"', ''));
}

/** How the words inside of parameters are expanded. */
const WORDS: WordExpansion = { text: expandText, pattern: expandPattern, document: expandDocument };

/** Evaluates the subscript of an array element to its key. */
export const subscriptKey = (shell: Shell, name: string, index: Word): Step<string> =>
  keyOf(WORDS, shell, name, index);
