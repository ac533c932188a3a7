/**
 * Where the shell meets the process table: subshells, pipelines, foreground and background jobs, command
 * and process substitution.
 */
import type { Pipeline, Redirection, Script, Statement } from 'unbash';
import { concat, decode } from '../core/bytes.ts';
import { Errno } from '../os/errno.ts';
import { OpenFile } from '../os/open-file.ts';
import { openPipe } from '../os/pipe.ts';
import { Killed, type Process } from '../os/process.ts';
import type { Signal } from '../os/signals.ts';
import { Break, Continue, ExitShell, ExpansionError, Return } from './control-flow.ts';
import { drive, settle, type Step } from './coroutine.ts';
import { deathOf, type Job } from './job-table.ts';
import { redirect, RedirectionError } from './redirection.ts';
import { Source, type Runnable, type Shell } from './shell.ts';
import { runExitTrap } from './traps.ts';

interface ForkOptions {
  files?: (OpenFile | undefined)[];
  processGroup?: number | 'new';
  /** Must not take the terminal's input (a background job without job control). */
  argv?: string[];
}

/** How long bash waits before it tries to fork again. */
const FORK_RETRY_SECONDS = [1, 2, 4, 8];

/** Starts a subshell that runs `body`. Over the process limit it retries as bash does, then gives up. */
function* fork(shell: Shell, body: (child: Shell) => Step<number>, options: ForkOptions = {}): Step<Process> {
  return yield* retryFork(shell, () => forkNow(shell, body, options));
}

/** Runs `start`, which starts a process, again and again while the process table is full. */
export function* retryFork(shell: Shell, start: () => Process): Step<Process> {
  for (const seconds of FORK_RETRY_SECONDS) {
    try {
      return start();
    } catch (error) {
      if (!(error instanceof Errno && error.code === 'EAGAIN')) throw error;
      yield* shell.complain(`fork: retry: ${error.message}`);
      yield shell.process.sleep(seconds * 1000);
    }
  }
  try {
    return start();
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    yield* shell.complain(`fork: ${error.message}`);
    throw new ExitShell(254);
  }
}

function forkNow(shell: Shell, body: (child: Shell) => Step<number>, options: ForkOptions): Process {
  const { process } = shell;
  let child!: Shell;
  const started = process.machine.spawn({
    argv: options.argv ?? process.argv,
    program: () => drive(runSubshell(child, body)),
    parent: process,
    environment: process.environment,
    files: inheritedFiles(shell, options.files),
    processGroup: options.processGroup,
    privileged: shell.interactive,
  });
  // The state is copied now; the program starts later.
  child = shell.fork(started);
  return started;
}

/** The descriptors that a new process gets: all but those of coprocesses. */
export function inheritedFiles(shell: Shell, files = shell.process.files): (OpenFile | undefined)[] {
  if (shell.coprocesses.length === 0) return files;
  const kept = [...files];
  for (const { descriptors } of shell.coprocesses)
    for (const fd of descriptors) if (kept[fd] === shell.process.files[fd]) kept[fd] = undefined;
  return kept;
}

/**
 * What a shell without a prompt does when it has waited for something: it forgets the jobs that are done, and tells of
 * those that a signal ended. `wait PID` still knows their exit codes.
 */
export function* reapJobs(shell: Shell): Step<void> {
  for (const each of shell.coprocesses.filter(({ process }) => process.state === 'exited')) {
    each.close();
    shell.coprocesses = shell.coprocesses.filter((other) => other !== each);
  }
  if (shell.interactive || shell.monitor || shell.jobs.all.length === 0) return;
  for (const job of shell.jobs.all) {
    if (job.state !== 'done') continue;
    shell.jobs.remove(job);
    const { killedBy } = job;
    if (killedBy && killedBy !== 'INT' && killedBy !== 'TERM' && killedBy !== 'PIPE')
      yield* tellDeath(shell, job.processes.at(-1)!, killedBy, job.text);
  }
}

const tellDeath = (shell: Shell, process: Process, signal: Signal, text: string): Step<void> =>
  shell.complain(`${String(process.pid).padStart(5)} ${deathOf(signal).padEnd(23)} ${text}`);

function* runSubshell(shell: Shell, body: (child: Shell) => Step<number>): Step<number> {
  let exitCode: number;
  try {
    exitCode = yield* body(shell);
  } catch (error) {
    if (error instanceof ExitShell || error instanceof Return) exitCode = error.exitCode;
    else if (error instanceof Break || error instanceof Continue) exitCode = 0;
    else if (error instanceof ExpansionError) {
      if (error.message) yield* shell.complain(error.message);
      exitCode = 1;
    } else if (error instanceof RedirectionError) {
      yield* shell.complain(error.message);
      exitCode = 1;
    } else throw error;
  }
  shell.status = exitCode;
  return yield* runExitTrap(shell);
}

/** The body of a subshell: the node, in place of the shell when it is a single program. */
const runNode = (node: Runnable) =>
  function* (child: Shell): Step<number> {
    child.mayBecomeProgram = node.type === 'Command';
    return yield* child.interpreter.run(child, node);
  };

// ---- foreground

/**
 * Waits until the processes are over, or stopped under job control. With job control the terminal belongs
 * to them meanwhile.
 */
export function* foreground(shell: Shell, processes: Process[], text: string): Step<number> {
  const { process } = shell;
  if (!shell.monitor) return yield* waitFor(shell, processes, text);
  const job = shell.jobs.watch(processes, text, false);
  return yield* bringToForeground(shell, job, process.terminal !== undefined);
}

function* waitFor(shell: Shell, processes: Process[], text: string): Step<number> {
  const { process } = shell;
  const codes: number[] = [];
  for (const each of processes) codes.push((yield process.wait(each.exited)) as number);
  shell.pipeStatus = codes;
  const last = processes.at(-1)!;
  if (
    last.killedBy &&
    last.killedBy !== 'INT' &&
    last.killedBy !== 'PIPE' &&
    !process.ignored.has(last.killedBy)
  ) {
    yield* tellDeath(shell, last, last.killedBy, text);
  }
  yield* reapJobs(shell);
  return codes.at(-1)!;
}

/** Gives the terminal to the job and waits for it to end or stop; then takes the terminal back. */
export function* bringToForeground(shell: Shell, job: Job, ownsTerminal: boolean): Step<number> {
  const { process } = shell;
  const { terminal } = process;
  job.background = false;
  if (ownsTerminal && terminal) terminal.foreground = job.processGroup;
  try {
    while (job.state === 'running') {
      yield process.wait(new Promise<void>((resolve) => job.onChange.push(resolve)));
    }
  } finally {
    if (ownsTerminal && terminal) {
      terminal.foreground = process.processGroup;
      if (job.killedBy) terminal.setRaw(false);
    }
  }
  if (job.state === 'stopped') {
    shell.jobs.add(job);
    job.notified = true;
    terminal?.setRaw(false);
    yield process.printError(`\n${shell.jobs.describe(job)}`) ?? Promise.resolve();
    return 148;
  }
  shell.jobs.remove(job);
  shell.pipeStatus = yield* settle(Promise.all(job.processes.map((each) => each.exited)));
  if (job.killedBy === 'INT') {
    // The shell stops what it was doing too: a loop around the job ends.
    throw new Killed('INT');
  }
  if (job.killedBy && job.killedBy !== 'PIPE') {
    yield process.printError(`${deathOf(job.killedBy)}\n`) ?? Promise.resolve();
  }
  return job.exitCode;
}

// ---- pipelines

export function* runPipeline(shell: Shell, node: Pipeline, text: string): Step<number> {
  const processes: Process[] = [];
  const ends: OpenFile[] = [];
  let input = shell.process.files[0];
  let group: number | 'new' | undefined = shell.monitor ? 'new' : undefined;
  const lastHere = shell.shopts.has('lastpipe') && !shell.monitor;
  try {
    for (const [index, command] of node.commands.entries()) {
      const last = index === node.commands.length - 1;
      if (last && lastHere) {
        ends.splice(ends.indexOf(input!), 1);
        return yield* runLastHere(shell, command, input!, processes);
      }
      const pipe = last ? undefined : openPipe();
      if (pipe) ends.push(pipe.reader.acquire(), pipe.writer.acquire());
      const files = [...shell.process.files];
      files[0] = input;
      if (pipe) files[1] = pipe.writer;
      if (pipe && node.operators[index] === '|&') files[2] = pipe.writer;
      const started: Process = yield* fork(shell, runNode(command), { files, processGroup: group });
      if (group === 'new') {
        group = started.pid;
        if (shell.process.terminal) shell.process.terminal.foreground = started.pid;
      }
      processes.push(started);
      // The children hold the ends now; the shell's own copies go, so that end of file can be seen.
      if (pipe) {
        pipe.writer.close();
        ends.splice(ends.indexOf(pipe.writer), 1);
      }
      if (index > 0) {
        input!.close();
        ends.splice(ends.indexOf(input!), 1);
      }
      input = pipe?.reader;
    }
  } catch (error) {
    for (const started of processes) started.signal('TERM');
    throw error;
  } finally {
    for (const end of ends) end.close();
  }
  const status = yield* foreground(shell, processes, text);
  if (!shell.options.has('pipefail')) return status;
  return shell.pipeStatus?.findLast((code) => code !== 0) ?? 0;
}

/** `shopt -s lastpipe`: the last command runs in the shell itself, and its variables stay. */
function* runLastHere(shell: Shell, node: Runnable, input: OpenFile, before: Process[]): Step<number> {
  const { process } = shell;
  const saved = process.files[0];
  process.files[0] = input;
  let status: number;
  try {
    status = yield* shell.interpreter.run(shell, node);
  } finally {
    input.close();
    process.files[0] = saved;
  }
  const codes: number[] = [];
  for (const each of before) codes.push(yield* settle(process.wait(each.exited)));
  shell.pipeStatus = [...codes, status];
  if (!shell.options.has('pipefail')) return status;
  return shell.pipeStatus.findLast((code) => code !== 0) ?? 0;
}

/** `( … )`. */
export function* runSubshellNode(shell: Shell, node: Runnable, text: string): Step<number> {
  const started = yield* fork(shell, runNode(node), { processGroup: shell.monitor ? 'new' : undefined });
  return yield* foreground(shell, [started], text);
}

// ---- background

/** What `jobs` shows: short commands as they were written, others as bash writes them anew. */
function* jobText(shell: Shell, statement: Statement): Step<string> {
  const { source } = shell;
  const text = source.text.slice(statement.pos, statement.end).replace(/\s*&\s*$/, '');
  if (statement.command.type === 'Command' && !/\s\s|[\n<>\\]/.test(text)) return text;
  const { commandText } = yield* settle(import('./command-text.ts'));
  return commandText(source, statement.command);
}

const emptyInput = () => new OpenFile({ read: async () => null, readNow: () => null });

/** `command &`. */
export function* runInBackground(shell: Shell, statement: Statement): Step<number> {
  const text = yield* jobText(shell, statement);
  const files = [...shell.process.files];
  if (!shell.monitor) files[0] = emptyInput();
  yield* startInBackground(shell, statement.command, text, files);
  return 0;
}

/** Starts a job; `$!` is its process. */
export function* startInBackground(
  shell: Shell,
  node: Runnable,
  text: string,
  files: (OpenFile | undefined)[],
): Step<Job> {
  const started = yield* fork(shell, runNode(node), {
    files,
    processGroup: shell.monitor ? 'new' : undefined,
  });
  if (!shell.monitor) {
    // Without job control a background job does not die of the keyboard's signals.
    started.ignored.add('INT');
    started.ignored.add('QUIT');
  }
  const job = shell.jobs.watch([started], text, true);
  shell.jobs.add(job);
  shell.lastBackgroundPid = started.pid;
  if (shell.interactive) yield shell.process.printError(`[${job.id}] ${started.pid}\n`) ?? Promise.resolve();
  return job;
}

// ---- substitution

/** `$(…)`: the output without trailing newlines; the exit code is left in `substitutionStatus`. */
export function* substitute(shell: Shell, script: Script | undefined, text: string): Step<string> {
  if (!script) throw new ExpansionError(`${text}: bad substitution`);
  const fileOnly = readsOneFile(script);
  const pipe = openPipe();
  pipe.reader.acquire();
  try {
    const files = [...shell.process.files];
    files[1] = pipe.writer;
    const started = yield* fork(
      shell,
      function* (child) {
        child.traceDepth++;
        if (!child.shopts.has('inherit_errexit')) child.options.delete('errexit');
        if (script.source !== undefined) child.source = new Source(script.source);
        if (fileOnly) {
          yield* redirect(child, fileOnly);
          return yield* child.interpreter.runArguments(child, ['cat']);
        }
        const only = script.commands.length === 1 ? script.commands[0]! : undefined;
        child.mayBecomeProgram = only?.command.type === 'Command' && !only.background;
        return yield* child.interpreter.runList(child, script.commands);
      },
      { files },
    );
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const bytes = yield* settle(shell.process.wait(pipe.reader.operations.read!()));
      if (bytes === null) break;
      chunks.push(bytes);
      size += bytes.length;
      shell.process.allocate(bytes.length);
    }
    shell.process.release(size);
    shell.substitutionStatus = yield* settle(shell.process.wait(started.exited));
    const output = chunks.length === 0 ? '' : decode(concat(chunks));
    return (output.includes('\0') ? output.replaceAll('\0', '') : output).replace(/\n+$/, '');
  } finally {
    pipe.reader.close();
  }
}

/** `$(< file)`. */
function readsOneFile(script: Script): readonly Redirection[] | undefined {
  const command = script.commands.length === 1 ? script.commands[0]!.command : undefined;
  if (command?.type !== 'Command' || command.name || command.prefix.length !== 1) return undefined;
  const only = command.prefix[0]!;
  return only.type === 'Redirect' && only.operator === '<' ? [only] : undefined;
}

/** `<(…)` and `>(…)`: a path that opens the other end of a pipe. */
export function processSubstitution(shell: Shell, script: Script | undefined, operator: '<' | '>'): string {
  if (!script) throw new ExpansionError('bad process substitution');
  const pipe = openPipe();
  const [inner, outer] = operator === '<' ? [pipe.writer, pipe.reader] : [pipe.reader, pipe.writer];
  const files = [...shell.process.files];
  files[operator === '<' ? 1 : 0] = inner;
  forkNow(shell, (child) => child.interpreter.runList(child, script.commands), { files });
  let fd = 63;
  while (shell.process.files[fd]) fd--;
  shell.process.files[fd] = outer.acquire();
  shell.substitutionFiles.push(fd);
  return `/dev/fd/${fd}`;
}

/** Closes the process substitutions that were opened since there were `count`. */
export function closeSubstitutions(shell: Shell, count: number): void {
  for (const fd of shell.substitutionFiles.splice(count)) {
    shell.process.files[fd]?.close();
    shell.process.files[fd] = undefined;
  }
}
