/** `/sys/fs/cgroup` of a container: what its control group counts and may use, in cgroup v2's files. */
import { encode } from '../core/bytes.ts';
import { toDisposable, type Disposable } from '../core/disposable.ts';
import { PERIOD_MS, type ControlGroup } from './control-group.ts';
import { Errno } from './errno.ts';
import type { FileStat, FileSystem } from './file-system.ts';
import type { Machine } from './machine.ts';
import { ReadOnlyFileSystem } from './read-only-file-system.ts';

const microseconds = (ms: number): number => Math.round(ms * 1000);

const FILES: Readonly<Record<string, (group: ControlGroup, machine: Machine) => string>> = {
  'cgroup.controllers': () => 'cpu memory pids',
  'cgroup.procs': (_group, machine) =>
    [...machine.processes.values()]
      .filter((process) => process.machine === machine)
      .map(({ pid }) => pid)
      .join('\n'),
  'cpu.max': ({ cpuLimit }) =>
    `${cpuLimit === Infinity ? 'max' : microseconds(cpuLimit * PERIOD_MS)} ${microseconds(PERIOD_MS)}`,
  'cpu.stat': ({ cpuMs, periods, throttledPeriods, throttledMs }) =>
    [
      `usage_usec ${microseconds(cpuMs)}`,
      `user_usec ${microseconds(cpuMs)}`,
      'system_usec 0',
      `nr_periods ${periods}`,
      `nr_throttled ${throttledPeriods}`,
      `throttled_usec ${microseconds(throttledMs)}`,
    ].join('\n'),
  'memory.current': ({ memoryBytes }) => String(memoryBytes),
  'memory.max': ({ memoryLimitBytes }) => (memoryLimitBytes === Infinity ? 'max' : String(memoryLimitBytes)),
  'memory.peak': ({ peakBytes }) => String(peakBytes),
  'pids.current': (_group, machine) => String(machine.processes.size),
  'pids.max': (_group, machine) => String(machine.processLimit),
};

export class ControlGroupFileSystem extends ReadOnlyFileSystem implements FileSystem {
  readonly #group: ControlGroup;
  readonly #machine: Machine;

  constructor(group: ControlGroup, machine: Machine) {
    super();
    this.#group = group;
    this.#machine = machine;
  }

  stat(path: string): FileStat {
    const directory = this.directoryStat(1);
    if (path === '/') return directory;
    if (!Object.hasOwn(FILES, path.slice(1))) throw new Errno('ENOENT');
    return { ...directory, kind: 'file', mode: 0o444, links: 1 };
  }

  readFile(path: string): Uint8Array {
    if (path === '/') throw new Errno('EISDIR');
    this.stat(path);
    return encode(`${FILES[path.slice(1)]!(this.#group, this.#machine)}\n`);
  }

  readDirectory(path: string): string[] {
    if (path !== '/') {
      this.stat(path);
      throw new Errno('ENOTDIR');
    }
    return Object.keys(FILES).sort();
  }

  watch(): Disposable {
    return toDisposable(() => undefined);
  }
}
