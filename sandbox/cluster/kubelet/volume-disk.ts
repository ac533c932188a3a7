/**
 * The node's disk as emptyDir volumes use it: what containers write there outlives them and a reboot of the
 * node, and goes with the pod. Whoever boots the cluster may keep it; `medium: Memory` is never on it.
 */
import type { MemoryFileSystem } from '../../os/memory-file-system.ts';

export interface VolumeDisk {
  /** A volume is set up: puts back what was kept of it, and keeps it from now on. */
  attach(volume: { podUid: string; name: string }, files: MemoryFileSystem): AttachedVolume;
}

export interface AttachedVolume {
  /** The pod is gone, and its volume with it. */
  remove(): void;
}
