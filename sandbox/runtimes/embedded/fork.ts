/**
 * A cluster and a machine that go on from where the learner's are, on the same clock, and are thrown away:
 * what `Scratch` runs its scripts on. As after a reboot, programs start again and emptyDir volumes are empty.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { Random } from '../../core/random.ts';
import type { BatchTools } from '../../os/batch-tools.ts';
import type { FileTree } from '../../os/file-tree.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { Client } from '../../cluster/client/client.ts';
import { HttpTransport } from '../../cluster/client/http-transport.ts';
import { Informer } from '../../cluster/client/informer.ts';
import { NAMESPACES, SERVICE_ACCOUNTS } from '../../cluster/client/resources.ts';
import type { ScriptResult } from '../runtime.ts';
import { LearnerMachine } from './learner-machine.ts';

export interface ForkOptions {
  /** Booted from a snapshot of the learner's; owned by the fork. */
  cluster: Cluster;
  clock: Clock;
  random: Random;
  /** The learner's machine at the moment of forking. */
  files: FileTree;
  batch: BatchTools | undefined;
}

const NAMESPACE = 'slipway-check';
const ADMIN = { username: 'system:slipway', groups: ['system:masters'] };

export class Fork implements Disposable {
  #options: ForkOptions;
  #resources = new DisposableStore();

  constructor(options: ForkOptions) {
    this.#options = options;
    this.#resources.add(options.cluster);
  }

  /** Runs a script in a new, empty namespace. One a fork. */
  async run(script: string, timeoutSeconds: number): Promise<ScriptResult> {
    const { cluster, clock, random, files, batch } = this.#options;
    await cluster.ready;
    await this.#makeNamespace();
    const machine = this.#resources.add(
      new LearnerMachine({
        clock,
        random,
        kube: cluster.origin({ username: 'learner', groups: ['system:masters', 'system:authenticated'] }),
        network: cluster.network.learner,
        engine: () => cluster.engine(),
        namespace: NAMESPACE,
        batch,
        stored: undefined,
        files,
      }),
    );
    return machine.runScript(script, timeoutSeconds);
  }

  dispose(): void {
    this.#resources.dispose();
  }

  /** Resolves when pods can be made in it. */
  async #makeNamespace(): Promise<void> {
    const { cluster, clock } = this.#options;
    const client = new Client(new HttpTransport(cluster.origin(ADMIN)), {
      user: ADMIN,
      userAgent: 'slipway',
    });
    await client.create(NAMESPACES, { metadata: { name: NAMESPACE }, spec: {} });
    const accounts = this.#resources.add(
      new Informer(client, clock, SERVICE_ACCOUNTS, { scope: { namespace: NAMESPACE } }),
    );
    await new Promise<void>((resolve) => {
      accounts.addHandler({ add: ({ metadata }) => metadata.name === 'default' && resolve() });
      accounts.start();
    });
  }
}
