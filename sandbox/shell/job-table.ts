/** The jobs of a shell: pipelines in the background or stopped, as `jobs`, `fg`, `%1` and `wait` see them. */
import type { Process } from '../os/process.ts';
import { SIGNALS, type Signal } from '../os/signals.ts';

export interface Job {
  id: number;
  /** The process group with job control; otherwise the first process' id. */
  processGroup: number;
  processes: Process[];
  text: string;
  state: 'running' | 'stopped' | 'done';
  /** Exit code of the last process, once done. */
  exitCode: number;
  killedBy: Signal | undefined;
  /** The user has been told about its present state. */
  notified: boolean;
  background: boolean;
  /** `wait -n` has returned it. */
  waited: boolean;
  /** Resolves when it is done. */
  done: Promise<number>;
  /** Called when the state changes. */
  onChange: (() => void)[];
}

/** What bash prints for a death by signal. */
const DEATHS: Partial<Record<Signal, string>> = {
  HUP: 'Hangup',
  INT: 'Interrupt',
  QUIT: 'Quit',
  ILL: 'Illegal instruction',
  ABRT: 'Aborted',
  FPE: 'Floating point exception',
  KILL: 'Killed',
  USR1: 'User defined signal 1',
  USR2: 'User defined signal 2',
  SEGV: 'Segmentation fault',
  PIPE: 'Broken pipe',
  ALRM: 'Alarm clock',
  TERM: 'Terminated',
};

export const deathOf = (signal: Signal): string => DEATHS[signal] ?? `Signal ${SIGNALS[signal]}`;

export class JobTable {
  #jobs: Job[] = [];
  /** Job ids, most recent first: `%+` and `%-`. */
  #recent: number[] = [];
  /** Exit codes of background processes that are over, for `wait PID`. */
  readonly exitCodes = new Map<number, number>();

  /** The jobs of the shell this one was forked from: a subshell lists them while it has none, and no more. */
  readonly inherited: JobTable | undefined;

  constructor(inherited?: JobTable) {
    this.inherited = inherited;
  }

  forSubshell(): JobTable {
    return new JobTable(this.#jobs.length > 0 ? this : this.inherited);
  }

  /** What `jobs` lists. */
  get listed(): JobTable {
    return this.#jobs.length > 0 ? this : (this.inherited ?? this);
  }

  get all(): readonly Job[] {
    return this.#jobs;
  }

  get current(): Job | undefined {
    return this.#jobs.find((job) => job.id === this.#order()[0]);
  }

  get previous(): Job | undefined {
    return this.#jobs.find((job) => job.id === this.#order()[1]);
  }

  /** Stopped jobs come before running ones. */
  #order(): number[] {
    const stopped = this.#recent.filter((id) => this.#jobs.find((job) => job.id === id)?.state === 'stopped');
    return [...stopped, ...this.#recent.filter((id) => !stopped.includes(id))];
  }

  mark(job: Job): '+' | '-' | ' ' {
    return job === this.current ? '+' : job === this.previous ? '-' : ' ';
  }

  /** Follows `processes` as one job; it has no number until `add`. */
  watch(processes: Process[], text: string, background: boolean): Job {
    const last = processes.at(-1)!;
    const job: Job = {
      id: 0,
      processGroup: processes[0]!.processGroup,
      processes,
      text,
      state: 'running',
      exitCode: 0,
      killedBy: undefined,
      notified: false,
      background,
      waited: false,
      done: Promise.all(processes.map((process) => process.exited)).then(() => last.exited),
      onChange: [],
    };
    let alive = processes.length;
    for (const process of processes) {
      process.onStateChange = (state) => {
        if (state === 'exited') {
          if (--alive === 0) this.#finish(job, last);
          else if (this.#allStopped(job)) this.#turn(job, 'stopped');
        } else if (state === 'stopped') {
          if (this.#allStopped(job)) this.#turn(job, 'stopped');
        } else this.#turn(job, 'running');
      };
    }
    void last.exited.then((exitCode) => {
      job.exitCode = exitCode;
      this.exitCodes.set(last.pid, exitCode);
      if (this.exitCodes.size > 1024) this.exitCodes.delete(this.exitCodes.keys().next().value!);
    });
    return job;
  }

  #allStopped(job: Job): boolean {
    return job.processes.every((process) => process.state !== 'running');
  }

  #finish(job: Job, last: Process): void {
    void last.exited.then((exitCode) => {
      job.exitCode = exitCode;
      job.killedBy = last.killedBy;
      this.#turn(job, 'done');
    });
  }

  #turn(job: Job, state: Job['state']): void {
    if (job.state === state) return;
    job.state = state;
    job.notified = false;
    for (const tell of job.onChange.splice(0)) tell();
  }

  /** Gives the job a number: the one after the highest in use. */
  add(job: Job): void {
    if (this.#jobs.includes(job)) {
      this.touch(job);
      return;
    }
    job.id = Math.max(0, ...this.#jobs.map((each) => each.id)) + 1;
    this.#jobs.push(job);
    this.touch(job);
  }

  /** Makes the job the current one. */
  touch(job: Job): void {
    this.#recent = [job.id, ...this.#recent.filter((id) => id !== job.id)];
  }

  remove(job: Job): void {
    this.#jobs = this.#jobs.filter((each) => each !== job);
    this.#recent = this.#recent.filter((id) => id !== job.id);
  }

  /** `%1`, `%+`, `%-`, `%string`, `%?string`, or a number without `%` as `fg 1` takes it. */
  find(spec: string): Job | 'ambiguous' | undefined {
    const name = spec.startsWith('%') ? spec.slice(1) : spec;
    if (name === '' || name === '+' || name === '%') return this.current;
    if (name === '-') return this.previous;
    if (/^\d+$/.test(name)) return this.#jobs.find((job) => job.id === Number(name));
    const found = this.#jobs.filter((job) =>
      name.startsWith('?') ? job.text.includes(name.slice(1)) : job.text.startsWith(name),
    );
    return found.length > 1 ? 'ambiguous' : found[0];
  }

  /** The job's line in `jobs`, `[1]+  Running                 sleep 10 &`. */
  describe(job: Job, withPids = false): string {
    const state =
      job.state === 'running'
        ? 'Running'
        : job.state === 'stopped'
          ? 'Stopped'
          : job.killedBy
            ? deathOf(job.killedBy)
            : job.exitCode === 0
              ? 'Done'
              : `Exit ${job.exitCode}`;
    const pid = withPids ? `${job.processes[0]!.pid} ` : '';
    const ampersand = job.state === 'running' && job.background ? ' &' : '';
    return `[${job.id}]${this.mark(job)}  ${pid}${state.padEnd(withPids ? 24 : 24)}${job.text}${ampersand}\n`;
  }

  /** Jobs whose change the user has not been told about; those that are done leave the table. */
  takeNews(): Job[] {
    const news = this.#jobs.filter((job) => !job.notified && job.state !== 'running');
    for (const job of news) job.notified = true;
    return news;
  }

  removeDone(): void {
    for (const job of this.#jobs.filter((each) => each.state === 'done')) this.remove(job);
  }
}
