/**
 * A session whose cluster and machine live in this thread: the Worker of a tab, or Node. Stored as it goes
 * (`journal.ts`), and rebooted from what was stored: objects, files and scrollback come back, programs start
 * again.
 */
import { encode } from '../../core/bytes.ts';
import { AdjustableClock } from '../../core/adjustable-clock.ts';
import type { Clock } from '../../core/clock.ts';
import { DisposableStore } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import type { HttpOrigin } from '../../core/http.ts';
import type { TrafficFlow } from '../../core/traffic.ts';
import { Random } from '../../core/random.ts';
import type { BatchTools } from '../../os/batch-tools.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type {
  Audit,
  AuditEvent,
  ExerciseStart,
  Scratch,
  ScriptResult,
  Session,
  SessionStatus,
  SessionTime,
  Traffic,
  Web,
} from '../runtime.ts';
import { DeferredNetwork } from './deferred-network.ts';
import { Journal } from './journal.ts';
import { LearnerMachine } from './learner-machine.ts';
import { FORMAT, type SessionStore, type StoredMeta, type StoredSession } from './session-store.ts';
import { ShellTerminals } from './shell-terminals.ts';
import { isVolumeKey, StoredVolumes } from './stored-volumes.ts';
import { Workspace, WORKSPACE } from './workspace.ts';

export interface EmbeddedSessionOptions {
  start: ExerciseStart;
  store: SessionStore;
  /** Where `store` ends with the tab: why, for the learner. */
  unstored?: string | undefined;
  /**
   * Makes the clock at `startMs` (epoch), or at the present with undefined. With an `AdjustableClock` the session
   * offers its `time`.
   */
  clock: (startMs: number | undefined) => Clock;
  /** Same seed, same names. */
  seed: number;
  /** Loads the cluster's code; the prompt does not wait for it. */
  loadCluster: () => Promise<typeof import('../../cluster/cluster.ts')>;
  /** Where tools run that cannot yield; see `shell/batch.ts`. */
  batch?: BatchTools | undefined;
}

const READY = '';
/** As fast as a busy cluster can follow. */
const MAX_RATE = 1000;
/** Longer asks for a step at a time. */
const MAX_ADVANCE_MS = 24 * 3600 * 1000;
/** Kept for checks that come later. */
const AUDIT_EVENTS = 2000;
/** How long a request into the cluster waits for the head of its answer. */
const WEB_MS = 10_000;

/** Opens what is stored, or a fresh start. Resolves when terminals can be opened; the cluster follows (`status`). */
export async function openEmbeddedSession(options: EmbeddedSessionOptions): Promise<EmbeddedSession> {
  let stored: StoredSession | undefined;
  let trouble: string | undefined;
  try {
    stored = await options.store.load();
  } catch (error) {
    // What cannot be read is not overwritten: this session is not stored.
    trouble = `${(error as Error).message} It is left untouched; what you do now is not stored. Reset starts anew.`;
  }
  return new EmbeddedSession(options, stored, trouble);
}

export class EmbeddedSession implements Session {
  #options: EmbeddedSessionOptions;
  #status: SessionStatus = { phase: 'starting', message: 'Starting the cluster', steps: [] };
  #statusChanged = new Emitter<SessionStatus>();
  readonly onStatus = this.#statusChanged.event;
  #fileChanged = new Emitter<FileChange>();
  #audited = new Emitter<AuditEvent>();
  #flowed = new Emitter<readonly TrafficFlow[]>();
  #life: Life;
  /** Why this session is not stored, or not the newest exercise: shown beside every status. */
  #notice: string | undefined;

  constructor(
    options: EmbeddedSessionOptions,
    stored: StoredSession | undefined,
    trouble: string | undefined,
  ) {
    this.#options = options;
    this.#notice = trouble ?? options.unstored;
    if (stored && stored.meta.exerciseVersion !== options.start.version) {
      this.#notice =
        'This exercise has changed since you began it. Your cluster and your files are as you left them; Reset starts the new version.';
    }
    this.#life = this.#begin(stored, trouble === undefined);
  }

  get status(): SessionStatus {
    return { ...this.#status, ...this.#timeNow() };
  }

  #timeNow(): Pick<SessionStatus, 'time'> {
    const { clock } = this.#life;
    return clock instanceof AdjustableClock ? { time: { nowMs: clock.now(), rate: clock.rate } } : {};
  }

  get clock(): Clock {
    return this.#life.clock;
  }

  readonly kube: HttpOrigin = {
    fetch: async (request) => {
      const origin = await this.#open().learner;
      request.signal?.throwIfAborted();
      return origin.fetch(request);
    },
    connect: async (path, options) => (await this.#open().learner).connect(path, options),
  };

  readonly terminals: Session['terminals'] = {
    open: async (options) => this.#open().terminals.open(options),
    list: async () => this.#open().terminals.list(),
  };

  readonly files: Session['files'] = {
    list: async () => this.#open().workspace.list(),
    read: async (path) => this.#open().workspace.read(path),
    write: async (path, contents) => this.#open().workspace.write(path, contents),
    remove: async (path) => this.#open().workspace.remove(path),
    watch: (listener) => this.#fileChanged.event(listener),
  };

  readonly web: Web = {
    fetch: async (target, request) => {
      const { clock, cluster } = this.#open();
      const { network } = await cluster;
      // A person waits for this answer: Linux' two minutes until a connection is given up are too long.
      const timeout = new AbortController();
      const timer = clock.setTimeout(() => {
        timeout.abort(
          new Error(
            `No answer from Service ${target.service} on port ${target.port} within ${WEB_MS / 1000} s.`,
          ),
        );
      }, WEB_MS);
      const signal = request.signal ? AbortSignal.any([request.signal, timeout.signal]) : timeout.signal;
      try {
        const { from } = target;
        if (from && !network.pod(from.namespace, from.pod))
          throw new Error(`There is no running pod ${from.pod} in the namespace ${from.namespace}.`);
        return await network.fetchService(target, { ...request, signal }, from);
      } finally {
        timer.dispose();
      }
    },
  };

  readonly audit: Audit = {
    watch: (listener) => {
      for (const event of this.#life.auditEvents()) listener(event);
      return this.#audited.event(listener);
    },
  };

  readonly traffic: Traffic = { watch: (listener) => this.#flowed.event(listener) };

  get time(): SessionTime | undefined {
    return this.#life.clock instanceof AdjustableClock ? this.#time : undefined;
  }

  #time: SessionTime = {
    setRate: async (rate) => {
      if (!(rate >= 0 && rate <= MAX_RATE))
        throw new RangeError(`Time runs at a rate of 0 to ${MAX_RATE}, not at ${rate}.`);
      this.#adjustable().setRate(rate);
      this.#setStatus(this.#status);
    },
    advance: async (ms) => {
      if (!(ms >= 0 && ms <= MAX_ADVANCE_MS))
        throw new RangeError(`Time can be moved by up to ${MAX_ADVANCE_MS / 3600 / 1000} hours at once.`);
      await this.#adjustable().advance(ms);
      this.#setStatus(this.#status);
    },
  };

  #adjustable(): AdjustableClock {
    const { clock } = this.#open();
    if (clock instanceof AdjustableClock) return clock;
    throw new Error('The time of this session is not its own.');
  }

  readonly scratch: Scratch = {
    run: (script, { timeoutSeconds }) => this.#open().runInFork(script, timeoutSeconds),
  };

  /** What the session is made of now. Throws once it is closed. */
  #open(): Life {
    if (this.#status.phase === 'closed') throw new Error('This session is closed.');
    return this.#life;
  }

  async reset(): Promise<void> {
    this.#setStatus({ phase: 'resetting', message: 'Bringing the exercise back to its start' });
    await this.#life.end('abandon');
    await this.#options.store.clear();
    this.#notice = this.#options.unstored;
    this.#life = this.#begin(undefined, true);
    await this.#life.ready;
  }

  async close(): Promise<void> {
    if (this.#status.phase === 'closed') return;
    this.#setStatus({ phase: 'closed', message: 'Closed' });
    await this.#life.end('store');
    this.#options.store.close();
    for (const emitter of [this.#statusChanged, this.#fileChanged, this.#audited, this.#flowed])
      emitter.dispose();
  }

  #begin(stored: StoredSession | undefined, keep: boolean): Life {
    const life = new Life(this.#options, stored, keep, {
      step: (message) => this.#step(message),
      fileChange: (change) => this.#fileChanged.fire(change),
      audit: (event) => this.#audited.fire(event),
      traffic: (flows) => this.#flowed.fire(flows),
      storageFailure: (error) => this.#storageFailed(error),
    });
    life.ready.then(
      () => {
        if (life === this.#life) this.#setStatus({ phase: 'ready', message: this.#notice ?? READY });
      },
      (error: Error) => {
        if (life !== this.#life) return;
        this.#setStatus({
          phase: 'failed',
          message: `The cluster did not start: ${error.message} Your files are safe. Reload the page, or Reset the exercise.`,
        });
      },
    );
    return life;
  }

  #step(message: string): void {
    if (this.#status.phase === 'starting' || this.#status.phase === 'resetting') {
      this.#setStatus({ ...this.#status, message, steps: [...(this.#status.steps ?? []), message] });
    }
  }

  #storageFailed(error: Error | undefined): void {
    this.#notice = error?.message;
    if (this.#status.phase === 'ready') this.#setStatus({ phase: 'ready', message: this.#notice ?? READY });
  }

  #setStatus(status: SessionStatus): void {
    this.#status = status;
    this.#statusChanged.fire(this.status);
  }
}

const namespaceManifest = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n`;

type FileChange = Parameters<Parameters<Session['files']['watch']>[0]>[0];

interface LifeListeners {
  step(message: string): void;
  fileChange(change: FileChange): void;
  audit(event: AuditEvent): void;
  traffic(flows: readonly TrafficFlow[]): void;
  storageFailure(error: Error | undefined): void;
}

/** What a reset replaces: one machine, one cluster, one journal. */
class Life {
  readonly clock: Clock;
  readonly workspace: Workspace;
  readonly terminals: ShellTerminals;
  readonly cluster: Promise<Cluster>;
  /** The API with the learner's rights. */
  readonly learner: Promise<HttpOrigin>;
  /** The cluster runs and what the exercise starts from is there. */
  readonly ready: Promise<void>;
  #machine: LearnerMachine;
  #journal: Journal | undefined;
  #resources = new DisposableStore();
  #audit: AuditEvent[] = [];
  #options: EmbeddedSessionOptions;
  #forks = 0;

  constructor(
    options: EmbeddedSessionOptions,
    stored: StoredSession | undefined,
    keep: boolean,
    on: LifeListeners,
  ) {
    const { start, store } = options;
    this.#options = options;
    this.clock = options.clock(stored?.meta.clockMs);
    const random = new Random(options.seed + (stored?.meta.revision ?? 0));
    let revision = stored?.meta.revision ?? 0;
    let running: Cluster | undefined;
    let volumes: StoredVolumes | undefined;
    this.cluster = options.loadCluster().then(({ Cluster, snapshotOf }) => {
      const snapshot = stored && snapshotOf(stored.objects, stored.meta.revision);
      // Whose volumes the nodes' disks have.
      const owners = ['pods', 'persistentvolumes', 'snapshot.storage.k8s.io/volumesnapshotcontents'];
      const kept = owners.flatMap((resource) => snapshot?.resources[resource] ?? []);
      const uids = new Set(kept.map(({ metadata }) => metadata.uid));
      volumes = new StoredVolumes(
        stored?.files ?? new Map(),
        (uid) => uids.has(uid),
        (key) => this.#journal?.mark('files', key),
      );
      const cluster = new Cluster({
        clock: this.clock,
        random,
        nodes: start.nodes,
        snapshot,
        volumes,
        disk: this.#machine.files,
        addons: start.addons,
        batch: options.batch,
      });
      this.#resources.add(cluster);
      running = cluster;
      if (!stored) for (const key of cluster.storedKeys()) this.#journal?.mark('objects', key);
      this.#resources.add(
        cluster.onStored((keys) => {
          revision = cluster.api.store.revision;
          for (const key of keys) this.#journal?.mark('objects', key);
        }),
      );
      this.#resources.add(cluster.network.traffic.watch(on.traffic));
      this.#resources.add(
        cluster.api.audit.watch((event) => {
          this.#audit.push(event);
          if (this.#audit.length > AUDIT_EVENTS) this.#audit.shift();
          on.audit(event);
        }),
      );
      return cluster;
    });
    this.learner = this.cluster.then((cluster) =>
      cluster.origin({ username: 'learner', groups: ['system:masters', 'system:authenticated'] }),
    );
    const kube: HttpOrigin = {
      fetch: async (request) => (await this.learner).fetch(request),
      connect: async (path, init) => (await this.learner).connect(path, init),
    };
    this.#machine = new LearnerMachine({
      clock: this.clock,
      random,
      kube,
      network: new DeferredNetwork(this.cluster.then((cluster) => cluster.network.learner)),
      engine: async () => (await this.cluster).engine(),
      namespace: start.namespace,
      batch: options.batch,
      stored: stored?.files,
    });
    const exerciseVersion = stored?.meta.exerciseVersion ?? start.version;
    let laidOut = stored?.meta.laidOut ?? false;
    const meta = (): StoredMeta => ({
      format: FORMAT,
      exerciseVersion,
      laidOut,
      clockMs: this.clock.now(),
      revision,
    });
    if (keep) {
      this.#journal = new Journal({
        store,
        meta,
        objects: (key) => running?.stored(key),
        files: (key) => (isVolumeKey(key) ? volumes?.record(key) : this.#machine.stored.record(key)),
        terminals: (name) => this.terminals.scrollback(name),
        onFailure: on.storageFailure,
      });
      this.#resources.add(this.#machine.stored.onChange((path) => this.#journal!.mark('files', path)));
    }
    this.workspace = new Workspace(this.#machine.files);
    if (!stored)
      for (const [path, text] of Object.entries(start.files)) void this.workspace.write(path, encode(text));
    this.#resources.add(this.workspace.watch(on.fileChange));
    this.terminals = new ShellTerminals({
      machine: this.#machine.machine,
      startShell: (_, pty) => this.#machine.startShell(pty),
      workspace: WORKSPACE,
      scrollback: stored?.terminals ?? new Map(),
      onChange: (name) => this.#journal?.mark('terminals', name),
    });

    this.ready = this.cluster.then(async (cluster) => {
      await cluster.ready;
      if (laidOut) return;
      on.step('Laying out the exercise');
      const admin = cluster.origin({ username: 'system:slipway', groups: ['system:masters'] });
      if (start.namespace !== 'default') {
        await this.#machine.apply(admin, namespaceManifest(start.namespace));
      }
      for (const manifest of start.manifests) await this.#machine.apply(admin, manifest);
      laidOut = true;
      this.#journal?.touch();
    });
    // Whoever asks for the cluster gets the failure; nobody asking must not be an unhandled rejection.
    this.cluster.catch(() => {});
    this.learner.catch(() => {});
  }

  /** What the learner asked of the API so far, oldest first. */
  auditEvents(): readonly AuditEvent[] {
    return this.#audit;
  }

  /** See `Scratch`. The fork shares this life's clock; it ends with the script or with this life. */
  async runInFork(script: string, timeoutSeconds: number): Promise<ScriptResult> {
    const { clock } = this;
    const { start, batch, loadCluster, seed } = this.#options;
    // Loaded with the first check that runs a script, not with the prompt.
    const [{ Cluster }, { Fork }] = await Promise.all([loadCluster(), import('./fork.ts')]);
    const snapshot = (await this.cluster).snapshot();
    const random = new Random(seed + ++this.#forks);
    const files = this.#machine.files.snapshot();
    const disk = new MemoryFileSystem({ clock, tree: files });
    const cluster = new Cluster({
      clock,
      random,
      nodes: start.nodes,
      snapshot,
      disk,
      addons: start.addons,
      batch,
    });
    const fork = this.#resources.add(new Fork({ cluster, clock, random, files, batch }));
    try {
      return await fork.run(script, timeoutSeconds);
    } finally {
      this.#resources.release(fork);
      fork.dispose();
    }
  }

  async end(how: 'store' | 'abandon'): Promise<void> {
    if (how === 'store') await this.#journal?.close();
    else this.#journal?.abandon();
    this.terminals.dispose();
    this.#machine.dispose();
    this.#resources.dispose();
  }
}
