import { DeviceFileSystem } from './device-files.ts';
import type { Machine } from './machine.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import { ProcFileSystem } from './proc-files.ts';

/** Mounts `/dev` and `/proc`, and makes `/tmp`. Once for each machine, before its first process. */
export function mountSystemFiles(machine: Machine): void {
  const { files } = machine;
  if (!(files instanceof MemoryFileSystem)) return;
  files.mount('/dev', new DeviceFileSystem(machine.random));
  files.mount('/proc', new ProcFileSystem(machine));
  try {
    files.mkdir('/tmp', { mode: 0o1777 });
  } catch {
    // The image has one.
  }
}
