/** A learner's machine for transcripts: files in memory, our kubectl as its only program, an API as its cluster. */
import { RealClock, type Clock } from '../../sandbox/core/clock.ts';
import { decode, encode } from '../../sandbox/core/bytes.ts';
import type { HttpOrigin } from '../../sandbox/core/http.ts';
import { Random } from '../../sandbox/core/random.ts';
import { Machine, type Program } from '../../sandbox/os/machine.ts';
import { MemoryFileSystem } from '../../sandbox/os/memory-file-system.ts';
import { OpenFile } from '../../sandbox/os/open-file.ts';

export interface Output {
  stdout: string;
  stderr: string;
  /** Both, in the order in which they were written. */
  output: string;
  exitCode: number;
}

export class TerminalMachine {
  readonly machine: Machine;
  readonly #kubectl: Program;

  constructor(kube: HttpOrigin, kubectl: Program, clock: Clock = new RealClock()) {
    this.#kubectl = kubectl;
    const files = new MemoryFileSystem({ clock });
    files.mkdir('/root', { recursive: true });
    files.mkdir('/tmp', { recursive: true });
    this.machine = new Machine({
      hostname: 'learner',
      files,
      clock,
      random: new Random(1),
      kube,
      findProgram: (name) => (name === 'kubectl' ? kubectl : undefined),
      programNames: () => ['kubectl'],
    });
  }

  write(path: string, text: string): void {
    const full = path.startsWith('/') ? path : `/root/${path}`;
    this.machine.files.mkdir(full.slice(0, full.lastIndexOf('/')), { recursive: true });
    this.machine.files.writeFile(full, encode(text));
  }

  read(path: string): string {
    return decode(this.machine.files.readFile(path.startsWith('/') ? path : `/root/${path}`));
  }

  /** Runs kubectl to its end, or for `limitMs` and then interrupts it. */
  async run(
    argv: readonly string[],
    {
      stdin = '',
      limitMs,
      environment = {},
    }: { stdin?: string; limitMs?: number; environment?: Record<string, string> } = {},
  ): Promise<Output> {
    const out: Output = { stdout: '', stderr: '', output: '', exitCode: 0 };
    const sink = (name: 'stdout' | 'stderr') =>
      new OpenFile({
        write: (bytes) => {
          out[name] += decode(bytes);
          out.output += decode(bytes);
          return undefined;
        },
      });
    let input: Uint8Array | null = encode(stdin);
    const source = new OpenFile({
      read: () => {
        const bytes = input && input.length > 0 ? input : null;
        input = null;
        return Promise.resolve(bytes);
      },
    });
    const process = this.machine.spawn({
      argv: [...argv],
      program: this.#kubectl,
      environment: { HOME: '/root', PATH: '/bin', ...environment },
      directory: '/root',
      files: [source, sink('stdout'), sink('stderr')],
      processGroup: 'new',
    });
    const timer = limitMs === undefined ? undefined : setTimeout(() => process.signal('INT'), limitMs);
    out.exitCode = await process.exited;
    clearTimeout(timer);
    return out;
  }
}
