/**
 * Parameter expansion: `${name…}` with its prefixes (`!`, `#`), subscripts and operations. Words inside it are
 * expanded by whoever expands words (`expansion.ts`), which comes in with each call.
 */
import type { ParameterExpansionPart, ParameterOperation, Word } from 'unbash';
import { evaluateNow } from './arithmetic-expansion.ts';
import type { Value } from './arithmetic.ts';
import { ExpansionError } from './control-flow.ts';
import type { Step } from './coroutine.ts';
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
import { parameter, unbound } from './parameter.ts';
import { quoteReplacement, removePattern, replacePattern, withoutGroups } from './pattern.ts';
import { promptText } from './prompt.ts';
import type { Shell } from './shell.ts';

/** How words are expanded. */
export interface WordExpansion {
  /** As one string. */
  text(shell: Shell, word: Word): Step<string>;
  /** As a pattern: quoted characters carry a backslash. */
  pattern(shell: Shell, word: Word, quote?: (text: string) => string): Step<string>;
  /** The text of a here-document or a prompt. */
  document(shell: Shell, text: string): Step<string>;
}

export type ParameterValue =
  | { kind: 'text'; text: string }
  | { kind: 'list'; values: string[]; star: boolean }
  /** The word of `${x:-word}`, whose own quoting counts. */
  | { kind: 'word'; word: Word };

/** Evaluates the subscript of an array element to its key. */
export function* subscriptKey(words: WordExpansion, shell: Shell, name: string, index: Word): Step<string> {
  const text = yield* words.text(shell, index);
  if (shell.variables.variable(name)?.map) return text;
  return String(evaluateNow(shell, text));
}

/** `${…}`, but for the words in it, which `words` expands. */
export function* expandParameter(
  words: WordExpansion,
  shell: Shell,
  part: ParameterExpansionPart,
): Step<ParameterValue> {
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
      ? shell.variables.element(name, yield* subscriptKey(words, shell, name, index))
      : parameter(shell, name);
    if (target === undefined || target === '') {
      if (operation?.type === 'Default')
        return yield* applyOperation(words, shell, name, operation, undefined, undefined);
      throw new ExpansionError(`${name}: invalid indirect expansion`);
    }
    const element = /^([A-Za-z_]\w*)\[(.*)\]$/.exec(target);
    if (!element && !/^([A-Za-z_]\w*|\d+|[@*#?$!-])$/.test(target))
      throw new ExpansionError(`${target}: invalid variable name`);
    if (element && (element[2] === '@' || element[2] === '*')) {
      const values = shell.variables.entries(element[1]!).map(([, value]) => value);
      return yield* applyToList(words, shell, element[1]!, operation, values, element[2] === '*');
    }
    if (element) {
      const key = shell.variables.variable(element[1]!)?.map
        ? element[2]!
        : String(evaluateNow(shell, element[2]!));
      return yield* applyOperation(
        words,
        shell,
        target,
        operation,
        shell.variables.element(element[1]!, key),
        undefined,
      );
    }
    if (target === '@' || target === '*')
      return yield* applyToList(words, shell, target, operation, shell.positional, target === '*');
    return yield* applyOperation(words, shell, target, operation, parameter(shell, target), undefined);
  }

  if (part.prefix === '#') {
    if (name === '@' || name === '*') return { kind: 'text', text: String(shell.positional.length) };
    if (subscript) return { kind: 'text', text: String(shell.variables.entries(name).length) };
    const key = index && (yield* subscriptKey(words, shell, name, index));
    if (Number(key) < 0 && isBefore(shell, name, key!))
      throw new ExpansionError(`${key}]: bad array subscript`);
    const value = key === undefined ? parameter(shell, name) : shell.variables.element(name, key);
    if (value === undefined && shell.options.has('nounset')) throw unbound(name);
    return { kind: 'text', text: String(characterCount(value ?? '')) };
  }

  if (name === '@' || name === '*')
    return yield* applyToList(words, shell, name, operation, shell.positional, name === '*');
  if (subscript) {
    const entries = shell.variables.entries(name);
    if (operation?.type === 'Slice' && !shell.variables.variable(name)?.map) {
      return {
        kind: 'list',
        values: yield* sliceEntries(words, shell, operation, entries),
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
      words,
      shell,
      name,
      operation,
      entries.map(([, value]) => value),
      subscript === '*',
    );
  }
  if (index) {
    const key = yield* subscriptKey(words, shell, name, index);
    if (Number(key) < 0 && isBefore(shell, name, key)) yield* shell.complain(`${name}: bad array subscript`);
    return yield* applyOperation(words, shell, name, operation, shell.variables.element(name, key), key);
  }
  return yield* applyOperation(words, shell, name, operation, parameter(shell, name), undefined);
}

/** A negative index that leads to in front of the array. */
function isBefore(shell: Shell, name: string, key: string): boolean {
  const variable = shell.variables.variable(name);
  return !variable?.map && (variable?.list?.length ?? 0) + Number(key) < 0;
}

const characterCount = (text: string): number =>
  /[\ud800-\udfff]/.test(text) ? [...text].length : text.length;

/** Offsets of an indexed array count indices, not positions. */
function* sliceEntries(
  words: WordExpansion,
  shell: Shell,
  operation: Extract<ParameterOperation, { type: 'Slice' }>,
  entries: [string, string][],
): Step<string[]> {
  const offset = Number(yield* arithmeticWord(words, shell, operation.offset));
  const length = operation.length ? Number(yield* arithmeticWord(words, shell, operation.length)) : undefined;
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
  const text = entries.map(([key, value]) => `${quoteKey(key)} ${quoteDouble(value)}`).join(' ');
  return [variable?.map ? `${text} ` : text];
}

function* applyToList(
  words: WordExpansion,
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
    return yield* applyOperation(words, shell, name, operation, isUnset ? undefined : text, undefined);
  }
  if (operation.type === 'Slice') {
    const offset = Number(yield* arithmeticWord(words, shell, operation.offset));
    const length = operation.length
      ? Number(yield* arithmeticWord(words, shell, operation.length))
      : undefined;
    // `${@:0}` begins with $0.
    const list = name === '@' || name === '*' ? [shell.name, ...values] : values;
    return { kind: 'list', values: range(() => sliceList(list, offset, length)), star };
  }
  const out: string[] = [];
  for (const value of values) {
    const result = yield* applyOperation(words, shell, name, operation, value, undefined);
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
  words: WordExpansion,
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
    const text = yield* words.text(shell, operand);
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
        text: removePattern(text, yield* patternOf(words, shell, operation.operand), operation.operator),
      };
    case 'Replace': {
      const pattern = yield* patternOf(words, shell, operation.pattern);
      const substitutes = shell.flavour === 'bash' && shell.shopts.has('patsub_replacement');
      const replacement = substitutes
        ? yield* words.pattern(shell, operation.replacement, quoteReplacement)
        : quoteReplacement(yield* words.text(shell, operation.replacement));
      const mode = operation.operator.slice(1) as '' | '/' | '#' | '%';
      return { kind: 'text', text: replacePattern(text, pattern, replacement, mode) };
    }
    case 'Slice': {
      const offset = Number(yield* arithmeticWord(words, shell, operation.offset));
      const length = operation.length
        ? Number(yield* arithmeticWord(words, shell, operation.length))
        : undefined;
      return { kind: 'text', text: range(() => sliceText(text, offset, length)) };
    }
    case 'CaseModification': {
      const pattern = operation.operand ? yield* patternOf(words, shell, operation.operand) : undefined;
      return { kind: 'text', text: changeCase(text, operation.operator, pattern) };
    }
    case 'Transform':
      return { kind: 'text', text: yield* transform(words, shell, name, operation.operand.value, value) };
    default:
      throw new ExpansionError(`\${${shown}}: bad substitution`);
  }
}

/** Without `shopt -s extglob` the groups of a pattern are ordinary characters. */
function* patternOf(words: WordExpansion, shell: Shell, word: Word): Step<string> {
  const pattern = yield* words.pattern(shell, word);
  return shell.shopts.has('extglob') ? pattern : withoutGroups(pattern);
}

function* transform(
  words: WordExpansion,
  shell: Shell,
  name: string,
  operator: string,
  value: string | undefined,
): Step<string> {
  const variable = shell.variables.variable(name);
  switch (operator) {
    case 'Q':
      return value === undefined ? '' : quoteSingle(value);
    case 'E':
      return unescape(value ?? '', 'ansi').text;
    case 'P':
      return yield* promptText(shell, value ?? '', (text) => words.document(shell, text));
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
      return (
        (attributeFlags(variable) ? `declare -${attributeFlags(variable)} ` : '') +
        (value === undefined ? name : `${name}=${quoteSingle(value)}`)
      );
    case 'K':
    case 'k':
      return value === undefined ? '' : quoteSingle(value);
    default:
      if (value === undefined) return '';
      throw new ExpansionError(`\${${name}@${operator}}: bad substitution`, 127);
  }
}

function* arithmeticWord(words: WordExpansion, shell: Shell, word: Word): Step<Value> {
  return evaluateNow(shell, yield* words.text(shell, word));
}
