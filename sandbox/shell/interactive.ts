/** The loop of an interactive shell: prompt, line, command, news of jobs, until `exit` or Ctrl-D. */
import { Errno } from '../os/errno.ts';
import { Killed } from '../os/process.ts';
import { Break, Continue, ExpansionError, Return } from './control-flow.ts';
import type { Step } from './coroutine.ts';
import { complainSyntax, interpreter } from './execution.ts';
import { expandDocument } from './expansion.ts';
import { parseInput } from './parser-input.ts';
import { parserLoaded } from './parser.ts';
import { promptText } from './prompt.ts';
import { readLine } from './read-line.ts';
import { createShellInput } from './readline/shell-input.ts';
import { RedirectionError } from './redirection.ts';
import { Source, type Shell } from './shell.ts';
import { defaultInteractiveSignals, exitCodeOfError, runExitTrap, runPendingTraps } from './traps.ts';

export interface InteractiveOptions {
  login: boolean;
  norc: boolean;
}

/** Reads one line with `prompt`; undefined at end of file. Rejects with `Killed('INT')` on Ctrl-C. */
type LineReader = (shell: Shell, prompt: string) => Step<string | undefined>;

export function* runInteractively(shell: Shell, options: InteractiveOptions): Step<number> {
  const { process } = shell;
  const terminal = process.terminal ?? process.files[0]?.terminal;
  shell.interactive = true;
  shell.options.add('emacs');
  shell.options.add('history');
  shell.options.add('histexpand');
  shell.shopts.add('expand_aliases');
  shell.shopts.add('checkwinsize');
  if (terminal) {
    shell.options.add('monitor');
    terminal.foreground = process.processGroup;
  }
  defaultInteractiveSignals(shell);
  if (shell.variables.get('PS1') === undefined) {
    shell.variables.set('PS1', shell.flavour === 'sh' ? '\\w \\$ ' : '\\s-\\v\\$ ');
  }
  if (shell.variables.get('PS2') === undefined) shell.variables.set('PS2', '> ');
  const input = createShellInput(shell);
  const readInput: LineReader = input ? (each, prompt) => input.readLine(each, prompt) : plainLine;
  if (!options.norc) yield* runStartupFiles(shell, options.login);
  let endOfFiles = 0;
  for (;;) {
    try {
      const command = yield* readCommand(shell, readInput);
      if (command === undefined) {
        if (shell.options.has('ignoreeof') && ++endOfFiles < 10) {
          yield* shell.complain(`Use "${options.login ? 'logout' : 'exit'}" to leave the shell.`);
          continue;
        }
        yield process.printError(options.login ? 'logout\n' : 'exit\n') ?? Promise.resolve();
        if (shell.jobs.all.some((job) => job.state === 'stopped') && !shell.warnedAboutJobs) {
          shell.warnedAboutJobs = true;
          yield process.printError('There are stopped jobs.\n') ?? Promise.resolve();
          continue;
        }
        break;
      }
      endOfFiles = 0;
      input?.remember(command.text);
      yield* runInput(shell, command);
    } catch (error) {
      const exitCode = exitCodeOfError(error);
      if (exitCode !== undefined) {
        shell.status = exitCode;
        break;
      }
      if (!(yield* recover(shell, error))) throw error;
    }
  }
  const exitCode = yield* runExitTrap(shell);
  // Stopped jobs would wait for ever.
  for (const job of shell.jobs.all) {
    if (job.state !== 'stopped') continue;
    process.machine.signalGroup(job.processGroup, 'HUP');
    process.machine.signalGroup(job.processGroup, 'CONT');
  }
  return exitCode;
}

/** After an error the prompt comes back; false for one that is not the shell's to handle. */
function* recover(shell: Shell, error: unknown): Step<boolean> {
  shell.loopDepth = 0;
  shell.functionNames = [];
  shell.sourceDepth = 0;
  shell.errexitSuspended = 0;
  while (shell.variables.depth > 0) shell.variables.popScope();
  if (error instanceof Killed && error.signal === 'INT') {
    shell.status = 130;
    yield shell.process.printError('\n') ?? Promise.resolve();
    return true;
  }
  if (error instanceof ExpansionError || error instanceof RedirectionError) {
    if (error.message) yield* shell.complain(error.message);
    shell.status = error instanceof ExpansionError ? error.exitCode : 1;
    return true;
  }
  if (error instanceof Return || error instanceof Break || error instanceof Continue) return true;
  if (error instanceof RangeError && /call stack/.test(error.message)) {
    yield* shell.complain('the commands are nested too deeply');
    shell.status = 139;
    return true;
  }
  if (error instanceof Errno && error.code !== 'EIO') {
    yield* shell.complain(error.subject ? `${error.subject}: ${error.message}` : error.message);
    shell.status = 1;
    return true;
  }
  return false;
}

/** Lines until they make a complete command. */
function* readCommand(shell: Shell, readInput: LineReader): Step<{ text: string } | undefined> {
  yield* tellNews(shell);
  let text = '';
  for (;;) {
    if (text === '' && shell.variables.get('PROMPT_COMMAND')) {
      const { status } = shell;
      yield* interpreter.evaluate(shell, shell.variables.get('PROMPT_COMMAND')!);
      shell.status = status;
    }
    const format = shell.variables.get(text === '' ? 'PS1' : 'PS2') ?? '';
    const prompt = yield* promptText(shell, format, (each) => expandPrompt(shell, each));
    const line = yield* readInput(shell, prompt);
    yield* parserLoaded();
    if (line === undefined) {
      if (text === '') return undefined;
      const parsed = parseInput(text);
      if (parsed.kind === 'complete') return { text };
      yield* complainSyntax(shell, parsed, text);
      shell.status = 2;
      return { text: '' };
    }
    text += `${line}\n`;
    const parsed = parseInput(text, shell.aliases);
    const open = parsed.kind === 'incomplete' || (parsed.kind === 'complete' && parsed.warnings.length > 0);
    if (!open) return { text };
  }
}

function* expandPrompt(shell: Shell, text: string): Step<string> {
  yield* parserLoaded();
  return yield* expandDocument(shell, text);
}

function* runInput(shell: Shell, { text }: { text: string }): Step<void> {
  const parsed = parseInput(text, shell.aliases);
  if (parsed.kind !== 'complete') {
    shell.source = new Source(text);
    yield* complainSyntax(shell, parsed, text);
    shell.status = 2;
    return;
  }
  shell.source = new Source(parsed.source);
  if (parsed.script.commands.length === 0) return;
  shell.warnedAboutJobs = false;
  shell.process.terminal?.setRaw(false);
  const announcement = shell.variables.get('PS0');
  if (announcement) {
    const text = yield* promptText(shell, announcement, (each) => expandPrompt(shell, each));
    yield shell.process.printError(text) ?? Promise.resolve();
  }
  shell.status = yield* interpreter.runList(shell, parsed.script.commands);
  yield* runPendingTraps(shell);
}

/** `[1]+  Done   …` before the next prompt. */
function* tellNews(shell: Shell): Step<void> {
  for (const job of shell.jobs.takeNews()) {
    if (job.state === 'done' && !job.background && job.killedBy) continue;
    yield shell.process.printError(shell.jobs.describe(job)) ?? Promise.resolve();
  }
  shell.jobs.removeDone();
}

function* runStartupFiles(shell: Shell, login: boolean): Step<void> {
  const home = shell.variables.get('HOME') ?? '/';
  const files = login ? ['/etc/profile', `${home}/.bash_profile`, `${home}/.profile`] : [];
  files.push(`${home}/.bashrc`);
  for (const path of files) {
    let text: string;
    try {
      text = shell.process.readTextFile(path);
    } catch {
      continue;
    }
    try {
      yield* interpreter.evaluate(shell, text, 1);
    } catch (error) {
      if (!(yield* recover(shell, error))) throw error;
    }
  }
}

/** Without a line editor: the terminal's own line editing. */
function* plainLine(shell: Shell, prompt: string): Step<string | undefined> {
  shell.process.terminal?.setRaw(false);
  yield shell.process.printError(prompt) ?? Promise.resolve();
  return yield* readLine(shell.process, 0);
}
