/**
 * Storage drivers (CSI) on a node, as its kubelet knows them: a plugin registers under its driver's name and is asked
 * for the volumes of pods. Left out: attaching and staging, inline volumes, raw blocks.
 */
import type { MemoryFileSystem } from '../../os/memory-file-system.ts';

export interface CsiNodePlugin {
  /** NodePublishVolume: the files of a volume. Throws what the driver says when it does not have it. */
  publish(volumeHandle: string): MemoryFileSystem;
}

/** The plugins that are registered on a node, by their drivers' names. */
export type CsiPlugins = ReadonlyMap<string, CsiNodePlugin>;
