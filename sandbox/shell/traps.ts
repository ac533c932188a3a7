/** `trap`: commands that run when a signal came in, a command failed or the shell exits. */
import { exitCodeOf, SIGNALS, type Signal } from '../os/signals.ts';
import { ExitShell } from './control-flow.ts';
import type { Step } from './coroutine.ts';
import { isPseudoSignal, type Shell, type TrapName } from './shell.ts';

/** `INT`, `SIGINT`, `int`, `2`, `EXIT`, `0` → the name; undefined for no signal. */
export function trapName(text: string): TrapName | undefined {
  if (text === '0') return 'EXIT';
  const number = /^\d+$/.test(text) ? Number(text) : undefined;
  if (number !== undefined)
    return (Object.keys(SIGNALS) as Signal[]).find((name) => SIGNALS[name] === number);
  const name = text.toUpperCase().replace(/^SIG/, '');
  if (name === 'EXIT' || name === 'ERR' || name === 'DEBUG' || name === 'RETURN') return name;
  return name in SIGNALS ? (name as Signal) : undefined;
}

/** Sets the trap, or with undefined puts the default back. An empty command ignores the signal. */
export function setTrap(shell: Shell, name: TrapName, command: string | undefined): void {
  const { process } = shell;
  shell.inheritedTraps = undefined;
  if (command === undefined) shell.traps.delete(name);
  else shell.traps.set(name, command);
  if (!isPseudoSignal(name)) {
    process.ignored.delete(name);
    process.handlers.delete(name);
    if (command === '') process.ignored.add(name);
    else if (command !== undefined) {
      process.handlers.set(name, () => {
        shell.pendingTraps.push(name);
        shell.onTrap?.();
      });
    } else if (shell.interactive) defaultInteractiveSignals(shell);
  }
  exitOnSignals(shell);
}

/** What an interactive shell does with signals nobody trapped. */
export function defaultInteractiveSignals(shell: Shell): void {
  const { process } = shell;
  if (!shell.traps.has('INT')) process.catchInterrupts();
  for (const name of ['TERM', 'QUIT', 'TSTP', 'TTIN', 'TTOU'] as const)
    if (!shell.traps.has(name)) process.ignored.add(name);
}

/** With an EXIT trap, a deadly signal first makes the shell exit, so that the trap runs. */
function exitOnSignals(shell: Shell): void {
  if (shell.interactive) return;
  for (const name of ['HUP', 'INT', 'TERM'] as const) {
    if (shell.traps.has(name)) continue;
    if (shell.traps.has('EXIT')) {
      shell.process.handlers.set(name, () => shell.process.interrupt(new ExitShellError(name)));
    } else shell.process.handlers.delete(name);
  }
}

/** `ExitShell` that can reject a promise. */
class ExitShellError extends Error {
  readonly signal: Signal;
  constructor(signal: Signal) {
    super(`SIG${signal}`);
    this.signal = signal;
  }
}

/** Runs the commands of signals that came in. */
export function* runPendingTraps(shell: Shell): Step<void> {
  for (let name; (name = shell.pendingTraps.shift());) yield* runTrap(shell, name);
}

/** Runs one trap; `$?` is what it was before, unless the trap exits. */
export function* runTrap(shell: Shell, name: TrapName): Step<void> {
  const command = shell.traps.get(name);
  // What a trap runs does not set off the same trap again.
  if (!command || shell.runningTraps.has(name)) return;
  const { status, pipeStatus } = shell;
  shell.runningTraps.add(name);
  try {
    yield* shell.interpreter.evaluate(shell, command);
  } finally {
    shell.runningTraps.delete(name);
  }
  shell.status = status;
  shell.pipeStatus = pipeStatus;
}

/** Runs the EXIT trap, once. Returns the exit code of the shell, which the trap may change with `exit`. */
export function* runExitTrap(shell: Shell): Step<number> {
  const exitCode = shell.status;
  const command = shell.traps.get('EXIT');
  if (!command) return exitCode;
  shell.traps.delete('EXIT');
  // The text of the shell is over: the trap takes its place.
  shell.traceDepth--;
  try {
    yield* shell.interpreter.evaluate(shell, command);
  } catch (error) {
    if (error instanceof ExitShell) return error.exitCode;
    throw error;
  }
  return exitCode;
}

/** The exit code when `error` is what ends the shell; undefined when it is something else. */
export function exitCodeOfError(error: unknown): number | undefined {
  if (error instanceof ExitShell) return error.exitCode;
  if (error instanceof ExitShellError) return exitCodeOf(error.signal);
  return undefined;
}
