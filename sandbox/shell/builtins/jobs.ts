/** Job control: `jobs`, `fg`, `bg`, `wait`, `kill`, `disown`. */
import { exitCodeOf, SIGNALS, type Signal } from '../../os/signals.ts';
import { settle, type Step } from '../coroutine.ts';
import type { Job } from '../job-table.ts';
import { bringToForeground, reapJobs } from '../processes.ts';
import type { Shell } from '../shell.ts';
import { trapName } from '../traps.ts';

function* findJob(shell: Shell, command: string, spec: string | undefined): Step<Job | undefined> {
  const job = spec === undefined ? shell.jobs.current : shell.jobs.find(spec);
  if (job === 'ambiguous') {
    yield* shell.complain(`${command}: ${spec!.replace(/^%/, '')}: ambiguous job spec`);
    return undefined;
  }
  if (!job) {
    yield* shell.complain(`${command}: ${spec ?? 'current'}: no such job`);
    return undefined;
  }
  return job;
}

export function* jobs(shell: Shell, argv: string[]): Step<number> {
  const flags = argv
    .slice(1)
    .filter((word) => /^-[lnprs]+$/.test(word))
    .join('');
  const specs = argv.slice(1).filter((word) => !/^-[lnprs]+$/.test(word));
  let status = 0;
  const table = shell.jobs.listed;
  let shown = [...table.all];
  if (specs.length > 0) {
    shown = [];
    for (const spec of specs) {
      const job = yield* findJob(shell, 'jobs', spec);
      if (job) shown.push(job);
      else {
        status = 1;
        if (shell.jobs.find(spec) === 'ambiguous') yield* shell.complain(`jobs: ${spec}: no such job`);
      }
    }
  }
  for (const job of shown) {
    if (flags.includes('r') && job.state !== 'running') continue;
    if (flags.includes('s') && job.state !== 'stopped') continue;
    if (table === shell.jobs) job.notified = true;
    yield* shell.print(
      flags.includes('p') ? `${job.processes[0]!.pid}\n` : table.describe(job, flags.includes('l')),
    );
  }
  shell.jobs.removeDone();
  return status;
}

export function* fg(shell: Shell, argv: string[]): Step<number> {
  if (!shell.monitor) {
    yield* shell.complain('fg: no job control');
    return 1;
  }
  const job = yield* findJob(shell, 'fg', argv[1]);
  if (!job) return 1;
  if (job.state === 'done') {
    yield* shell.complain('fg: job has terminated');
    shell.jobs.remove(job);
    return 1;
  }
  yield* shell.print(`${job.text}\n`);
  const { terminal } = shell.process;
  if (terminal) terminal.foreground = job.processGroup;
  shell.process.machine.signalGroup(job.processGroup, 'CONT');
  return yield* bringToForeground(shell, job, terminal !== undefined);
}

export function* bg(shell: Shell, argv: string[]): Step<number> {
  if (!shell.monitor) {
    yield* shell.complain('bg: no job control');
    return 1;
  }
  const job = yield* findJob(shell, 'bg', argv[1]);
  if (!job) return 1;
  if (job.state === 'running') {
    yield* shell.complain(`bg: job ${job.id} already in background`);
    return 0;
  }
  job.background = true;
  yield* shell.print(`[${job.id}]${shell.jobs.mark(job)} ${job.text} &\n`);
  shell.process.machine.signalGroup(job.processGroup, 'CONT');
  return 0;
}

/** Waits for `promise`, a trap or an interrupt; undefined when a trap came first. */
function* waitUnlessTrapped<T>(shell: Shell, promise: Promise<T>): Step<T | undefined> {
  let wake!: () => void;
  const trapped = new Promise<undefined>((resolve) => (wake = () => resolve(undefined)));
  shell.onTrap = wake;
  try {
    return yield* settle(shell.process.wait(Promise.race([promise, trapped])));
  } finally {
    shell.onTrap = undefined;
  }
}

const interruptedBy = (shell: Shell): number => {
  const name = shell.pendingTraps[0];
  return name && name in SIGNALS ? exitCodeOf(name as Signal) : 129;
};

export function* wait(shell: Shell, argv: string[]): Step<number> {
  let words = argv.slice(1);
  let [any, variable] = [false, undefined as string | undefined];
  while (/^-[nfp]/.test(words[0] ?? '')) {
    const option = words.shift()!;
    if (option.includes('n')) any = true;
    if (option.includes('p')) variable = words.shift();
  }
  if (words[0] === '--') words = words.slice(1);
  const running = () => shell.jobs.all.filter((job) => job.state !== 'stopped');
  if (any) {
    let candidates = running().filter((job) => !job.waited);
    if (words.length > 0)
      candidates = candidates.filter((job) =>
        words.some((word) => job === shell.jobs.find(word) || String(job.processes.at(-1)!.pid) === word),
      );
    if (candidates.length === 0) return 127;
    const first = yield* waitUnlessTrapped(
      shell,
      Promise.race(candidates.map((job) => job.done.then(() => job))),
    );
    if (first === undefined) return interruptedBy(shell);
    if (variable) shell.variables.set(variable, String(first.processes.at(-1)!.pid));
    first.waited = true;
    if (!shell.interactive) shell.jobs.remove(first);
    return first.exitCode;
  }
  if (words.length === 0) {
    for (const job of running()) {
      if ((yield* waitUnlessTrapped(shell, job.done)) === undefined) return interruptedBy(shell);
      if (!shell.interactive) shell.jobs.remove(job);
    }
    yield* reapJobs(shell);
    return 0;
  }
  let status = 0;
  for (const word of words) {
    let job: Job | undefined;
    if (word.startsWith('%')) {
      job = yield* findJob(shell, 'wait', word);
      if (!job) {
        status = 127;
        continue;
      }
    } else if (/^\d+$/.test(word)) {
      const pid = Number(word);
      job = shell.jobs.all.find((each) => each.processes.some((process) => process.pid === pid));
      const known = shell.jobs.exitCodes.get(pid);
      if (!job && known !== undefined) {
        status = known;
        continue;
      }
      if (!job) {
        yield* shell.complain(`wait: pid ${word} is not a child of this shell`);
        status = 127;
        continue;
      }
    } else {
      yield* shell.complain(`wait: \`${word}': not a pid or valid job spec`);
      status = 1;
      continue;
    }
    const exitCode = yield* waitUnlessTrapped(shell, job.done);
    if (exitCode === undefined) return interruptedBy(shell);
    status = exitCode;
    if (shell.monitor && !shell.interactive) shell.jobs.remove(job);
    yield* reapJobs(shell);
  }
  return status;
}

const LIST = Object.entries(SIGNALS) as [Signal, number][];

export function* kill(shell: Shell, argv: string[]): Step<number> {
  let words = argv.slice(1);
  let signal: Signal | '0' = 'TERM';
  const option = words[0];
  if (option === '-l' || option === '-L') return yield* listSignals(shell, words.slice(1));
  if (option === '-s' || option === '-n') {
    const name = words[1] === '0' ? '0' : trapName(words[1] ?? '');
    if (!name || !(name === '0' || name in SIGNALS)) {
      yield* shell.complain(`kill: ${words[1] ?? ''}: invalid signal specification`);
      return 1;
    }
    signal = name as Signal;
    words = words.slice(2);
  } else if (option !== undefined && /^-./.test(option) && option !== '--') {
    const name = option === '-0' ? '0' : trapName(option.slice(1));
    if (!name || !(name === '0' || name in SIGNALS)) {
      yield* shell.complain(`kill: ${option.slice(1)}: invalid signal specification`);
      return 1;
    }
    signal = name as Signal;
    words = words.slice(1);
  }
  if (words[0] === '--') words = words.slice(1);
  if (words.length === 0) {
    yield (
      shell.process.printError(
        'kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n',
      ) ?? Promise.resolve()
    );
    return 2;
  }
  let failed = 0;
  for (const word of words) if (!(yield* killOne(shell, word, signal))) failed++;
  yield shell.process.tick() ?? Promise.resolve();
  return failed === words.length ? 1 : 0;
}

function* killOne(shell: Shell, word: string, signal: Signal | '0'): Step<boolean> {
  const { machine } = shell.process;
  if (word.startsWith('%')) {
    const job = yield* findJob(shell, 'kill', word);
    if (!job) return false;
    if (signal === '0') return true;
    const send = (each: Signal) =>
      shell.monitor
        ? machine.signalGroup(job.processGroup, each)
        : job.processes.forEach((process) => process.signal(each));
    send(signal);
    if (job.state === 'stopped' && (signal === 'TERM' || signal === 'HUP')) send('CONT');
    return true;
  }
  if (!/^-?\d+$/.test(word)) {
    yield* shell.complain(`kill: ${word}: arguments must be process or job IDs`);
    return false;
  }
  const pid = Number(word);
  if (pid <= 0) {
    const all =
      pid === -1
        ? [...machine.processes.values()].filter((each) => each !== shell.process && each.pid > 1)
        : undefined;
    if (all) for (const each of all) if (signal !== '0') each.signal(signal);
    const count = all
      ? all.length
      : signal === '0'
        ? 1
        : machine.signalGroup(pid === 0 ? shell.process.processGroup : -pid, signal);
    if (count > 0) return true;
  } else {
    const target = machine.processes.get(pid);
    if (target) {
      if (signal !== '0') target.signal(signal);
      return true;
    }
  }
  yield* shell.complain(`kill: (${word}) - No such process`);
  return false;
}

function* listSignals(shell: Shell, words: string[]): Step<number> {
  if (words.length === 0) {
    let out = '';
    LIST.forEach(([name, number], i) => {
      out += `${String(number).padStart(2)}) SIG${name}${(i + 1) % 5 === 0 || i === LIST.length - 1 ? '\n' : '\t'}`;
    });
    yield* shell.print(out);
    return 0;
  }
  let status = 0;
  for (const word of words) {
    if (/^\d+$/.test(word)) {
      const number = Number(word) > 128 ? Number(word) - 128 : Number(word);
      const found = LIST.find(([, each]) => each === number);
      if (found) yield* shell.print(`${found[0]}\n`);
      else {
        yield* shell.complain(`kill: ${word}: invalid signal specification`);
        status = 1;
      }
    } else {
      const name = trapName(word);
      if (name && name in SIGNALS) yield* shell.print(`${SIGNALS[name as Signal]}\n`);
      else {
        yield* shell.complain(`kill: ${word}: invalid signal specification`);
        status = 1;
      }
    }
  }
  return status;
}

export function* disown(shell: Shell, argv: string[]): Step<number> {
  const words = argv.slice(1).filter((word) => !/^-[ahr]+$/.test(word));
  if (argv.includes('-a')) {
    for (const job of shell.jobs.all) shell.jobs.remove(job);
    return 0;
  }
  for (const spec of words.length > 0 ? words : [undefined]) {
    const job = yield* findJob(shell, 'disown', spec);
    if (!job) return 1;
    if (!argv.includes('-h')) shell.jobs.remove(job);
  }
  return 0;
}
