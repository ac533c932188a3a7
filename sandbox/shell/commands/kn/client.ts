/** The API as `kn` uses it: one kind in one namespace, and waiting until something is Ready, or gone. */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import { CommandError } from '../kubectl/errors.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import type { Condition, Kind } from './objects.ts';

interface WithConditions extends KubernetesObject {
  status?: { observedGeneration?: number; conditions?: Condition[] };
}

/** How a wait goes on, in ms. */
export interface WaitLimits {
  timeoutMs: number;
  /** How long a failure may last before it counts. */
  windowMs: number;
}

/** Writes that somebody else's came before are tried so often. */
const TRIES = 5;

export class KnClient<T extends KubernetesObject> {
  readonly #invocation: Invocation;
  readonly #kind: Kind<T>;
  readonly namespace: string;

  constructor(invocation: Invocation, kind: Kind<T>) {
    this.#invocation = invocation;
    this.#kind = kind;
    this.namespace = invocation.namespace.namespace;
  }

  get(name: string): Promise<T> {
    return this.#invocation.api.get<T>(this.#path(name));
  }

  /** Undefined: there is none. */
  async find(name: string): Promise<T | undefined> {
    try {
      return await this.get(name);
    } catch (error) {
      if (error instanceof StatusError && error.status.reason === 'NotFound') return undefined;
      throw error;
    }
  }

  /** Of the namespace, or of all with `-A`, in the order of their names. */
  async list(query: Record<string, string> = {}): Promise<T[]> {
    const { flags, api } = this.#invocation;
    const all = flags.has('all-namespaces') && flags.bool('all-namespaces');
    const { group, resource, kind } = this.#kind;
    const path = all ? `/apis/${group}/v1/${resource}` : this.#path();
    const { items } = await api.get<{ items: T[] }>(path, query);
    const apiVersion = `${group}/v1`;
    const key = ({ metadata }: KubernetesObject) => `${metadata.namespace}/${metadata.name}`;
    return items.map((item) => ({ apiVersion, kind, ...item })).sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  create(object: KubernetesObject): Promise<T> {
    return this.#invocation.api.request<T>('POST', this.#path(), {
      body: { apiVersion: `${this.#kind.group}/v1`, kind: this.#kind.kind, ...object },
    });
  }

  /** Writes what `change` makes of the object; whether that was something new. */
  async update(name: string, change: (object: T) => T | Promise<T>): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const before = await this.get(name);
      const body = await change(before);
      try {
        const after = await this.#invocation.api.request<T>('PUT', this.#path(name), { body });
        return after.metadata.generation !== before.metadata.generation;
      } catch (error) {
        const conflict = error instanceof StatusError && error.status.reason === 'Conflict';
        if (!conflict || attempt >= TRIES) throw error;
      }
    }
  }

  patch(name: string, body: object): Promise<T> {
    return this.#invocation.api.request<T>('PATCH', this.#path(name), {
      body,
      contentType: 'application/merge-patch+json',
    });
  }

  /** Deletes, and waits until it is gone when told how long. */
  async delete(name: string, waitMs: number | undefined): Promise<void> {
    await this.#invocation.api.request('DELETE', this.#path(name), {
      body: { propagationPolicy: waitMs === undefined ? 'Background' : 'Foreground' },
    });
    if (waitMs === undefined) return;
    const object = await this.find(name);
    if (!object) return;
    await this.#follow(name, object, waitMs, ({ type }) => type === 'DELETED' || undefined);
  }

  /** Waits until the object is Ready; tells what is said meanwhile, with the ms that it took. Answers those at the end. */
  async waitForReady(
    name: string,
    { timeoutMs, windowMs }: WaitLimits,
    tell: (ms: number, message: string) => Promise<void> | undefined,
  ): Promise<number> {
    const { process } = this.#invocation;
    const startedMs = this.#invocation.now();
    const elapsed = () => this.#invocation.now() - startedMs;
    const first = (await this.get(name)) as WithConditions;
    if (readyOf(first)?.status === 'True') return elapsed();
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    let window: { dispose(): void } | undefined;
    try {
      await Promise.race([
        failed.promise,
        this.#follow(name, first as unknown as T, timeoutMs, async ({ object }) => {
          const ready = readyOf(object as WithConditions);
          if (!ready) return undefined;
          if (ready.status === 'True') return true;
          if (ready.status === 'False')
            window ??= process.machine.clock.setTimeout(
              () => failed.reject(new CommandError(`${ready.reason}: ${ready.message}`)),
              windowMs,
            );
          else {
            window?.dispose();
            window = undefined;
          }
          if (ready.message) await tell(elapsed(), ready.message);
          return undefined;
        }),
      ]);
    } finally {
      window?.dispose();
    }
    return elapsed();
  }

  /** Follows the object until `done` says so. */
  async #follow(
    name: string,
    from: T,
    timeoutMs: number,
    done: (event: { type: string; object: T }) => Promise<true | undefined> | true | undefined,
  ): Promise<void> {
    const { api, process } = this.#invocation;
    const abort = new AbortController();
    let late = false;
    const timer = process.machine.clock.setTimeout(() => {
      late = true;
      abort.abort(new Error('late'));
    }, timeoutMs);
    try {
      const query = {
        fieldSelector: `metadata.name=${name}`,
        resourceVersion: from.metadata.resourceVersion ?? '',
      };
      for await (const event of api.watch(this.#path(), query, undefined, abort.signal))
        if (await done(event)) return;
    } catch (error) {
      if (!late) throw error;
    } finally {
      timer.dispose();
    }
    throw new CommandError(
      `timeout: ${this.#kind.kind.toLowerCase()} '${name}' not ready after ${Math.round(timeoutMs / 1000)} seconds`,
    );
  }

  #path(name?: string): string {
    const { group, resource } = this.#kind;
    const base = `/apis/${group}/v1/namespaces/${encodeURIComponent(this.namespace)}/${resource}`;
    return name === undefined ? base : `${base}/${encodeURIComponent(name)}`;
  }
}

/** The Ready condition, if it is about what the object says now. */
function readyOf({ metadata, status }: WithConditions): Condition | undefined {
  if (metadata.generation !== status?.observedGeneration) return undefined;
  return status?.conditions?.find(({ type }) => type === 'Ready');
}
