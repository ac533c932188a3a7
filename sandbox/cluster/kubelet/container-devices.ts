/** `/dev` of a container: the machine's devices and the file a program may leave its last words in. */
import { concat, EMPTY } from '../../core/bytes.ts';
import type { Random } from '../../core/random.ts';
import { DeviceFileSystem } from '../../os/device-files.ts';
import type { FileStat, SpecialFile } from '../../os/file-system.ts';

/** A message may have 4 KiB (`MaxContainerTerminationMessageLength`). */
export const MAX_MESSAGE_BYTES = 4096;

export class ContainerDevices extends DeviceFileSystem {
  readonly #path: string;
  #message: Uint8Array = EMPTY;

  /** @param terminationMessagePath under `/dev`, without it: `/termination-log`. */
  constructor(random: Random, terminationMessagePath: string) {
    super(random);
    this.#path = terminationMessagePath;
  }

  /** What was written to the termination message file. */
  get terminationMessage(): Uint8Array {
    return this.#message.subarray(0, MAX_MESSAGE_BYTES);
  }

  override stat(path: string): FileStat {
    if (path !== this.#path) return super.stat(path);
    return { ...this.directoryStat(9), kind: 'file', mode: 0o666, links: 1, sizeBytes: this.#message.length };
  }

  override readDirectory(path: string): string[] {
    const names = super.readDirectory(path);
    return path === '/' ? [...names, this.#path.slice(1)].sort() : names;
  }

  override readFile(path: string): Uint8Array {
    return path === this.#path ? this.#message : super.readFile(path);
  }

  override writeFile(path: string, contents?: Uint8Array): void {
    if (path === this.#path) this.#message = contents ?? EMPTY;
    else super.writeFile(path);
  }

  override appendFile(path: string, contents: Uint8Array): void {
    if (path === this.#path) this.#message = concat([this.#message, contents]);
    else super.appendFile(path, contents);
  }

  override openSpecial(path: string): SpecialFile | undefined {
    return path === this.#path ? undefined : super.openSpecial(path);
  }
}
