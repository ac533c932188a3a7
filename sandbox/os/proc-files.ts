/** `/proc`, as far as scripts look into it: PID/{cmdline,comm,status,environ,stat}, self, uptime, meminfo, cpuinfo, version, loadavg, mounts. */
import { encode } from '../core/bytes.ts';
import { toDisposable, type Disposable } from '../core/disposable.ts';
import { Errno } from './errno.ts';
import type { FileStat, FileSystem } from './file-system.ts';
import type { Machine } from './machine.ts';
import type { Process } from './process.ts';
import { ReadOnlyFileSystem } from './read-only-file-system.ts';

/** What the machine pretends to have. */
export const TOTAL_MEMORY_BYTES = 4 * 1024 ** 3;

const STATES = { running: 'S (sleeping)', stopped: 'T (stopped)', exited: 'Z (zombie)' };

const PROCESS_FILES: Record<string, (process: Process) => string> = {
  cmdline: (process) => process.argv.map((word) => `${word}\0`).join(''),
  comm: (process) => `${nameOf(process)}\n`,
  environ: (process) =>
    Object.entries(process.environment)
      .map(([name, value]) => `${name}=${value}\0`)
      .join(''),
  stat: (process) =>
    `${process.pid} (${nameOf(process)}) ${STATES[process.state][0]} ${process.parentPid} ${process.processGroup} ${process.processGroup} 0 -1\n`,
  status: (process) =>
    `Name:\t${nameOf(process)}\nUmask:\t${process.umask.toString(8).padStart(4, '0')}\nState:\t${STATES[process.state]}\nTgid:\t${process.pid}\nPid:\t${process.pid}\nPPid:\t${process.parentPid}\nUid:\t${`${process.user.uid}\t`.repeat(4).trim()}\nGid:\t${`${process.user.gid}\t`.repeat(4).trim()}\nThreads:\t1\n`,
};

const nameOf = (process: Process): string => (process.argv[0] ?? '').split('/').at(-1)!.slice(0, 15);

export class ProcFileSystem extends ReadOnlyFileSystem implements FileSystem {
  readonly #machine: Machine;
  readonly #startMs: number;
  readonly #files: Record<string, () => string>;

  constructor(machine: Machine) {
    super();
    this.#machine = machine;
    this.#startMs = machine.clock.now();
    const kilobytes = (bytes: number) => `${String(bytes / 1024).padStart(8)} kB`;
    this.#files = {
      cpuinfo: () =>
        [0, 1].map((cpu) => `processor\t: ${cpu}\nmodel name\t: Slipway virtual CPU\n\n`).join(''),
      loadavg: () =>
        `${machine.load
          .at(machine.clock.now())
          .map((each) => each.toFixed(2))
          .join(' ')} 1/${machine.processes.size} ${Math.max(0, ...machine.processes.keys())}\n`,
      meminfo: () =>
        `MemTotal:       ${kilobytes(TOTAL_MEMORY_BYTES)}\nMemFree:        ${kilobytes(TOTAL_MEMORY_BYTES / 2)}\nMemAvailable:   ${kilobytes(TOTAL_MEMORY_BYTES / 2)}\n`,
      mounts: () =>
        'overlay / overlay rw,relatime 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\ndevtmpfs /dev devtmpfs rw,nosuid 0 0\n',
      uptime: () => {
        const seconds = ((machine.clock.now() - this.#startMs) / 1000).toFixed(2);
        return `${seconds} ${seconds}\n`;
      },
      version: () => 'Linux version 6.1.0-slipway #1 SMP PREEMPT_DYNAMIC\n',
    };
  }

  #process(pid: string): Process {
    // Which process looks is not known here: the youngest is the one that was just started to look.
    const found =
      pid === 'self'
        ? [...this.#machine.processes.values()].at(-1)
        : this.#machine.processes.get(Number(pid));
    if (!found) throw new Errno('ENOENT');
    return found;
  }

  #read(path: string): string | undefined {
    const [, first = '', second, ...rest] = path.split('/');
    if (rest.length > 0) throw new Errno('ENOENT');
    if (first === '') return undefined;
    if (first === 'self' || /^\d+$/.test(first)) {
      const process = this.#process(first);
      if (second === undefined) return undefined;
      const write = Object.hasOwn(PROCESS_FILES, second) ? PROCESS_FILES[second] : undefined;
      if (!write) throw new Errno('ENOENT');
      return write(process);
    }
    const write = Object.hasOwn(this.#files, first) ? this.#files[first] : undefined;
    if (!write || second !== undefined) throw new Errno('ENOENT');
    return write();
  }

  stat(path: string): FileStat {
    const text = this.#read(path);
    const directory = this.directoryStat(1);
    return text === undefined
      ? { ...directory, mode: 0o555 }
      : { ...directory, kind: 'file', mode: 0o444, links: 1 };
  }

  readFile(path: string): Uint8Array {
    const text = this.#read(path);
    if (text === undefined) throw new Errno('EISDIR');
    return encode(text);
  }

  readDirectory(path: string): string[] {
    if (this.#read(path) !== undefined) throw new Errno('ENOTDIR');
    if (path !== '/') return Object.keys(PROCESS_FILES).sort();
    const pids = [...this.#machine.processes.keys()].map(String);
    return [...pids, ...Object.keys(this.#files), 'self'].sort();
  }

  watch(): Disposable {
    return toDisposable(() => undefined);
  }
}
