/** `printf`, with bash's `%q`, `%b`, `%(…)T` and `-v`. */
import type { Step } from '../coroutine.ts';
import { formatPrintf } from '../printf-format.ts';
import type { Shell } from '../shell.ts';
import { IDENTIFIER } from '../variables.ts';

export function* printf(shell: Shell, argv: string[]): Step<number> {
  let words = argv.slice(1);
  let variable: string | undefined;
  if (words[0] === '-v') {
    variable = words[1];
    words = words.slice(2);
    if (variable === undefined || !IDENTIFIER.test(variable.replace(/\[.*\]$/s, ''))) {
      yield* shell.complain(
        variable === undefined
          ? 'printf: -v: option requires an argument'
          : `printf: \`${variable}': not a valid identifier`,
      );
      if (variable === undefined) yield* usage(shell);
      return 2;
    }
  }
  if (words[0] === '--') words = words.slice(1);
  if (words.length === 0) {
    yield* usage(shell);
    return 2;
  }
  const { text, problems, status } = formatPrintf(words[0]!, words.slice(1), {
    nowMs: shell.process.machine.clock.now(),
    startedMs: shell.startedMs,
  });
  for (const problem of problems) yield* shell.complain(`printf: ${problem}`);
  if (variable === undefined) yield* shell.print(text);
  else {
    const element = /^(\w+)\[(.*)\]$/s.exec(variable);
    if (element) shell.variables.setElement(element[1]!, element[2]!, text);
    else shell.variables.set(variable, text);
  }
  return status;
}

function* usage(shell: Shell): Step<void> {
  yield shell.process.printError('printf: usage: printf [-v var] format [arguments]\n') ?? Promise.resolve();
}
