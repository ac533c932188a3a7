/**
 * Proves that the commands of a lesson work: each is run as the button beside it on the page runs it, in order, in
 * one terminal. Those below **Your turn.** come when the solution has been given.
 */
import { encode, Utf8Decoder } from '../../core/bytes.ts';
import { sleep, type Clock } from '../../core/clock.ts';
import { commandKeys } from '../../runtimes/command-keys.ts';
import type { TerminalConnection } from '../../runtimes/runtime.ts';
import type { ExerciseFolder } from './exercise-folder.ts';
import type { LessonCommand } from './lesson-commands.ts';
import { giveAnswer, type Proof } from './prove-exercise.ts';

/** On the session's clock, like all times here. Longer than any command of a lesson takes. */
const LIMIT_SECONDS = 600;
/** What a learner looks at a command that goes on until Ctrl-C. */
const WATCHED_SECONDS = 20;
/** What a learner takes at least to get from one command to the next. */
const READING_SECONDS = 3;
/** How much of what a command printed is told when it did not work. */
const SHOWN_LINES = 20;

/** What no command of a lesson prints, unless its mark `shows` says so. */
const COMPLAINTS = [
  /command not found/,
  /syntax error/,
  /No such file or directory/,
  /unknown (shorthand )?flag/,
  /unknown command/,
  /^Usage:/m,
  /No resources found/,
  /Error from server.*/,
  /^\[\d+\][+-]?\s+Exit/m,
];

/** Rejects with every command that did not do what its marks say. Leaves the session solved. */
export async function proveCommands(
  { commands, solution }: Pick<ExerciseFolder, 'commands' | 'solution'>,
  { session, clock, onProved }: Proof,
): Promise<void> {
  const shell = new LessonShell(
    await session.terminals.open({ name: 'lesson', columns: 200, rows: 50 }),
    clock,
  );
  const problems: string[] = [];
  let solved = false;
  try {
    await shell.begin();
    for (const command of commands) {
      if (command.onceSolved && !solved) {
        await giveAnswer(session, solution, () => {});
        solved = true;
      }
      await sleep(clock, READING_SECONDS * 1000);
      const problem = await complaintAbout(command, shell);
      if (problem) problems.push(`lesson.mdx:${command.line}: ${problem}`);
    }
  } finally {
    shell.close();
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  onProved(`${commands.length} commands of the lesson work`);
}

/** What is the matter, with what the terminal showed; undefined when all is as it should be. */
async function complaintAbout(command: LessonCommand, shell: LessonShell): Promise<string | undefined> {
  const { exits, shows, untilCtrlC } = command;
  const inTime = await shell.run(command.text, untilCtrlC ? WATCHED_SECONDS : LIMIT_SECONDS);
  if (!inTime && untilCtrlC && shows !== undefined) await shell.untilShown(shows);
  const { shown } = shell;
  const run = inTime ?? (await shell.interrupt());
  const problem = ((): string | undefined => {
    if (!run) return 'expected an end after Ctrl-C, received none';
    if (inTime && untilCtrlC) return `expected it to run until Ctrl-C, received exit code ${run.exitCode}`;
    if (!inTime && !untilCtrlC) return `expected an end within ${LIMIT_SECONDS} s, or the mark until-ctrl-c`;
    if (shows !== undefined && !shown.includes(shows)) return `expected to see "${shows}"`;
    const complaints = COMPLAINTS.flatMap((each) => each.exec(shown)?.[0] ?? []);
    const complaint = complaints.find((each) => !shows || !(shows.includes(each) || each.includes(shows)));
    if (complaint !== undefined) return `expected anything but "${complaint}"`;
    if (untilCtrlC) return undefined;
    if (exits !== undefined && run.exitCode !== exits)
      return `expected exit code ${exits}, received ${run.exitCode}`;
    if (exits === undefined && run.failures.length > 0)
      return `expected exit code 0, received ${run.failures.join(', ')}`;
    return undefined;
  })();
  return problem && [problem, ...shown.trimEnd().split('\n').slice(-SHOWN_LINES)].join('\n    ');
}

interface CommandRun {
  /** Of its last line. */
  exitCode: number;
  /** Exit codes other than 0 of what ran in it, in order. */
  failures: number[];
}

/**
 * The first terminal of the page. Its shell tells when a command begins, fails and ends by private control
 * sequences (`OSC 7778 ; WHAT ; EXIT-CODE BEL`), because what a prompt looks like is the learner's own affair.
 */
class LessonShell {
  /** What the last command has shown, without colours and cursor movement. */
  shown = '';
  #terminal: TerminalConnection;
  #clock: Clock;
  #failures: number[] = [];
  #onEnded: ((run: CommandRun) => void) | undefined;
  /** The beginning of a sequence that has not ended. */
  #held = '';

  constructor(terminal: TerminalConnection, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
    const decoder = new Utf8Decoder();
    terminal.onOutput((bytes) => this.#read(decoder.push(bytes)));
  }

  async begin(): Promise<void> {
    const tell = (what: string) => `'printf "\\033]7778;${what};%s\\a" $?'`;
    const setting = `PS0='\\e]7778;begins;0\\a' PROMPT_COMMAND=${tell('ends')}; trap ${tell('fails')} ERR`;
    if (!(await this.run(setting, LIMIT_SECONDS)))
      throw new Error(`the terminal did not come up:\n${this.shown}`);
  }

  /** Presses the button beside `command`. Resolves with undefined when it still runs after `limitSeconds`. */
  run(command: string, limitSeconds: number): Promise<CommandRun | undefined> {
    return this.#type(commandKeys(command), limitSeconds);
  }

  /** Waits until `text` is on the screen: what loads a tool may take longer than a learner would look. */
  async untilShown(text: string): Promise<void> {
    for (let seconds = 0; seconds < LIMIT_SECONDS && !this.shown.includes(text); seconds++)
      await sleep(this.#clock, 1000);
  }

  interrupt(): Promise<CommandRun | undefined> {
    return this.#type('\x03', LIMIT_SECONDS);
  }

  close(): void {
    this.#terminal.close();
  }

  async #type(keys: string, limitSeconds: number): Promise<CommandRun | undefined> {
    const ended = new Promise<CommandRun>((resolve) => (this.#onEnded = resolve));
    this.#terminal.write(encode(keys));
    const over = new AbortController();
    const limit = sleep(this.#clock, limitSeconds * 1000, over.signal).catch(() => {});
    const run = await Promise.race([ended, limit]);
    over.abort();
    return run ?? undefined;
  }

  #read(text: string): void {
    // oxlint-disable-next-line no-control-regex -- what a terminal carries is control characters
    const SEQUENCE = /\x1b(?:\[[0-9;?]*[A-Za-z]|\]([^\x07]*)\x07|[^[\]])|\r/g;
    // oxlint-disable-next-line no-control-regex -- as above
    const UNFINISHED = /\x1b(?:\[[0-9;?]*|\][^\x07]*)?$/;
    const all = this.#held + text;
    const end = UNFINISHED.exec(all)?.index ?? all.length;
    this.#held = all.slice(end);
    let from = 0;
    for (const sequence of all.slice(0, end).matchAll(SEQUENCE)) {
      this.shown += all.slice(from, sequence.index);
      from = sequence.index + sequence[0].length;
      const [, what, exitCode] = /^7778;(begins|fails|ends);(\d+)$/.exec(sequence[1] ?? '') ?? [];
      if (what) this.#hear(what, Number(exitCode));
    }
    this.shown += all.slice(from, end);
  }

  #hear(what: string, exitCode: number): void {
    if (what === 'fails') this.#failures.push(exitCode);
    else if (what === 'ends') this.#onEnded?.({ exitCode, failures: this.#failures });
    else {
      this.shown = '';
      this.#failures = [];
    }
  }
}
