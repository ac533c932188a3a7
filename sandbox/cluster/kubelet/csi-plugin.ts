/**
 * Storage drivers (CSI) on a node, as its kubelet knows them: a plugin registers under its driver's name and is asked
 * for the volumes of pods. Left out: attaching and staging, inline volumes, raw blocks.
 */
import type { MemoryFileSystem } from '../../os/memory-file-system.ts';
import type { Client } from '../client/client.ts';
import { ensure } from '../client/ensure.ts';
import type { CSINodeDriver, Node } from '../client/kinds.ts';
import { CSI_NODES } from '../client/resources.ts';

export interface CsiNodePlugin {
  /** NodePublishVolume: the files of a volume. Throws what the driver says when it does not have it. */
  publish(volumeHandle: string): MemoryFileSystem;
}

/** The plugins that are registered on a node, by their drivers' names. */
export type CsiPlugins = ReadonlyMap<string, CsiNodePlugin>;

/** The in-tree plugins whose volumes drivers serve now. */
const MIGRATED = [
  'aws-ebs',
  'azure-disk',
  'azure-file',
  'cinder',
  'gce-pd',
  'portworx-volume',
  'vsphere-volume',
].map((name) => `kubernetes.io/${name}`);

/** Makes the node's CSINode, in which drivers will say that they are there. */
export async function ensureCsiNode(client: Client, { metadata: { name, uid } }: Node): Promise<void> {
  await ensure(client, CSI_NODES, {
    metadata: {
      name: name!,
      annotations: { 'storage.alpha.kubernetes.io/migrated-plugins': MIGRATED.join() },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: name!, uid: uid! }],
    },
    // As Go writes a list that was never made.
    spec: { drivers: null as unknown as CSINodeDriver[] },
  });
}
