/** `type`, and what `command -v` says: what a name would run. */
import type { Executable } from '../../os/executable.ts';
import { findExecutable } from '../../os/executable.ts';
import { functionText } from '../command-text.ts';
import { settle, type Step } from '../coroutine.ts';
import { quoteSingle } from '../parameter-operations.ts';
import type { Shell } from '../shell.ts';

const KEYWORDS = new Set(
  'if then else elif fi case esac for select while until do done in function time { } ! [[ ]] coproc'.split(
    ' ',
  ),
);

export function* findFile(shell: Shell, name: string): Step<Executable | undefined> {
  const path = shell.variables.get('PATH') ?? '';
  return yield* settle(shell.process.wait(findExecutable(shell.process, name, path).catch(() => undefined)));
}

/** One line about `name`, or undefined when there is no such command. */
export function* describeCommand(
  shell: Shell,
  name: string,
  style: 'type' | 'command' | 'word',
): Step<string | undefined> {
  const alias = shell.aliases.get(name);
  if (alias !== undefined && shell.interactive) {
    return style === 'word'
      ? 'alias'
      : style === 'type'
        ? `${name} is aliased to \`${alias}'`
        : `alias ${name}=${quoteSingle(alias)}`;
  }
  if (KEYWORDS.has(name))
    return style === 'word' ? 'keyword' : style === 'type' ? `${name} is a shell keyword` : name;
  const definition = shell.functions.get(name);
  if (definition)
    return style === 'word'
      ? 'function'
      : style === 'type'
        ? `${name} is a function\n${functionText(name, definition)}`
        : name;
  if (shell.hasBuiltin(name))
    return style === 'word' ? 'builtin' : style === 'type' ? `${name} is a shell builtin` : name;
  const file = yield* findFile(shell, name);
  if (!file) return undefined;
  return style === 'word' ? 'file' : style === 'type' ? `${name} is ${file.path}` : file.path;
}

export function* type(shell: Shell, argv: string[]): Step<number> {
  let style: 'type' | 'word' | 'path' = 'type';
  let names = argv.slice(1);
  let all = false;
  while (/^-[tpPaf]+$/.test(names[0] ?? '')) {
    const option = names.shift()!;
    if (option.includes('t')) style = 'word';
    if (/[pP]/.test(option)) style = 'path';
    if (option.includes('a')) all = true;
  }
  let status = 0;
  for (const name of names) {
    if (style === 'path') {
      const file = shell.hasBuiltin(name) ? undefined : yield* findFile(shell, name);
      if (file) yield* shell.print(`${file.path}\n`);
      else if (!shell.hasBuiltin(name)) status = 1;
      continue;
    }
    const text = yield* describeCommand(shell, name, style);
    if (text === undefined) {
      if (style === 'type') yield* shell.complain(`type: ${name}: not found`);
      status = 1;
      continue;
    }
    yield* shell.print(`${text}\n`);
    if (all && (shell.hasBuiltin(name) || shell.functions.has(name))) {
      const file = yield* findFile(shell, name);
      if (file) yield* shell.print(style === 'word' ? 'file\n' : `${name} is ${file.path}\n`);
    }
  }
  return status;
}
