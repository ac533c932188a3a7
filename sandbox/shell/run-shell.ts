/** A shell as a program: `bash`/`sh` with `-c`, a script, standard input, or interactively. */
import { Errno } from '../os/errno.ts';
import { readWholeText } from '../os/open.ts';
import type { Process } from '../os/process.ts';
import { Break, Continue, ExpansionError, Return } from './control-flow.ts';
import { drive, settle, type Step } from './coroutine.ts';
import { complainSyntax, interpreter, runCommands } from './execution.ts';
import { runInteractively } from './interactive.ts';
import { parseInput } from './parser-input.ts';
import { parserLoaded } from './parser.ts';
import { readLine } from './read-line.ts';
import { RedirectionError } from './redirection.ts';
import { SET_OPTIONS, Shell, Source, type SetOption } from './shell.ts';
import { exitCodeOfError, runExitTrap, runPendingTraps } from './traps.ts';

export interface ShellOptions {
  flavour: 'bash' | 'sh';
  /** `argv` without the name. */
  args: string[];
  /** Called before the first command (the login shell sets its aliases and hooks). */
  prepare?(shell: Shell): void;
}

/** Runs a shell in `process` until it exits. */
export function runShell(process: Process, options: ShellOptions): Promise<number> {
  return drive(start(process, options));
}

interface Invocation {
  command: string | undefined;
  script: string | undefined;
  stdin: boolean;
  interactive: boolean;
  login: boolean;
  norc: boolean;
  set: [SetOption, boolean][];
  shopts: [string, boolean][];
  name: string;
  args: string[];
  problem: string | undefined;
}

function parseArguments(name: string, args: string[]): Invocation {
  const invocation: Invocation = {
    command: undefined,
    script: undefined,
    stdin: false,
    interactive: false,
    login: name.startsWith('-'),
    norc: false,
    set: [],
    shopts: [],
    name,
    args: [],
    problem: undefined,
  };
  const words = [...args];
  let takesCommand = false;
  while (/^[-+]./.test(words[0] ?? '')) {
    const word = words.shift()!;
    if (word === '--') break;
    if (word.startsWith('--')) {
      if (word === '--login') invocation.login = true;
      else if (word === '--norc' || word === '--noprofile' || word === '--posix' || word === '--noediting')
        invocation.norc = true;
      else if (word === '--version')
        invocation.command = "echo 'GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)'";
      else invocation.problem = `${word}: invalid option`;
      continue;
    }
    const on = word[0] === '-';
    for (const letter of word.slice(1)) {
      if (letter === 'c' && on) takesCommand = true;
      else if (letter === 's') invocation.stdin = true;
      else if (letter === 'i') invocation.interactive = true;
      else if (letter === 'l') invocation.login = true;
      else if (letter === 'o') invocation.set.push([(words.shift() ?? '') as SetOption, on]);
      else if (letter === 'O') invocation.shopts.push([words.shift() ?? '', on]);
      else {
        const option = (Object.keys(SET_OPTIONS) as SetOption[]).find((each) => SET_OPTIONS[each] === letter);
        if (option) invocation.set.push([option, on]);
        else invocation.problem = `-${letter}: invalid option`;
      }
    }
  }
  if (takesCommand) {
    invocation.command = words.shift();
    if (invocation.command === undefined) invocation.problem = '-c: option requires an argument';
    if (words.length > 0) invocation.name = words.shift()!;
  } else if (!invocation.stdin && words.length > 0) {
    invocation.script = words.shift();
    invocation.name = invocation.script!;
  }
  invocation.args = words;
  return invocation;
}

function* start(process: Process, options: ShellOptions): Step<number> {
  const invocation = parseArguments(process.argv[0] ?? options.flavour, options.args);
  const shell = new Shell(process, interpreter, { name: invocation.name, flavour: options.flavour });
  if (invocation.problem !== undefined) {
    const usage =
      options.flavour === 'bash' && invocation.problem.endsWith('invalid option')
        ? (yield* settle(import('./invocation-usage.ts'))).INVOCATION_USAGE
        : '';
    yield process.printError(`${invocation.name}: ${invocation.problem}\n${usage}`) ?? Promise.resolve();
    return 2;
  }
  for (const [name, text] of Object.entries(process.environment)) {
    const exported = /^BASH_FUNC_(.+)%%$/.exec(name)?.[1];
    if (exported === undefined || options.flavour !== 'bash') continue;
    yield* interpreter.evaluate(shell, `${exported} ${text}`);
    const definition = shell.functions.get(exported);
    if (definition) Object.assign(definition, { exported: true, file: 'environment' });
  }
  shell.positional = invocation.args;
  for (const [option, on] of invocation.set) {
    if (on) shell.options.add(option);
    else shell.options.delete(option);
  }
  for (const [option, on] of invocation.shopts) {
    if (on) shell.shopts.add(option);
    else shell.shopts.delete(option);
  }
  options.prepare?.(shell);
  const terminal = process.files[0]?.terminal;
  const interactive =
    invocation.interactive ||
    (invocation.command === undefined &&
      invocation.script === undefined &&
      terminal !== undefined &&
      process.files[2]?.terminal !== undefined);
  if (interactive) return yield* runInteractively(shell, { login: invocation.login, norc: invocation.norc });
  const status = yield* runToTheEnd(shell, function* () {
    yield* parserLoaded();
    if (invocation.command !== undefined) {
      shell.commandString = true;
      return yield* runText(shell, invocation.command);
    }
    if (invocation.script !== undefined) return yield* runScriptFile(shell, invocation.script);
    shell.readsStandardInput = true;
    return yield* runStandardInput(shell);
  });
  return status;
}

/** Runs `body` and turns whatever ends a shell into its exit code; the EXIT trap runs. */
function* runToTheEnd(shell: Shell, body: () => Step<number>): Step<number> {
  try {
    shell.status = yield* body();
    yield* runPendingTraps(shell);
  } catch (error) {
    const exitCode = exitCodeOfError(error);
    if (exitCode !== undefined) shell.status = exitCode;
    else if (error instanceof Return) shell.status = error.exitCode;
    else if (error instanceof Break || error instanceof Continue) shell.status = 0;
    else if (error instanceof ExpansionError) {
      if (error.message) yield* shell.complain(error.message);
      // A script that `set -u` ends has failed with 1, the text of -c with 127.
      shell.status = error.exitCode === 127 && !shell.commandString ? 1 : error.exitCode;
    } else if (error instanceof RedirectionError) {
      yield* shell.complain(error.message);
      shell.status = 1;
    } else if (isStackOverflow(error)) {
      yield* shell.complain('Segmentation fault: the commands are nested too deeply');
      shell.status = 139;
    } else throw error;
  }
  return yield* runExitTrap(shell);
}

/** A command nested deeper than the stack of this thread is. */
const isStackOverflow = (error: unknown): boolean =>
  error instanceof RangeError && /call stack/.test(error.message);

/**
 * Runs a text command by command, so that what comes before a syntax error has run when the error is
 * found, as in a shell that reads as it goes.
 */
function* runText(shell: Shell, text: string): Step<number> {
  const parsed = parseInput(text);
  shell.source = new Source(text);
  if (parsed.kind === 'complete') {
    shell.position = text.length;
    for (const warning of parsed.warnings) yield* shell.complain(`warning: ${warning}`);
    if (shell.shopts.has('expand_aliases') || /\balias\b/.test(text)) return yield* runLines(shell, text);
    if (parsed.script.commands.length === 0) return 0;
    const only = parsed.script.commands.length === 1 ? parsed.script.commands[0]! : undefined;
    shell.mayBecomeProgram = shell.commandString && only?.command.type === 'Command' && !only.background;
    return yield* runCommands(shell, parsed.script.commands);
  }
  return yield* runLines(shell, text);
}

/** Line by line: each complete command runs before the next is parsed. */
function* runLines(shell: Shell, text: string): Step<number> {
  const lines = text.split('\n');
  let start = 0;
  let end = 1;
  while (start < lines.length) {
    const chunk = lines.slice(start, end).join('\n');
    const aliases = shell.shopts.has('expand_aliases') ? shell.aliases : undefined;
    const parsed = parseInput(chunk, aliases);
    const open = parsed.kind === 'incomplete' || (parsed.kind === 'complete' && parsed.warnings.length > 0);
    if (open && end < lines.length) {
      end++;
      continue;
    }
    shell.source = new Source(parsed.kind === 'complete' ? parsed.source : chunk, start + 1);
    if (parsed.kind !== 'complete') {
      yield* complainSyntax(shell, parsed, chunk);
      return 2;
    }
    for (const warning of parsed.warnings) yield* shell.complain(`warning: ${warning}`);
    if (parsed.script.commands.length > 0) shell.status = yield* runCommands(shell, parsed.script.commands);
    start = end;
    end = start + 1;
  }
  return shell.status;
}

function* runScriptFile(shell: Shell, path: string): Step<number> {
  const { process } = shell;
  let text: string;
  try {
    const absolute = process.resolve(path);
    if (process.fileSystem.stat(absolute).kind === 'directory') throw new Errno('EISDIR', path);
    text = yield* settle(readWholeText(process, path));
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    const name = process.argv[0] ?? 'bash';
    const message =
      error.code === 'EISDIR' ? `${path}: ${path}: Is a directory` : `${name}: ${path}: ${error.message}`;
    yield process.printError(`${message}\n`) ?? Promise.resolve();
    return error.code === 'ENOENT' || error.code === 'ENOTDIR' ? 127 : 126;
  }
  if (text.includes('\0')) {
    yield process.printError(`${path}: ${path}: cannot execute binary file\n`) ?? Promise.resolve();
    return 126;
  }
  return yield* runText(shell, text);
}

/** Commands come from standard input, which they share: a line is read only when it is needed. */
function* runStandardInput(shell: Shell): Step<number> {
  let pending = '';
  let line = 1;
  let first = 1;
  for (;;) {
    const text = yield* readLine(shell.process, 0);
    if (text === undefined) break;
    pending += `${text}\n`;
    line++;
    const parsed = parseInput(pending, shell.shopts.has('expand_aliases') ? shell.aliases : undefined);
    if (parsed.kind === 'incomplete' || (parsed.kind === 'complete' && parsed.warnings.length > 0)) continue;
    shell.source = new Source(parsed.kind === 'complete' ? parsed.source : pending, first);
    if (parsed.kind === 'complete') {
      if (parsed.script.commands.length > 0) shell.status = yield* runCommands(shell, parsed.script.commands);
    } else {
      yield* complainSyntax(shell, parsed, pending);
      shell.status = 2;
    }
    pending = '';
    first = line;
  }
  if (pending !== '') {
    shell.source = new Source(pending, first);
    return yield* interpreter.evaluate(shell, pending, first);
  }
  return shell.status;
}
