/** What the parts of one kubelet share. */
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { BatchTools } from '../../os/batch-tools.ts';
import type { ControlGroup } from '../../os/control-group.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { ClusterNetwork, NodeNetwork } from '../network/cluster-network.ts';
import type { ProgramTable } from '../images/executable.ts';
import type { Environment } from './environment.ts';
import type { ImagePuller } from './image-puller.ts';
import type { Requests } from './resource-requests.ts';
import type { StatusManager } from './status-manager.ts';
import type { Volumes } from './volumes.ts';

export interface NodeContext {
  readonly name: string;
  /** The kubelet's own: `system:node:NAME`. */
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly recorder: EventRecorder;
  readonly statuses: StatusManager;
  readonly images: ImagePuller;
  readonly volumes: Volumes;
  readonly environment: Environment;
  readonly programs: ProgramTable;
  /** Where containers' tools run that cannot yield. */
  readonly batch: BatchTools | undefined;
  readonly clusterNetwork: ClusterNetwork;
  readonly network: NodeNetwork;
  /** What all pods of the node use together. */
  readonly controlGroup: ControlGroup;
  /** What pods can have, as in the Node's status. */
  readonly allocatable: Readonly<Record<string, string | number>>;
  /** What is set aside for the pods of the node but one: millicores and bytes. */
  allocated(exceptUid: string): Requests;
  /** Address of the cluster's DNS Service. */
  readonly clusterDNS: string;
}
