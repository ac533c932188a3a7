/** A simple command: assignments, redirections, then a function, a builtin or a program. */
import type { Assignment, Command } from 'unbash';
import { assign, type AssignmentTrace } from './assignment.ts';
import { findExecutable, type Executable } from '../os/executable.ts';
import { Errno } from '../os/errno.ts';
import type { Program } from '../os/machine.ts';
import { BUILTINS, DECLARATIONS, SPECIAL_BUILTINS } from './builtins/table.ts';
import { ExpansionError, Return } from './control-flow.ts';
import { settle, type Step } from './coroutine.ts';
import { expandText, expandWord } from './expansion.ts';
import { nearestName } from './nearest-name.ts';
import { closeSubstitutions, foreground, inheritedFiles, retryFork } from './processes.ts';
import { redirect, RedirectionError } from './redirection.ts';
import type { Shell, ShellFunction, TrapName } from './shell.ts';
import { runTrap } from './traps.ts';
import { ReadonlyVariable, type Variable } from './variables.ts';

/** Deeper calls than this end in bash's own words instead of the end of the stack. */
const MAX_FUNCTION_DEPTH = 500;

export function* runSimpleCommand(shell: Shell, node: Command): Step<number> {
  shell.position = node.pos;
  if (shell.traps.size > 0 && shell.runningTraps.size === 0) shell.command = { source: shell.source, node };
  const mayBecomeProgram = shell.mayBecomeProgram;
  shell.mayBecomeProgram = false;
  const substitutions = shell.substitutionFiles.length;
  try {
    if (shell.traps.has('DEBUG')) yield* runTrap(shell, 'DEBUG');
    if (!node.name) return yield* runAssignments(shell, node);
    const traced = shell.options.has('xtrace') ? yield* xtrace() : undefined;
    const argv: string[] = [];
    let declarations: (string | Assignment)[] | undefined;
    shell.substitutionStatus = undefined;
    yield* expandWord(shell, node.name, argv);
    let previous = { end: -1, fields: 0 };
    for (const argument of node.args) {
      // The parser ends a word before `<(` and behind it; in bash it goes on (`--from-file=a=<(…)`).
      const goesOn = argument.pos === previous.end && argv.length > previous.fields;
      previous = { end: argument.end, fields: argv.length };
      if (goesOn && argument.type === 'Word' && !declarations) {
        argv.push(`${argv.pop()!}${yield* expandText(shell, argument)}`);
        previous.fields--;
      } else if (argument.type === 'Assignment' && !DECLARATIONS.has(argv[0]!)) {
        const value = argument.value.type === 'Word' ? yield* expandText(shell, argument.value, true) : '';
        argv.push(`${argument.name}=${value}`);
      } else if (argument.type === 'Assignment') {
        declarations ??= argv.slice(1);
        const declared = traced ? yield* traced.tracedDeclaration(shell, argument) : argument;
        declarations.push(declared);
        argv.push(traced ? traced.declarationWord(declared) : argument.text);
      } else if (declarations) {
        const before = argv.length;
        yield* expandWord(shell, argument, argv);
        declarations.push(...argv.slice(before));
      } else yield* expandWord(shell, argument, argv);
    }
    const assignments =
      node.prefix.length === 0 ? NONE : node.prefix.filter((each) => each.type === 'Assignment');
    if (argv.length === 0) return yield* runAssignments(shell, node);
    const redirections = node.redirects;
    if (redirections.length === 0)
      return yield* invoke(shell, node, argv, assignments, declarations, mayBecomeProgram);
    // The trace goes where errors went before.
    if (traced) yield* traced.traceCommand(shell, argv);
    const undo = yield* redirect(shell, redirections);
    let keep = false;
    try {
      if (argv[0] === 'exec' && !shell.functions.has('exec')) keep = argv.length === 1;
      return yield* invoke(shell, node, argv, assignments, declarations, mayBecomeProgram);
    } finally {
      undo(keep);
    }
  } catch (error) {
    return yield* commandFailed(shell, error, node);
  } finally {
    if (shell.substitutionFiles.length > substitutions) closeSubstitutions(shell, substitutions);
  }
}

const NONE: Assignment[] = [];

/** Errors that fail the command; anything else goes on up. */
function* commandFailed(shell: Shell, error: unknown, node: Command): Step<number> {
  if (error instanceof RedirectionError || error instanceof ReadonlyVariable) {
    yield* shell.complain(error.message);
    return 1;
  }
  if (error instanceof ExpansionError && !error.fatal) {
    yield* shell.complain(error.message);
    return error.exitCode;
  }
  if (
    error instanceof Errno &&
    (error.code === 'EBADF' || error.code === 'ENOSPC' || error.code === 'EISDIR' || error.code === 'EIO')
  ) {
    // A builtin whose standard output is closed or full.
    yield* shell.complain(`${node.name?.value ?? ''}: write error: ${error.message}`);
    return 1;
  }
  throw error;
}

/** `name=value …` with no command: the assignments stay. */
function* runAssignments(shell: Shell, node: Command): Step<number> {
  shell.substitutionStatus = undefined;
  for (const each of node.prefix) {
    if (each.type !== 'Assignment') continue;
    yield* assign(shell, each, yield* assignmentTrace(shell));
  }
  const redirections = node.redirects;
  if (redirections.length > 0) (yield* redirect(shell, redirections))();
  return shell.substitutionStatus ?? 0;
}

let loadedTrace: typeof import('./xtrace.ts') | undefined;

/** What `set -x` writes, loaded with the first line. */
export function* xtrace(): Step<typeof import('./xtrace.ts')> {
  return (loadedTrace ??= yield* settle(import('./xtrace.ts')));
}

/** What tells of an assignment under `set -x`. */
function* assignmentTrace(shell: Shell): Step<AssignmentTrace | undefined> {
  return shell.options.has('xtrace') ? (yield* xtrace()).traceAssignment : undefined;
}

function* invoke(
  shell: Shell,
  node: Command,
  argv: string[],
  assignments: Assignment[],
  declarations: (string | Assignment)[] | undefined,
  mayBecomeProgram: boolean,
): Step<number> {
  const name = argv[0]!;
  const definition = shell.functions.get(name);
  const builtin = shell.disabledBuiltins?.has(name) ? undefined : BUILTINS[name];
  if (definition || builtin) {
    const saved = assignments.length === 0 ? undefined : yield* assignTemporarily(shell, assignments);
    try {
      if (shell.options.has('xtrace') && node.redirects.length === 0)
        yield* (yield* xtrace()).traceCommand(shell, argv);
      if (definition) return yield* callFunction(shell, name, definition, argv.slice(1));
      shell.lastArgument = argv.at(-1)!;
      const result = builtin!(shell, argv, declarations);
      return typeof result === 'number' ? result : yield* result;
    } finally {
      if (saved && !(SPECIAL_BUILTINS.has(name) && shell.options.has('posix'))) restore(shell, saved);
    }
  }
  shell.lastArgument = argv.at(-1)!;
  const environment = shell.environment();
  for (const each of assignments) {
    environment[each.name] = yield* valueOf(shell, each);
    const told = yield* assignmentTrace(shell);
    if (told) yield* told(shell, each, environment[each.name]!);
  }
  if (shell.options.has('xtrace') && node.redirects.length === 0)
    yield* (yield* xtrace()).traceCommand(shell, argv);
  return yield* runProgram(shell, argv, environment, {
    mayBecomeProgram,
    text: shell.source.text.slice(node.pos, node.end),
  });
}

function* valueOf(shell: Shell, assignment: Assignment): Step<string> {
  return assignment.value.type === 'ArrayValue' ? '' : yield* expandText(shell, assignment.value, true);
}

function* assignTemporarily(shell: Shell, assignments: Assignment[]): Step<[string, Variable | undefined][]> {
  const saved: [string, Variable | undefined][] = [];
  for (const each of assignments) {
    if (shell.variables.variable(each.name)?.readonly) {
      // bash says so and runs the command all the same.
      yield* shell.complain(`${each.name}: readonly variable`);
      continue;
    }
    saved.push([each.name, shell.variables.save(each.name)]);
    yield* assign(shell, each, yield* assignmentTrace(shell));
    shell.variables.declare(each.name).exported = true;
  }
  return saved;
}

function restore(shell: Shell, saved: [string, Variable | undefined][]): void {
  for (const [name, variable] of saved.reverse()) shell.variables.restore(name, variable);
}

function* callFunction(shell: Shell, name: string, definition: ShellFunction, args: string[]): Step<number> {
  const limit = Number(shell.variables.get('FUNCNEST')) || MAX_FUNCTION_DEPTH;
  if (shell.functionNames.length >= Math.min(limit, MAX_FUNCTION_DEPTH)) {
    throw new ExpansionError(
      `${name}: maximum function nesting level exceeded (${Math.min(limit, MAX_FUNCTION_DEPTH)})`,
    );
  }
  const { positional, source, position, loopDepth } = shell;
  const traps = shell.traps.size === 0 || shell.options.has('functrace') ? undefined : hideTraps(shell);
  shell.positional = args;
  shell.functionNames.push(name);
  shell.callSites.push({ source, position });
  shell.sourceFiles.push(definition.file);
  shell.source = definition.source;
  shell.loopDepth = 0;
  shell.variables.pushScope();
  try {
    let status: number;
    try {
      status = yield* shell.interpreter.run(
        shell,
        definition.body as Parameters<Shell['interpreter']['run']>[1],
      );
    } catch (error) {
      if (!(error instanceof Return)) throw yield* toldHere(shell, error);
      status = error.exitCode;
    }
    if (shell.traps.has('RETURN')) {
      shell.status = status;
      yield* runTrap(shell, 'RETURN');
    }
    return status;
  } finally {
    const options = shell.savedOptions.get(shell.functionNames.length);
    if (options) {
      shell.options = options;
      shell.savedOptions.delete(shell.functionNames.length);
    }
    shell.variables.popScope();
    shell.functionNames.pop();
    shell.callSites.pop();
    shell.sourceFiles.pop();
    shell.positional = positional;
    shell.source = source;
    shell.position = position;
    shell.loopDepth = loopDepth;
    if (traps) for (const [each, text] of traps) if (!shell.traps.has(each)) shell.traps.set(each, text);
  }
}

/** An expansion that failed is told where it failed: its line and file are the function's. */
export function* toldHere(shell: Shell, error: unknown): Step<unknown> {
  if (!(error instanceof ExpansionError) || error.message === '') return error;
  yield* shell.complain(error.message);
  return new ExpansionError('', error.exitCode, error.fatal);
}

/** Functions do not inherit these traps without `set -T`; what they set themselves stays. */
function hideTraps(shell: Shell): [TrapName, string][] {
  const hidden: [TrapName, string][] = [];
  for (const name of ['DEBUG', 'RETURN'] as const) {
    const command = shell.traps.get(name);
    if (command === undefined) continue;
    hidden.push([name, command]);
    shell.traps.delete(name);
  }
  return hidden;
}

/** A command with its words expanded already. */
export function* runArguments(
  shell: Shell,
  argv: string[],
  options: { noFunctions?: boolean } = {},
): Step<number> {
  const name = argv[0]!;
  const definition = options.noFunctions ? undefined : shell.functions.get(name);
  if (definition) return yield* callFunction(shell, name, definition, argv.slice(1));
  const builtin = shell.disabledBuiltins?.has(name) ? undefined : BUILTINS[name];
  if (builtin) {
    const result = builtin(shell, argv, DECLARATIONS.has(name) ? argv.slice(1) : undefined);
    return typeof result === 'number' ? result : yield* result;
  }
  return yield* runProgram(shell, argv, shell.environment(), {
    mayBecomeProgram: false,
    text: argv.join(' '),
  });
}

export interface ProgramOptions {
  /** In front of the message when it is not found (`exec: `). */
  command?: string;
  /** The shell's process itself becomes the program (`exec`, the last command of a subshell). */
  mayBecomeProgram: boolean;
  text: string;
}

/** Finds and runs a program. Not found is 127, not executable 126. */
export function* runProgram(
  shell: Shell,
  argv: string[],
  environment: Record<string, string>,
  options: ProgramOptions,
): Step<number> {
  const found = yield* findProgram(shell, argv[0]!, options.command);
  if (typeof found === 'number') return found;
  const { process } = shell;
  environment['_'] = found.path;
  const [program, words] = yield* programOf(shell, found, argv);
  if (options.mayBecomeProgram && !shell.traps.has('EXIT') && !shell.interactive) {
    return yield* settle(process.execute(words, environment, program));
  }
  const started = yield* retryFork(shell, () =>
    process.machine.spawn({
      argv: words,
      program,
      parent: process,
      environment,
      files: inheritedFiles(shell),
      processGroup: shell.monitor ? 'new' : undefined,
      privileged: shell.interactive,
    }),
  );
  for (const [name, command] of shell.traps)
    if (command === '' && name !== 'EXIT') started.ignored.add(name as never);
  return yield* foreground(shell, [started], options.text);
}

/** A script becomes its interpreter with the script's path in front of the arguments. */
function* programOf(shell: Shell, found: Executable, argv: string[]): Step<[Program, string[]]> {
  if (found.kind === 'program') return [found.program, argv];
  const path = argv[0]!.includes('/') ? argv[0]! : found.path;
  const interpreter = found.interpreter ?? [shell.flavour === 'sh' ? '/bin/sh' : '/bin/bash'];
  const { process } = shell;
  const executable = yield* settle(
    process.wait(findExecutable(process, interpreter[0]!, '').catch(() => undefined)),
  );
  if (executable?.kind !== 'program') {
    throw new ExpansionError(`${argv[0]}: cannot execute: required file not found`, 127, false);
  }
  return [executable.program, [...interpreter, path, ...argv.slice(1)]];
}

/** The program, or the exit code after the message. */
function* findProgram(shell: Shell, name: string, command?: string): Step<Executable | number> {
  const { process } = shell;
  const path = shell.variables.get('PATH') ?? '';
  try {
    const found = yield* settle(process.wait(findExecutable(process, name, path)));
    if (found) return found;
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    const isAsh = shell.flavour === 'sh';
    let { message } = error;
    if (error.code === 'EISDIR') message = isAsh ? 'Permission denied' : 'Is a directory';
    else if (error.code === 'ENOENT' && isAsh) message = 'not found';
    yield* shell.complain(`${name}: ${message}`);
    return error.code === 'ENOENT' || error.code === 'ENOTDIR' ? 127 : 126;
  }
  const handler = shell.functions.get('command_not_found_handle');
  if (handler) return yield* callFunction(shell, 'command_not_found_handle', handler, [name]);
  const missing = command === undefined && shell.flavour === 'bash' ? 'command not found' : 'not found';
  yield* shell.complain(`${command === undefined ? '' : `${command}: `}${name}: ${missing}`);
  if (shell.interactive && shell.flavour === 'bash') {
    const known = [
      ...shell.functions.keys(),
      ...process.machine.programNames(),
      ...shell.interpreter.builtinNames(),
    ];
    const near = nearestName(name, known);
    if (near !== undefined) yield process.printError(`Did you mean '${near}'?\n`) ?? Promise.resolve();
  }
  return 127;
}
