/**
 * Word expansion in bash's order: braces, tilde, parameters, commands, arithmetic, splitting, pathnames.
 * Everything is a step, so that a word without a command substitution expands without waiting.
 */
import type { ParameterExpansionPart, ParameterOperation, Word } from 'unbash';
import { ArithmeticError, evaluateArithmetic, type ArithmeticContext, type Value } from './arithmetic.ts';
import { expandBraces, TooManyWords } from './brace-expansion.ts';
import { ExpansionError } from './control-flow.ts';
import type { Step } from './coroutine.ts';
import { FieldBuilder } from './field-builder.ts';
import { glob } from './glob.ts';
import {
  attributeFlags,
  changeCase,
  declaration,
  quoteDouble,
  quoteKey,
  quoteSingle,
  sliceList,
  sliceText,
  unescape,
} from './parameter-operations.ts';
import { parseWord } from './parser-input.ts';
import { quotePattern, removePattern, replacePattern } from './pattern.ts';
import { promptText } from './prompt.ts';
import type { Shell } from './shell.ts';
import { ReadonlyVariable } from './variables.ts';
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
  const { segments, constant, braces } = compileWord(word);
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
  const parts = word.parts.map((part) =>
    part.type === 'BraceExpansion'
      ? { type: 'Literal' as const, pos: part.pos, end: part.end, text: part.text, value: part.text }
      : part,
  );
  return { type: 'Word', text: word.text, value: word.value, pos: word.pos, end: word.end, parts };
}

function appendMatches(shell: Shell, text: string, pattern: string, out: string[]): void {
  const { shopts, process } = shell;
  const matches = glob(process.fileSystem, process.directory, pattern, {
    dotglob: shopts.has('dotglob'),
    globstar: shopts.has('globstar'),
    nocaseglob: shopts.has('nocaseglob'),
  });
  if (matches.length > 0) for (const match of matches) out.push(match);
  else if (shopts.has('failglob')) throw new ExpansionError(`no match: ${text}`);
  else if (!shopts.has('nullglob')) out.push(text);
}

/** The word as one string: assignments, `case`, here-strings. */
export function* expandText(shell: Shell, word: Word, assignment = false): Step<string> {
  const { segments, constant } = compileWord(word, assignment);
  if (constant !== undefined) return constant;
  return yield* textOf(shell, segments);
}

/** The word as a pattern: quoted characters carry a backslash. */
export function* expandPattern(shell: Shell, word: Word): Step<string> {
  const { segments } = compileWord(word);
  let out = '';
  for (const segment of segments) {
    if (segment.kind === 'glob') out += segment.text;
    // What is not quoted has no active character left but those of `@(…)`.
    else if (segment.kind === 'text') out += segment.quoted ? quotePattern(segment.text) : segment.text;
    else {
      const text = yield* textOf(shell, [segment]);
      out += 'quoted' in segment && !segment.quoted ? text : quotePattern(text);
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
        const value = yield* expandParameter(shell, segment.part);
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

/** `"$*"` joins with the first character of IFS, `$@` in an assignment with a space. */
function joinList(shell: Shell, values: readonly string[], star: boolean): string {
  return values.join(star ? firstSeparator(shell) : ' ');
}

function firstSeparator(shell: Shell): string {
  const separators = shell.variables.get('IFS');
  return separators === undefined ? ' ' : separators.slice(0, 1);
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
        const value = yield* expandParameter(shell, segment.part);
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

// ---- parameters

type ParameterValue =
  | { kind: 'text'; text: string }
  | { kind: 'list'; values: string[]; star: boolean }
  /** The word of `${x:-word}`, whose own quoting counts. */
  | { kind: 'word'; word: Word };

/** `$name` as a string; undefined when unset. Positional and special parameters included. */
function parameter(shell: Shell, name: string): string | undefined {
  const code = name.charCodeAt(0);
  if (code >= 48 && code <= 57) {
    const index = Number(name);
    return index === 0 ? shell.name : shell.positional[index - 1];
  }
  if (name.length === 1) {
    switch (name) {
      case '?':
        return String(shell.status);
      case '#':
        return String(shell.positional.length);
      case '$':
        return String(shell.rootPid);
      case '!':
        return shell.lastBackgroundPid === undefined ? undefined : String(shell.lastBackgroundPid);
      case '-':
        return shell.flags;
      case '@':
      case '*':
        return shell.positional.length === 0 ? undefined : joinList(shell, shell.positional, name === '*');
    }
  }
  return shell.variables.get(name);
}

function parameterOrEmpty(shell: Shell, name: string): string {
  const value = parameter(shell, name);
  if (value === undefined) {
    if (shell.options.has('nounset') && name !== '@' && name !== '*') throw unbound(name);
    return '';
  }
  return value;
}

const unbound = (name: string) =>
  new ExpansionError(`${/^\d+$/.test(name) ? `$${name}` : name}: unbound variable`, 127);

/** Evaluates the subscript of an array element to its key. */
export function* subscriptKey(shell: Shell, name: string, index: Word): Step<string> {
  const text = yield* expandText(shell, index);
  if (shell.variables.variable(name)?.map) return text;
  return String(evaluateNow(shell, text));
}

function* expandParameter(shell: Shell, part: ParameterExpansionPart): Step<ParameterValue> {
  const { parameter: name, index, operation } = part;
  if (operation?.type === 'Unknown') throw new ExpansionError(`${part.text}: bad substitution`);
  const subscript = index && (index.value === '@' || index.value === '*') ? index.value : undefined;

  if (part.prefix === '!') {
    if (operation?.type === 'Names') {
      const values = shell.variables.names().filter((each) => each.startsWith(name));
      return { kind: 'list', values, star: operation.operator === '*' };
    }
    if (subscript)
      return {
        kind: 'list',
        values: shell.variables.entries(name).map(([key]) => key),
        star: subscript === '*',
      };
    const own = shell.variables.own(name);
    if (own?.reference) return { kind: 'text', text: own.value ?? '' };
    const target = index
      ? shell.variables.element(name, yield* subscriptKey(shell, name, index))
      : parameter(shell, name);
    if (target === undefined || target === '') {
      if (operation?.type === 'Default')
        return yield* applyOperation(shell, name, operation, undefined, undefined);
      throw new ExpansionError(`${name}: invalid indirect expansion`);
    }
    const element = /^([A-Za-z_]\w*)\[(.*)\]$/.exec(target);
    if (!element && !/^([A-Za-z_]\w*|\d+|[@*#?$!-])$/.test(target))
      throw new ExpansionError(`${target}: invalid variable name`);
    if (element && (element[2] === '@' || element[2] === '*')) {
      const values = shell.variables.entries(element[1]!).map(([, value]) => value);
      return yield* applyToList(shell, element[1]!, operation, values, element[2] === '*');
    }
    if (element) {
      const key = shell.variables.variable(element[1]!)?.map
        ? element[2]!
        : String(evaluateNow(shell, element[2]!));
      return yield* applyOperation(
        shell,
        target,
        operation,
        shell.variables.element(element[1]!, key),
        undefined,
      );
    }
    if (target === '@' || target === '*')
      return yield* applyToList(shell, target, operation, shell.positional, target === '*');
    return yield* applyOperation(shell, target, operation, parameter(shell, target), undefined);
  }

  if (part.prefix === '#') {
    if (name === '@' || name === '*') return { kind: 'text', text: String(shell.positional.length) };
    if (subscript) return { kind: 'text', text: String(shell.variables.entries(name).length) };
    const value = index
      ? shell.variables.element(name, yield* subscriptKey(shell, name, index))
      : parameter(shell, name);
    if (value === undefined && shell.options.has('nounset')) throw unbound(name);
    return { kind: 'text', text: String(characterCount(value ?? '')) };
  }

  if (name === '@' || name === '*')
    return yield* applyToList(shell, name, operation, shell.positional, name === '*');
  if (subscript) {
    const entries = shell.variables.entries(name);
    if (operation?.type === 'Slice' && !shell.variables.variable(name)?.map) {
      return {
        kind: 'list',
        values: yield* sliceEntries(shell, operation, entries),
        star: subscript === '*',
      };
    }
    if (operation?.type === 'Transform' && 'kKA'.includes(operation.operand.value)) {
      return {
        kind: 'list',
        values: transformArray(shell, name, operation.operand.value),
        star: subscript === '*',
      };
    }
    return yield* applyToList(
      shell,
      name,
      operation,
      entries.map(([, value]) => value),
      subscript === '*',
    );
  }
  if (index) {
    const key = yield* subscriptKey(shell, name, index);
    return yield* applyOperation(shell, name, operation, shell.variables.element(name, key), key);
  }
  return yield* applyOperation(shell, name, operation, parameter(shell, name), undefined);
}

const characterCount = (text: string): number =>
  /[\ud800-\udfff]/.test(text) ? [...text].length : text.length;

/** Offsets of an indexed array count indices, not positions. */
function* sliceEntries(
  shell: Shell,
  operation: Extract<ParameterOperation, { type: 'Slice' }>,
  entries: [string, string][],
): Step<string[]> {
  const offset = Number(yield* arithmeticWord(shell, operation.offset));
  const length = operation.length ? Number(yield* arithmeticWord(shell, operation.length)) : undefined;
  const highest = entries.length === 0 ? 0 : Number(entries.at(-1)![0]) + 1;
  const start = offset < 0 ? highest + offset : offset;
  if (start < 0) return [];
  if (length !== undefined && length < 0) throw new ExpansionError(`${length}: substring expression < 0`);
  return entries
    .filter(([key]) => Number(key) >= start)
    .slice(0, length)
    .map(([, value]) => value);
}

function transformArray(shell: Shell, name: string, operator: string): string[] {
  const variable = shell.variables.variable(name);
  if (operator === 'A') return variable ? [declaration(name, variable)] : [];
  const entries = shell.variables.entries(name);
  if (operator === 'k') return entries.flat();
  return [entries.map(([key, value]) => `${quoteKey(key)} ${quoteDouble(value)}`).join(' ')];
}

function* applyToList(
  shell: Shell,
  name: string,
  operation: ParameterOperation | undefined,
  values: string[],
  star: boolean,
): Step<ParameterValue> {
  if (!operation) return { kind: 'list', values, star };
  if (operation.type === 'Default') {
    const text = values.length === 0 ? undefined : values.join(' ');
    const isUnset = text === undefined || (operation.operator.startsWith(':') && text === '');
    if (!isUnset && !operation.operator.endsWith('+')) return { kind: 'list', values, star };
    return yield* applyOperation(shell, name, operation, isUnset ? undefined : text, undefined);
  }
  if (operation.type === 'Slice') {
    const offset = Number(yield* arithmeticWord(shell, operation.offset));
    const length = operation.length ? Number(yield* arithmeticWord(shell, operation.length)) : undefined;
    // `${@:0}` begins with $0.
    const list = name === '@' || name === '*' ? [shell.name, ...values] : values;
    return { kind: 'list', values: range(() => sliceList(list, offset, length)), star };
  }
  const out: string[] = [];
  for (const value of values) {
    const result = yield* applyOperation(shell, name, operation, value, undefined);
    out.push(result.kind === 'text' ? result.text : '');
  }
  return { kind: 'list', values: out, star };
}

function range<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof RangeError) throw new ExpansionError(error.message);
    throw error;
  }
}

function* applyOperation(
  shell: Shell,
  name: string,
  operation: ParameterOperation | undefined,
  value: string | undefined,
  key: string | undefined,
): Step<ParameterValue> {
  const shown = key === undefined ? name : `${name}[${key}]`;
  if (!operation) {
    if (value === undefined && shell.options.has('nounset')) throw unbound(shown);
    return { kind: 'text', text: value ?? '' };
  }
  if (operation.type === 'Default') {
    const { operator, operand } = operation;
    const isUnset = value === undefined || (operator.startsWith(':') && value === '');
    const kind = operator.at(-1)!;
    if (kind === '+') return isUnset ? { kind: 'text', text: '' } : { kind: 'word', word: operand };
    if (!isUnset) return { kind: 'text', text: value };
    if (kind === '-') return { kind: 'word', word: operand };
    const text = yield* expandText(shell, operand);
    if (kind === '?') {
      const message = text === '' ? `parameter ${operator === ':?' ? 'null or ' : ''}not set` : text;
      throw new ExpansionError(`${shown}: ${message}`, 127);
    }
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new ExpansionError(`$${name}: cannot assign in this way`);
    if (key === undefined) shell.variables.set(name, text);
    else shell.variables.setElement(name, key, text);
    return { kind: 'text', text };
  }
  if (value === undefined && shell.options.has('nounset')) throw unbound(shown);
  const text = value ?? '';
  switch (operation.type) {
    case 'Remove':
      return {
        kind: 'text',
        text: removePattern(text, yield* expandPattern(shell, operation.operand), operation.operator),
      };
    case 'Replace': {
      const pattern = yield* expandPattern(shell, operation.pattern);
      const replacement = yield* expandText(shell, operation.replacement);
      const mode = operation.operator.slice(1) as '' | '/' | '#' | '%';
      return { kind: 'text', text: replacePattern(text, pattern, replacement, mode) };
    }
    case 'Slice': {
      const offset = Number(yield* arithmeticWord(shell, operation.offset));
      const length = operation.length ? Number(yield* arithmeticWord(shell, operation.length)) : undefined;
      return { kind: 'text', text: range(() => sliceText(text, offset, length)) };
    }
    case 'CaseModification': {
      const pattern = operation.operand ? yield* expandPattern(shell, operation.operand) : undefined;
      return { kind: 'text', text: changeCase(text, operation.operator, pattern) };
    }
    case 'Transform':
      return { kind: 'text', text: yield* transform(shell, name, operation.operand.value, value) };
    default:
      throw new ExpansionError(`\${${shown}}: bad substitution`);
  }
}

function* transform(shell: Shell, name: string, operator: string, value: string | undefined): Step<string> {
  const variable = shell.variables.variable(name);
  switch (operator) {
    case 'Q':
      return value === undefined ? '' : quoteSingle(value);
    case 'E':
      return unescape(value ?? '', 'ansi').text;
    case 'P':
      return yield* promptText(shell, value ?? '', (text) => expandDocument(shell, text));
    case 'U':
      return (value ?? '').toUpperCase();
    case 'u':
      return changeCase(value ?? '', '^', undefined);
    case 'L':
      return (value ?? '').toLowerCase();
    case 'a':
      return variable ? attributeFlags(variable) : '';
    case 'A':
      if (!variable) return '';
      return attributeFlags(variable) ? declaration(name, variable) : `${name}=${quoteSingle(value ?? '')}`;
    case 'K':
    case 'k':
      return value === undefined ? '' : quoteSingle(value);
    default:
      throw new ExpansionError(`\${${name}@${operator}}: bad substitution`);
  }
}

function tilde(shell: Shell, user: string): string {
  if (user === '') return shell.variables.get('HOME') ?? '/root';
  if (user === '+') return shell.process.directory;
  if (user === '-') return shell.variables.get('OLDPWD') ?? '~-';
  return homeOf(shell, user) ?? `~${user}`;
}

/** The home directory that /etc/passwd names. */
function homeOf(shell: Shell, user: string): string | undefined {
  try {
    for (const line of shell.process.readTextFile('/etc/passwd').split('\n')) {
      const fields = line.split(':');
      if (fields[0] === user) return fields[5];
    }
  } catch {
    // No such file: nobody is known.
  }
  return user === 'root' ? '/root' : undefined;
}

// ---- arithmetic

/** `$((text))`: expansions first, then the expression. */
export function* expandArithmetic(shell: Shell, text: string): Step<Value> {
  if (!/[$`\\"]/.test(text)) return evaluateNow(shell, text);
  const expanded = yield* textOf(shell, segmentsOfText(text));
  return evaluateNow(shell, expanded.replaceAll('"', ''));
}

function* arithmeticWord(shell: Shell, word: Word): Step<Value> {
  return evaluateNow(shell, yield* expandText(shell, word));
}

/** Evaluates an expression without `$`. `prefix` goes in front of a message (`let`, `((`). */
export function evaluateNow(shell: Shell, text: string, prefix = ''): Value {
  try {
    return evaluateArithmetic(text, arithmeticContext(shell));
  } catch (error) {
    if (error instanceof ArithmeticError) throw new ExpansionError(prefix + error.message, 1, prefix === '');
    if (error instanceof ReadonlyVariable) throw new ExpansionError(error.message);
    throw error;
  }
}

const contexts = new WeakMap<Shell, ArithmeticContext>();

function arithmeticContext(shell: Shell): ArithmeticContext {
  let context = contexts.get(shell);
  if (!context) {
    const key = (name: string, subscript: string): string =>
      shell.variables.variable(name)?.map
        ? expandKey(shell, subscript)
        : String(evaluateArithmetic(subscript, context!));
    context = {
      read(name, subscript) {
        const value =
          subscript === undefined
            ? shell.variables.get(name)
            : shell.variables.element(name, key(name, subscript));
        if (value === undefined && shell.options.has('nounset')) throw unbound(name);
        return value;
      },
      write(name, subscript, value) {
        if (subscript === undefined) shell.variables.set(name, value);
        else shell.variables.setElement(name, key(name, subscript), value);
      },
    };
    contexts.set(shell, context);
  }
  return context;
}

/** The key of an associative array inside an expression: quotes off, `$name` done. */
function expandKey(shell: Shell, subscript: string): string {
  return subscript
    .replace(/^(['"])(.*)\1$/, '$2')
    .replace(/\$\{?(\w+)\}?/g, (_, name: string) => parameter(shell, name) ?? '');
}
