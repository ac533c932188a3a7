/** Assignments: `name=value`, `name+=value`, `name[key]=value`, `name=(…)`. */
import type { ArrayValue, Assignment, Word } from 'unbash';
import { ExpansionError } from './control-flow.ts';
import type { Step } from './coroutine.ts';
import { evaluateNow } from './arithmetic-expansion.ts';
import { expandDocument, expandText, expandWord, subscriptKey } from './expansion.ts';
import { parseWord } from './parser-input.ts';
import type { Shell } from './shell.ts';
import { ReadonlyVariable } from './variables.ts';

/** Told of an assignment and its expanded value before it is made (`set -x`). */
export type AssignmentTrace = (shell: Shell, assignment: Assignment, value: string) => Step<void>;

/** `name=value`, `name+=value`, `name[i]=value`, `name=(…)`. */
export function* assign(shell: Shell, assignment: Assignment, trace?: AssignmentTrace): Step<void> {
  const { name, value, append: appends, index } = assignment;
  const { variables } = shell;
  try {
    if (value.type === 'ArrayValue') {
      if (trace) yield* trace(shell, assignment, '');
      yield* assignArray(shell, name, value, appends ?? false);
      return;
    }
    let text = yield* expandText(shell, value, true);
    if (trace) yield* trace(shell, assignment, text);
    const variable = variables.variable(name);
    const key = index ? yield* subscriptKey(shell, name, index) : undefined;
    if (key !== undefined && Number(key) < 0 && !variable?.map) {
      const length = variable?.list?.length ?? 0;
      if (length + Number(key) < 0) throw new ExpansionError(`${name}[${key}]: bad array subscript`);
    }
    if (variable?.integer) {
      const current = appends
        ? ((key === undefined ? variables.get(name) : variables.element(name, key)) ?? '0')
        : undefined;
      text = String(evaluateNow(shell, current === undefined ? text : `${current}+(${text || '0'})`));
    } else if (appends)
      text = ((key === undefined ? variables.get(name) : variables.element(name, key)) ?? '') + text;
    remember(shell, text, key === undefined ? variables.get(name) : variables.element(name, key));
    if (key === undefined) {
      variables.set(name, text);
      if (shell.options.has('allexport')) variables.declare(name).exported = true;
    } else variables.setElement(name, key, text);
  } catch (error) {
    if (error instanceof ReadonlyVariable) throw new ExpansionError(error.message);
    throw error;
  }
}

/** A variable is memory of the shell's process. */
function remember({ process }: Shell, text: string, before = ''): void {
  if (text.length > before.length) process.allocate(text.length - before.length);
  else process.release(before.length - text.length);
}

function* assignArray(shell: Shell, name: string, value: ArrayValue, appends: boolean): Step<void> {
  const { variables } = shell;
  const associative = variables.variable(name)?.map !== undefined;
  const entries: [string | undefined, string, boolean][] = [];
  for (const element of value.elements) {
    const keyed = elementAssignment(element);
    if (keyed) {
      const key = yield* expandDocument(shell, keyed.key);
      const text = keyed.value ? yield* expandText(shell, keyed.value) : '';
      entries.push([associative ? unquoteKey(key) : String(evaluateNow(shell, key)), text, keyed.append]);
    } else {
      const fields: string[] = [];
      yield* expandWord(shell, element, fields);
      for (const field of fields) entries.push([undefined, field, false]);
    }
  }
  const variable = variables.declare(name);
  if (associative) {
    const map = appends ? variable.map! : new Map<string, string>();
    for (let i = 0; i < entries.length; i++) {
      const [key, text] = entries[i]!;
      // Without subscripts, keys and values take turns.
      if (key === undefined) map.set(text, entries[++i]?.[1] ?? '');
      else map.set(key, text);
    }
    variable.map = map;
    return;
  }
  const list = appends ? (variable.list ?? (variable.value === undefined ? [] : [variable.value])) : [];
  let next = list.length;
  for (const [key, text, adds] of entries) {
    if (key !== undefined) next = Number(key) < 0 ? list.length + Number(key) : Number(key);
    const stored = variable.integer ? String(evaluateNow(shell, text)) : text;
    list[next] = adds ? (list[next] ?? '') + stored : stored;
    next++;
  }
  variable.value = undefined;
  variable.list = list;
}

const elementWords = new WeakMap<Word, { key: string; value: Word | undefined; append: boolean } | null>();

/** `[key]=value` in an array's value. */
function elementAssignment(
  word: Word,
): { key: string; value: Word | undefined; append: boolean } | undefined {
  let result = elementWords.get(word);
  if (result === undefined) {
    result = null;
    const match = /^\[((?:[^[\]"']|"[^"]*"|'[^']*'|\[[^\]]*\])+)\](\+?)=/.exec(word.text);
    if (match) {
      const rest = word.text.slice(match[0].length);
      result = { key: match[1]!, value: rest === '' ? undefined : parseWord(rest), append: match[2] === '+' };
    }
    elementWords.set(word, result);
  }
  return result ?? undefined;
}

const unquoteKey = (key: string): string => key.replace(/^(['"])(.*)\1$/s, '$2');
