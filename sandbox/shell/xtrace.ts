/** The lines of `set -x`, as bash 5.2 writes them: each command with its words expanded, behind PS4. */
/* oxlint-disable no-control-regex -- what a terminal carries is control characters */
import type { Assignment } from 'unbash';
import { expandEarly } from './builtins/declare.ts';
import type { Step } from './coroutine.ts';
import { expandDocument } from './expansion.ts';
import { quoteIfNeeded } from './parameter-operations.ts';
import { promptText } from './prompt.ts';
import type { Shell } from './shell.ts';

/** A line as it is, behind PS4 whose first character says how deep in substitutions and `eval` it is. */
export function* traceLine(shell: Shell, text: string): Step<void> {
  const prefix = yield* expandedPrefix(shell);
  const pressure = shell.process.printError(
    `${(prefix[0] ?? '').repeat(Math.max(0, shell.traceDepth))}${prefix}${text}\n`,
  );
  if (pressure) yield pressure;
}

/** PS4 is a prompt (`+ $LINENO: `), and what it runs is not traced. */
function* expandedPrefix(shell: Shell): Step<string> {
  const format = shell.variables.get('PS4') ?? '';
  if (!/[$`\\]/.test(format)) return format;
  const { substitutionStatus } = shell;
  shell.options.delete('xtrace');
  try {
    return yield* promptText(shell, format, (text) => expandDocument(shell, text));
  } finally {
    shell.options.add('xtrace');
    shell.substitutionStatus = substitutionStatus;
  }
}

/** A simple command; what `export` and `readonly` assign has a line more. */
export function* traceCommand(shell: Shell, argv: readonly string[]): Step<void> {
  yield* traceLine(shell, argv.map(quoteTraced).join(' '));
  if (argv[0] !== 'export' && argv[0] !== 'readonly') return;
  for (const word of argv) {
    const [name] = /^[A-Za-z_]\w*\+?=/.exec(word) ?? [];
    if (name) yield* traceLine(shell, name + (word === name ? '' : quoteTraced(word.slice(name.length))));
  }
}

/** `name=value`, whose value has just been expanded; an array's is shown as it was written. */
export function* traceAssignment(shell: Shell, assignment: Assignment, value: string): Step<void> {
  const { text } = assignment;
  const name = assignment.value.type === 'ArrayValue' ? text : text.slice(0, text.indexOf('=') + 1);
  yield* traceLine(shell, `${name}${value === '' ? '' : quoteTraced(value)}`);
}

/**
 * An argument of `declare` and the like with its value expanded, so that the trace of the command can show it. An
 * array has a line of its own.
 */
export function* tracedDeclaration(shell: Shell, argument: Assignment): Step<Assignment> {
  if (argument.value.type === 'ArrayValue') {
    yield* traceLine(shell, argument.text);
    return argument;
  }
  return yield* expandEarly(shell, argument);
}

/** How the trace of `declare` shows that argument. */
export const declarationWord = ({ name, text, value }: Assignment): string =>
  value.type === 'ArrayValue' ? name : `${text.slice(0, text.indexOf('=') + 1)}${value.value}`;

/** `[[ … ]]`: each test that is made has a line. */
export const traceTest = (shell: Shell, negated: boolean, words: readonly string[]): Step<void> =>
  traceLine(shell, `[[ ${negated ? '! ' : ''}${words.map((word) => word || "''").join(' ')} ]]`);

/** In single quotes where a shell would see something in it. */
function quoteTraced(text: string): string {
  if (/[ \t\n'"\\|&;()<>!{}*[?\]^$`]|(?:^|[=:])~|^#/.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  return /^$|[\u0000-\u001f\u007f]/.test(text) ? quoteIfNeeded(text) : text;
}
