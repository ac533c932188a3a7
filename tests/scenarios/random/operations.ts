/** Random things that people and machines do to a cluster, drawn from a seed: the same seed does the same. */
import { Random } from '../../../sandbox/core/random.ts';
import { timestamp } from '../../../sandbox/core/clock.ts';
import { isStatus, StatusError } from '../../../sandbox/cluster/api/status.ts';
import type { KubernetesObject } from '../../../sandbox/cluster/api/object.ts';
import type { Pod, PodSpec } from '../../../sandbox/cluster/client/kinds.ts';
import {
  DAEMON_SETS,
  DEPLOYMENTS,
  JOBS,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  RESOURCE_QUOTAS,
  SERVICES,
  STATEFUL_SETS,
  type ResourceType,
} from '../../../sandbox/cluster/client/resources.ts';
import { SimulatedCluster } from '../../../sandbox/cluster/simulated-cluster.ts';
import { SnapshotOperations } from './snapshot-operations.ts';

const NODE_NAMES = ['n1', 'n2', 'n3', 'n4'];
const NAMES = ['a', 'b', 'c'];
const WORKLOADS: readonly ResourceType[] = [DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, JOBS];
const SCALABLE: readonly ResourceType[] = [DEPLOYMENTS, STATEFUL_SETS];
/** Longer than any back-off and any toleration that a run can be in the middle of. */
const QUIESCENCE_SECONDS = 1500;

export class RandomRun {
  readonly cluster: SimulatedCluster;
  /** What was done, with what the cluster said to it, and the events that came of it. */
  readonly transcript: string[] = [];
  readonly snapshots: SnapshotOperations;
  readonly #random: Random;
  readonly #seed: number;
  readonly #silent = new Set<string>();

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#seed = seed;
    this.cluster = new SimulatedCluster({
      seed,
      startMs: this.#random.int(3) * 700,
      stopMs: this.#random.int(3) * 900,
      renewMs: 40_000,
    });
    this.snapshots = new SnapshotOperations(this.cluster, this.#random, NODE_NAMES);
  }

  async run(operations: number): Promise<void> {
    for (const name of NODE_NAMES) await this.cluster.addNode(name, { cpu: '2' });
    const installed = await this.snapshots.install(new Random(this.#seed));
    await this.cluster.settle();
    for (let i = 0; i < operations; i++) {
      await this.#operate();
      await this.cluster.advance(this.#random.int(4) === 0 ? this.#random.int(400) : this.#random.int(5));
      this.transcript.push(...(await this.cluster.events()));
    }
    await this.#quiesce();
    installed.dispose();
  }

  /** Everything that was broken works again, and time passes until nothing is left to do. */
  async #quiesce(): Promise<void> {
    for (const name of this.#silent) await this.cluster.resume(name);
    this.#silent.clear();
    for (const name of NODE_NAMES) await this.#cordon(name, false);
    await this.cluster.advance(QUIESCENCE_SECONDS);
    this.transcript.push(...(await this.cluster.events()), ...(await this.cluster.pods()));
  }

  async #operate(): Promise<void> {
    const operations: [number, () => Promise<string>][] = [
      [5, () => this.#create()],
      [3, () => this.#scale()],
      [3, () => this.#changeImage()],
      [2, () => this.#deleteWorkload()],
      [3, () => this.#deletePod()],
      [3, () => this.#endJobPod()],
      [2, () => this.#createService()],
      [1, () => this.#silence()],
      [1, () => this.#resume()],
      [1, () => this.#cordonSome()],
      [1, () => this.#limit()],
      [1, () => this.#claim()],
      [3, () => this.snapshots.claim()],
      [1, () => this.snapshots.use()],
      [3, () => this.snapshots.snapshot()],
      [1, () => this.snapshots.group()],
    ];
    let ticket = this.#random.int(operations.reduce((sum, [weight]) => sum + weight, 0));
    const [, operation] = operations.find(([weight]) => (ticket -= weight) < 0)!;
    let said: string;
    try {
      said = await operation();
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      said = `refused: ${error.message}`;
    }
    this.transcript.push(`# ${said}`);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random.int(list.length)]!;
  }

  async #existing(
    types: readonly ResourceType[],
  ): Promise<{ type: ResourceType; object: KubernetesObject } | undefined> {
    const all = [];
    for (const type of types) {
      const { items } = await this.cluster.admin.list(type, { namespace: 'default' });
      for (const object of items) all.push({ type, object });
    }
    return all.length > 0 ? this.#pick(all) : undefined;
  }

  #podSpec(): PodSpec {
    const requests = this.#random.int(3) === 0 ? { cpu: this.#pick(['100m', '500m', '900m']) } : undefined;
    return {
      containers: [{ name: 'main', image: 'nginx:1', ...(requests ? { resources: { requests } } : {}) }],
    };
  }

  async #create(): Promise<string> {
    const type = this.#pick(WORKLOADS);
    const name = this.#pick(NAMES);
    const labels = { app: `${type.kind.toLowerCase()}-${name}` };
    const spec: any = { template: { metadata: { labels }, spec: this.#podSpec() } };
    if (type !== JOBS) spec.selector = { matchLabels: labels };
    if (SCALABLE.includes(type)) spec.replicas = this.#random.int(6);
    if (type === STATEFUL_SETS) {
      spec.serviceName = name;
      spec.podManagementPolicy = this.#pick(['OrderedReady', 'Parallel']);
      if (this.#random.int(2) === 0) {
        const resources = { requests: { storage: '1Gi' } };
        spec.volumeClaimTemplates = [
          { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources } },
        ];
        spec.persistentVolumeClaimRetentionPolicy = {
          whenDeleted: this.#pick(['Retain', 'Delete']),
          whenScaled: this.#pick(['Retain', 'Delete']),
        };
      }
    }
    if (type === JOBS) {
      spec.template.spec.restartPolicy = 'Never';
      spec.completions = 1 + this.#random.int(4);
      spec.parallelism = 1 + this.#random.int(3);
      spec.completionMode = this.#pick(['Indexed', 'NonIndexed']);
      spec.backoffLimit = this.#random.int(4);
    }
    if (type === DEPLOYMENTS && this.#random.int(4) === 0) spec.strategy = { type: 'Recreate' };
    await this.cluster.admin.create(type, { metadata: { namespace: 'default', name }, spec });
    return `create ${type.kind} ${name} ${spec.replicas ?? ''}`;
  }

  async #scale(): Promise<string> {
    const found = await this.#existing(SCALABLE);
    if (!found) return 'nothing to scale';
    const replicas = this.#random.int(7);
    await this.cluster.admin.patch(found.type, found.object.metadata, 'application/merge-patch+json', {
      spec: { replicas },
    });
    return `scale ${found.type.kind} ${found.object.metadata.name} to ${replicas}`;
  }

  async #changeImage(): Promise<string> {
    const found = await this.#existing([DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS]);
    if (!found) return 'nothing to change';
    const image = `nginx:${this.#random.int(4)}`;
    await this.cluster.admin.patch(
      found.type,
      found.object.metadata,
      'application/strategic-merge-patch+json',
      { spec: { template: { spec: { containers: [{ name: 'main', image }] } } } },
    );
    return `image of ${found.type.kind} ${found.object.metadata.name} is ${image}`;
  }

  async #deleteWorkload(): Promise<string> {
    const found = await this.#existing([...WORKLOADS, SERVICES]);
    if (!found || found.object.metadata.name === 'kubernetes') return 'nothing to delete';
    const propagationPolicy = this.#pick(['Background', 'Foreground', 'Orphan'] as const);
    await this.cluster.admin.delete(found.type, found.object.metadata, { propagationPolicy });
    return `delete ${found.type.kind} ${found.object.metadata.name}, ${propagationPolicy}`;
  }

  async #deletePod(): Promise<string> {
    const found = await this.#existing([PODS]);
    if (!found) return 'no pod to delete';
    await this.cluster.admin.delete(PODS, found.object.metadata);
    return `delete pod ${found.object.metadata.name}`;
  }

  async #endJobPod(): Promise<string> {
    const { items } = await this.cluster.admin.list(PODS, { namespace: 'default' });
    const running = items.filter(
      ({ metadata, spec, status }) =>
        metadata.labels?.['job-name'] !== undefined &&
        status?.phase === 'Running' &&
        !this.#silent.has(spec.nodeName!),
    );
    if (running.length === 0) return 'no pod of a job runs';
    const pod: Pod = this.#pick(running);
    const exitCode = this.#random.int(3) === 0 ? 1 : 0;
    const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
    const finishedAt = timestamp(this.cluster.clock.now());
    const containerStatuses = [
      {
        name: 'main',
        image: '',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode, finishedAt } },
      },
    ];
    const conditions = (pod.status!.conditions ?? []).filter(({ type }) => type !== 'Ready');
    await this.cluster.admin.updateStatus(PODS, {
      ...pod,
      status: { ...pod.status, phase, conditions, containerStatuses },
    });
    return `pod ${pod.metadata.name} has ${phase}`;
  }

  async #createService(): Promise<string> {
    const kind = this.#pick(['deployment', 'statefulset', 'daemonset']);
    const name = `${kind}-${this.#pick(NAMES)}`;
    await this.cluster.admin.create(SERVICES, {
      metadata: { namespace: 'default', name },
      spec: {
        selector: { app: name },
        ports: [{ port: 80 }],
        publishNotReadyAddresses: this.#random.int(4) === 0,
      },
    });
    return `create service ${name}`;
  }

  #silence(): Promise<string> {
    const name = this.#pick(NODE_NAMES);
    this.#silent.add(name);
    this.cluster.silence(name);
    return Promise.resolve(`${name} falls silent`);
  }

  async #resume(): Promise<string> {
    const [name] = this.#silent;
    if (name === undefined) return 'all nodes are there';
    this.#silent.delete(name);
    await this.cluster.resume(name);
    return `${name} is back`;
  }

  async #cordonSome(): Promise<string> {
    const name = this.#pick(NODE_NAMES);
    const unschedulable = this.#random.int(2) === 0;
    await this.#cordon(name, unschedulable);
    return `${unschedulable ? 'cordon' : 'uncordon'} ${name}`;
  }

  async #cordon(name: string, unschedulable: boolean): Promise<void> {
    await this.cluster.admin.patch(NODES, { name }, 'application/merge-patch+json', {
      spec: { unschedulable: unschedulable || null },
    });
  }

  async #limit(): Promise<string> {
    const hard = {
      pods: String(4 + this.#random.int(12)),
      'requests.storage': '4Gi',
      'count/jobs.batch': '2',
    };
    const name = { namespace: 'default', name: 'limit' };
    try {
      await this.cluster.admin.create(RESOURCE_QUOTAS, { metadata: name, spec: { hard } });
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
      if (this.#random.int(2) === 0) {
        await this.cluster.admin.delete(RESOURCE_QUOTAS, name);
        return 'no quota any more';
      }
      await this.cluster.admin.patch(RESOURCE_QUOTAS, name, 'application/merge-patch+json', {
        spec: { hard },
      });
    }
    return `at most ${hard.pods} pods`;
  }

  /** A claim and the pod that uses it; or the end of one of them. */
  async #claim(): Promise<string> {
    const name = `disk-${this.#random.int(2)}`;
    if (this.#random.int(3) === 0) {
      await this.cluster.admin.delete(PERSISTENT_VOLUME_CLAIMS, { namespace: 'default', name });
      return `delete claim ${name}`;
    }
    await this.cluster.admin.create(PERSISTENT_VOLUME_CLAIMS, {
      metadata: { namespace: 'default', name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    await this.cluster.admin.create(PODS, {
      metadata: { namespace: 'default', name },
      spec: {
        ...this.#podSpec(),
        volumes: [{ name: 'disk', persistentVolumeClaim: { claimName: name } }],
      },
    });
    return `create claim and pod ${name}`;
  }
}
