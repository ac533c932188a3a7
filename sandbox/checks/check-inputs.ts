/** What the expressions of checks see of a session: objects, audit events, files and answers by name, kept current. */
import { CelValues } from '../cel/value.ts';
import { keyOf, type KubernetesObject } from '../cluster/api/object.ts';
import { TypeRegistry } from '../cluster/api/schema.ts';
import { Client } from '../cluster/client/client.ts';
import { HttpTransport } from '../cluster/client/http-transport.ts';
import { Informer } from '../cluster/client/informer.ts';
import { PODS, type ResourceType } from '../cluster/client/resources.ts';
import { decode } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { DisposableStore, type Disposable } from '../core/disposable.ts';
import { readText } from '../core/http.ts';
import type { AuditEvent, Session } from '../runtimes/runtime.ts';
import type { HttpProbe, Selection, Selector } from './exercise-checks.ts';

/** Sent with every request of checks, so that what they ask is not taken for the learner's doing. */
export const CHECKS_USER_AGENT = 'slipway-checks';

/** The part of a session that checks look at. */
export type CheckedSession = Pick<Session, 'kube' | 'web' | 'files' | 'audit'>;

export interface CheckInputsOptions {
  session: CheckedSession;
  /** Of selections and requests that name none. */
  namespace: string;
  clock: Clock;
}

export class CheckInputs implements Disposable {
  #options: CheckInputsOptions;
  #onChange: () => void;
  #resources = new DisposableStore();
  #registry = TypeRegistry.builtin();
  #client: Client;
  #informers = new Map<string, Informer>();
  #values = new CelValues();
  #events: AuditEvent[] = [];
  #files = new Map<string, string>();
  #followsAudit = false;

  constructor(options: CheckInputsOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
    this.#client = new Client(new HttpTransport(options.session.kube), {
      user: { username: '', groups: [] },
      userAgent: CHECKS_USER_AGENT,
    });
  }

  select(selection: Selection): void {
    for (const [name, selector] of Object.entries(selection)) this.#informer(name, selector);
  }

  followAudit(): void {
    if (this.#followsAudit) return;
    this.#followsAudit = true;
    this.#resources.add(
      this.#options.session.audit.watch((event) => {
        if (event.userAgent?.startsWith(CHECKS_USER_AGENT)) return;
        this.#events.push(event);
        this.#onChange();
      }),
    );
  }

  followFile(path: string): void {
    if (this.#files.has(path)) return;
    this.#files.set(path, '');
    const read = async () => {
      const contents = await this.#options.session.files.read(path).catch(() => undefined);
      this.#files.set(path, contents ? decode(contents) : '');
      this.#onChange();
    };
    this.#resources.add(this.#options.session.files.watch((change) => change.path === path && void read()));
    void read();
  }

  /** Whether every selection has its first list. */
  get synced(): boolean {
    return [...this.#informers.values()].every((informer) => informer.hasSynced);
  }

  /** Oldest first, then by name: the same order on every evaluation. */
  objects(name: string, selector: Selector): KubernetesObject[] {
    return [...this.#informer(name, selector).list()].sort((a, b) => {
      const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
      return x < y ? -1 : x > y ? 1 : keyOf(a) < keyOf(b) ? -1 : 1;
    });
  }

  value(name: string, object: KubernetesObject): unknown {
    const { group, version, kind } = resourceOf(this.#registry, name);
    return this.#values.of(object, this.#registry.typeForKind(group, version, kind));
  }

  variables(selection: Selection): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    for (const [name, selector] of Object.entries(selection)) {
      out[name] = this.objects(name, selector).map((object) => this.value(name, object));
    }
    return out;
  }

  get events(): unknown[] {
    return this.#events.map((event) => this.#values.of(event));
  }

  file(path: string): string {
    return this.#files.get(path) ?? '';
  }

  fetch(http: HttpProbe): Promise<ProbeResponse> {
    const target = {
      namespace: http.namespace ?? this.#options.namespace,
      service: http.service,
      port: http.port,
    };
    const headers = { host: http.service, 'user-agent': CHECKS_USER_AGENT };
    return this.#options.session.web.fetch(target, { method: 'GET', path: http.path, headers }).then(
      async (response) => ({
        status: BigInt(response.status),
        body: await readText(response),
        headers: response.headers,
        error: '',
      }),
      (error: Error) => ({ status: 0n, body: '', headers: {}, error: error.message }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  #informer(name: string, selector: Selector): Informer {
    const type = resourceOf(this.#registry, name);
    const namespace =
      type.namespaced && selector.namespace !== '*'
        ? (selector.namespace ?? this.#options.namespace)
        : undefined;
    const key = `${name} ${namespace ?? ''} ${selector.labels}`;
    let informer = this.#informers.get(key);
    if (!informer) {
      const scope = {
        ...(namespace ? { namespace } : {}),
        ...(selector.labels ? { labelSelector: selector.labels } : {}),
      };
      informer = this.#resources.add(new Informer(this.#client, this.#options.clock, type, { scope }));
      const changed = () => this.#onChange();
      informer.addHandler({ add: changed, update: changed, delete: changed });
      void informer.synced.then(changed);
      this.#informers.set(key, informer.start());
    }
    return informer;
  }
}

export interface ProbeResponse {
  /** 0 when no answer came; `error` says why. */
  status: bigint;
  body: string;
  headers: Record<string, string>;
  error: string;
}

/** The built-in resource called `name` (plural), of the group that serves it first. */
function resourceOf(registry: TypeRegistry, name: string): ResourceType {
  if (name === 'pods') return PODS;
  const found = registry.resources().find((info) => info.resource === name);
  if (!found) throw new Error(`checks name the resource ${name}, which Kubernetes does not have`);
  const { group, version, resource, kind, namespaced } = found;
  return { group, version, resource, kind, namespaced };
}
