/**
 * `/dev`: null, zero, full, random, urandom, tty, stdin, stdout, stderr, fd/N and pts/N as far as a shell
 * session needs them. Mounted as a read-only file system of devices.
 */
import { EMPTY } from '../core/bytes.ts';
import { toDisposable, type Disposable } from '../core/disposable.ts';
import type { Random } from '../core/random.ts';
import { Errno } from './errno.ts';
import type { OpenFileOperations } from './open-file.ts';
import type { FileStat, FileSystem, SpecialFile } from './file-system.ts';
import type { Process } from './process.ts';
import { ReadOnlyFileSystem } from './read-only-file-system.ts';

/** How much one read of an endless device returns. */
const BLOCK_BYTES = 16384;

/** Descriptor `fd` of the process that opens it. */
const duplicate = (fd: number) => (process: Process) => {
  const file = process.files[fd];
  if (!file) throw new Errno('ENOENT');
  file.acquire();
  return { ...operationsOf(file.operations), onClose: () => file.close() };
};

/** The operations bound to their object, so that they can be spread. */
function operationsOf(operations: OpenFileOperations) {
  return {
    read: operations.read && (() => operations.read!()),
    unread: operations.unread && ((bytes: Uint8Array) => operations.unread!(bytes)),
    write: operations.write && ((bytes: Uint8Array) => operations.write!(bytes)),
    readNow: operations.readNow && (() => operations.readNow!()),
    readable: operations.readable && (() => operations.readable!()),
    terminal: operations.terminal,
    path: operations.path,
  };
}

export class DeviceFileSystem extends ReadOnlyFileSystem implements FileSystem {
  readonly #devices: Record<string, SpecialFile>;

  constructor(random: Random) {
    super();
    const sink = () => undefined;
    this.#devices = {
      null: () => ({
        read: async () => null,
        readNow: () => null,
        readable: () => Promise.resolve(),
        write: sink,
      }),
      zero: () => ({ read: async () => new Uint8Array(BLOCK_BYTES), write: sink }),
      full: () => ({
        read: async () => new Uint8Array(BLOCK_BYTES),
        write: () => {
          throw new Errno('ENOSPC');
        },
      }),
      random: () => ({ read: async () => noise(random), write: sink }),
      urandom: () => ({ read: async () => noise(random), write: sink }),
      tty: (process) => {
        const file = process.files.find((each) => each?.terminal && each.terminal === process.terminal);
        if (!process.terminal || !(file ?? process.terminal.file)) throw new Errno('ENXIO');
        return operationsOf((file ?? process.terminal.file!).operations);
      },
      stdin: duplicate(0),
      stdout: duplicate(1),
      stderr: duplicate(2),
    };
  }

  #name(path: string): string {
    return path.slice(1);
  }

  stat(path: string): FileStat {
    const name = this.#name(path);
    if (name === '' || name === 'fd') return this.directoryStat(name === '' ? 1 : 2);
    if (this.#find(path)) {
      return {
        ...this.directoryStat(10 + Object.keys(this.#devices).indexOf(name)),
        kind: 'device',
        mode: 0o666,
        links: 1,
        sizeBytes: 0,
      };
    }
    throw new Errno('ENOENT');
  }

  #find(path: string): SpecialFile | undefined {
    const name = this.#name(path);
    const fd = /^fd\/(\d+)$/.exec(name);
    if (fd) return duplicate(Number(fd[1]));
    return Object.hasOwn(this.#devices, name) ? this.#devices[name] : undefined;
  }

  readDirectory(path: string): string[] {
    if (path === '/') return [...Object.keys(this.#devices), 'fd'].sort();
    if (path === '/fd') return ['0', '1', '2'];
    throw new Errno(this.#find(path) ? 'ENOTDIR' : 'ENOENT');
  }

  readFile(path: string): Uint8Array {
    this.stat(path);
    return EMPTY;
  }

  override writeFile(path: string): void {
    // Writing a whole file to a device is what `cp x /dev/null` does.
    if (!this.#find(path)) throw new Errno('EACCES');
  }

  openSpecial(path: string): SpecialFile | undefined {
    return this.#find(path);
  }

  watch(): Disposable {
    return toDisposable(() => undefined);
  }
}

function noise(random: Random): Uint8Array {
  const words = new Uint32Array(BLOCK_BYTES / 4);
  for (let i = 0; i < words.length; i++) words[i] = random.bits();
  return new Uint8Array(words.buffer);
}
