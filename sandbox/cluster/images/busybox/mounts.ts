/** busybox `mount` (its list) and `df`: what a container's file system is made of. */
import { MemoryFileSystem } from '../../../os/memory-file-system.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';

interface Mount {
  device: string;
  at: string;
  type: string;
  options: string;
  /** Undefined: not on a disk, so `df` leaves it out. */
  sizeBytes: number | undefined;
  usedBytes: number;
}

/** Where a container writes: the node's disk. */
const DISK_BYTES = 100 * 1024 ** 3;
/** `/dev` of a container. */
const DEV_BYTES = 64 * 1024 ** 2;

/** The mounts of the process' machine, in order of mounting. */
function mountsOf({ machine }: Process): Mount[] {
  const files: unknown = machine.files;
  const root = files instanceof MemoryFileSystem ? files : undefined;
  const disk = (memory: unknown) => {
    const quota = memory instanceof MemoryFileSystem ? memory.quotaBytes : Infinity;
    return Number.isFinite(quota) ? quota : DISK_BYTES;
  };
  const used = (memory: unknown) => (memory instanceof MemoryFileSystem ? memory.usedBytes : 0);
  const mounts: Mount[] = [
    {
      device: 'overlay',
      at: '/',
      type: 'overlay',
      options: root ? 'rw,relatime' : 'ro,relatime',
      sizeBytes: disk(root),
      usedBytes: used(root),
    },
  ];
  for (const [at, mounted] of root?.mounts ?? []) {
    if (at === '/proc')
      mounts.push({ device: 'proc', at, type: 'proc', options: 'rw,nosuid,nodev,noexec,relatime', sizeBytes: undefined, usedBytes: 0 }); // prettier-ignore
    else if (at === '/dev')
      mounts.push({ device: 'tmpfs', at, type: 'tmpfs', options: 'rw,nosuid,size=65536k,mode=755', sizeBytes: DEV_BYTES, usedBytes: 0 }); // prettier-ignore
    else
      mounts.push({ device: '/dev/vda', at, type: 'ext4', options: 'rw,relatime', sizeBytes: disk(mounted), usedBytes: used(mounted) }); // prettier-ignore
  }
  return mounts;
}

export const mount: Program = async (process) => {
  if (process.argv.length > 1) {
    await process.printError('mount: permission denied (are you root?)\n');
    return 1;
  }
  const lines = mountsOf(process).map(
    ({ device, at, type, options }) => `${device} on ${at} type ${type} (${options})\n`,
  );
  await process.print(lines.join(''));
  return 0;
};

export const df: Program = async (process) => {
  const words = process.argv.slice(1);
  const human = words.some((word) => /^-\w*h/.test(word));
  const asked = words.filter((word) => !word.startsWith('-'));
  const unit = human ? 'Size' : '1K-blocks';
  await process.print(
    human
      ? `Filesystem                ${unit}      Used Available Use% Mounted on\n`
      : `Filesystem           ${unit}      Used Available Use% Mounted on\n`,
  );
  const mounts = mountsOf(process);
  let chosen = mounts.filter(({ sizeBytes }) => sizeBytes !== undefined);
  let exitCode = 0;
  if (asked.length > 0) {
    chosen = [];
    for (const path of asked) {
      const place = process.resolve(path);
      try {
        process.fileSystem.stat(place);
      } catch {
        await process.printError(`df: ${path}: can't find mount point\n`);
        exitCode = 1;
        continue;
      }
      const holding = mounts.filter(({ at }) => at === '/' || place === at || place.startsWith(`${at}/`));
      chosen.push(holding.reduce((deepest, each) => (each.at.length >= deepest.at.length ? each : deepest)));
    }
  }
  const show = (bytes: number) => (human ? humanSize(bytes) : String(Math.ceil(bytes / 1024)));
  for (const { device, at, sizeBytes = 0, usedBytes } of chosen) {
    const percent = sizeBytes === 0 ? 0 : Math.ceil((usedBytes / sizeBytes) * 100);
    await process.print(
      `${device.padEnd(20)} ${show(sizeBytes).padStart(9)} ${show(usedBytes).padStart(9)} ${show(sizeBytes - usedBytes).padStart(9)} ${String(percent).padStart(3)}% ${at}\n`,
    );
  }
  return exitCode;
};

/** `252.0G`, `64.0M`, `0`. */
export function humanSize(bytes: number): string {
  if (bytes === 0) return '0';
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? String(bytes) : `${value.toFixed(1)}${UNITS[unit]}`;
}

const UNITS = ['', 'K', 'M', 'G', 'T'];
