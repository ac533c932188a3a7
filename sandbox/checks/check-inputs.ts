/** What checks see of a session: objects, audit events and files by name, kept current, and answers to what they ask. */
import { CelValues } from '../cel/value.ts';
import { keyOf, type KubernetesObject } from '../cluster/api/object.ts';
import { TypeRegistry } from '../cluster/api/schema.ts';
import { Client } from '../cluster/client/client.ts';
import { HttpTransport } from '../cluster/client/http-transport.ts';
import type { Pod } from '../cluster/client/kinds.ts';
import { PODS, type ResourceType } from '../cluster/client/resources.ts';
import { decode, encode } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { DisposableStore, type Disposable } from '../core/disposable.ts';
import { readText } from '../core/http.ts';
import type { AuditEvent, ScriptResult, Session, WebTarget } from '../runtimes/runtime.ts';
import type { HttpProbe, Place } from './check-sources.ts';
import type { Selection, Selector } from './exercise-checks.ts';
import { SelectedObjects } from './selected-objects.ts';

/** Sent with every request of checks, so that what they ask is not taken for the learner's doing. */
export const CHECKS_USER_AGENT = 'slipway-checks';

/** The part of a session that checks look at. */
export type CheckedSession = Pick<Session, 'kube' | 'web' | 'files' | 'audit' | 'scratch'>;

export interface CheckInputsOptions {
  session: CheckedSession;
  /** Of selections and requests that name none. */
  namespace: string;
  clock: Clock;
}

/** Requests of one probe that are under way at the same time. */
const AT_ONCE = 10;

export class CheckInputs implements Disposable {
  #options: CheckInputsOptions;
  #onChange: () => void;
  #resources = new DisposableStore();
  #registry = TypeRegistry.builtin();
  #client: Client;
  #selected = new Map<string, SelectedObjects>();
  #values = new CelValues();
  #events: AuditEvent[] = [];
  #files = new Map<string, string>();
  #followsAudit = false;
  #workspaceChanges: number | undefined;

  constructor(options: CheckInputsOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
    this.#client = new Client(new HttpTransport(options.session.kube), {
      user: { username: '', groups: [] },
      userAgent: CHECKS_USER_AGENT,
    });
  }

  select(selection: Selection): void {
    for (const [name, selector] of Object.entries(selection)) this.#select(name, selector);
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

  /** For scripts: they are given a copy of all files, and so may depend on any. */
  followWorkspace(): void {
    if (this.#workspaceChanges !== undefined) return;
    this.#workspaceChanges = 0;
    this.#resources.add(
      this.#options.session.files.watch(() => {
        this.#workspaceChanges!++;
        this.#onChange();
      }),
    );
  }

  /** Writes and removals in the workspace since it has been followed. */
  get workspaceChanges(): number {
    return this.#workspaceChanges ?? 0;
  }

  /** Whether every selection has its first list. */
  get synced(): boolean {
    return [...this.#selected.values()].every((selected) => selected.synced);
  }

  /** Oldest first, then by name: the same order on every evaluation. */
  objects(name: string, selector: Selector): KubernetesObject[] {
    return [...this.#select(name, selector).list()].sort((a, b) => {
      const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
      return x < y ? -1 : x > y ? 1 : keyOf(a) < keyOf(b) ? -1 : 1;
    });
  }

  value(name: string, object: KubernetesObject, selector?: Selector): unknown {
    const { group, version, kind } = resourceOf(this.#registry, name, selector);
    return this.#values.of(object, this.#registry.typeForKind(group, version, kind));
  }

  variables(selection: Selection): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    for (const [name, selector] of Object.entries(selection)) {
      out[name] = this.objects(name, selector).map((object) => this.value(name, object, selector));
    }
    return out;
  }

  /** What has happened to the selected objects since they were first listed, in the server's order. */
  changes(selection: Selection): unknown[] {
    return Object.entries(selection)
      .flatMap(([name, selector]) =>
        this.#select(name, selector).changes.map(({ type, object }) => ({
          type,
          resource: name,
          object: this.value(name, object, selector),
          revision: Number(object.metadata.resourceVersion),
        })),
      )
      .sort((a, b) => a.revision - b.revision);
  }

  get events(): unknown[] {
    return this.#events.map((event) => this.#values.of(event));
  }

  file(path: string): string {
    return this.#files.get(path) ?? '';
  }

  /** As many answers as the probe asks for, in the order of sending. */
  async fetch(http: HttpProbe): Promise<ProbeResponse[]> {
    const responses: ProbeResponse[] = [];
    let from: WebTarget['from'];
    try {
      from = http.from && (await this.#podAt(http.from));
    } catch (error) {
      return [{ status: 0n, body: '', headers: {}, seconds: 0, error: (error as Error).message }];
    }
    let sent = 0;
    const sendSome = async () => {
      while (sent < http.count) {
        const at = sent++;
        responses[at] = await this.#fetchOnce(http, from);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, http.count) }, sendSome));
    return responses;
  }

  async #fetchOnce(http: HttpProbe, from: WebTarget['from']): Promise<ProbeResponse> {
    const { session, clock } = this.#options;
    const target: WebTarget = {
      namespace: http.namespace ?? this.#options.namespace,
      service: http.service,
      port: http.port,
      ...(from ? { from } : {}),
    };
    const headers = { host: http.service, 'user-agent': CHECKS_USER_AGENT, ...http.headers };
    const { method, path, body } = http;
    const before = clock.now();
    const seconds = () => (clock.now() - before) / 1000;
    const request = { method, path, headers, ...(body === undefined ? {} : { body: encode(body) }) };
    try {
      const response = await session.web.fetch(target, request);
      const text = await readText(response);
      const status = BigInt(response.status);
      return { status, body: text, headers: response.headers, seconds: seconds(), error: '' };
    } catch (error) {
      return { status: 0n, body: '', headers: {}, seconds: seconds(), error: (error as Error).message };
    }
  }

  /** The newest pod at `place` that runs. Throws when there is none. */
  async #podAt(place: Place): Promise<{ namespace: string; pod: string }> {
    const namespace = place.namespace ?? this.#options.namespace;
    const { items } = await this.#client.list(PODS as ResourceType<Pod>, {
      namespace,
      ...(place.labels ? { labelSelector: place.labels } : {}),
    });
    const pod = items
      .filter(({ metadata, spec, status }) => {
        if (place.serviceAccount && spec['serviceAccountName'] !== place.serviceAccount) return false;
        return status?.phase === 'Running' && metadata.deletionTimestamp === undefined;
      })
      .sort((a, b) => (a.metadata.creationTimestamp! < b.metadata.creationTimestamp! ? 1 : -1))[0];
    if (!pod) {
      const account = place.serviceAccount ? ` and the service account ${place.serviceAccount}` : '';
      throw new Error(
        `no running pod in the namespace ${namespace} with the labels ${place.labels || '(any)'}${account} to ask from`,
      );
    }
    return { namespace, pod: pod.metadata.name! };
  }

  runScript(script: string, timeoutSeconds: number): Promise<ScriptResult> {
    return this.#options.session.scratch.run(script, { timeoutSeconds });
  }

  dispose(): void {
    this.#resources.dispose();
  }

  #select(name: string, selector: Selector): SelectedObjects {
    const type = resourceOf(this.#registry, name, selector);
    const namespace =
      type.namespaced && selector.namespace !== '*'
        ? (selector.namespace ?? this.#options.namespace)
        : undefined;
    const key = `${name} ${type.group} ${namespace ?? ''} ${selector.labels}`;
    let selected = this.#selected.get(key);
    if (!selected) {
      const scope = {
        ...(namespace ? { namespace } : {}),
        ...(selector.labels ? { labelSelector: selector.labels } : {}),
      };
      selected = this.#resources.add(
        new SelectedObjects({
          client: this.#client,
          clock: this.#options.clock,
          type,
          scope,
          isCustom: selector.apiVersion !== undefined,
          onChange: () => this.#onChange(),
        }),
      );
      this.#selected.set(key, selected);
    }
    return selected;
  }
}

export interface ProbeResponse {
  /** 0 when no answer came; `error` says why. */
  status: bigint;
  body: string;
  headers: Record<string, string>;
  /** From sending to the end of the answer, on the session's clock. */
  seconds: number;
  error: string;
}

/** The built-in resource called `name` (plural), of the group that serves it first; or what the selector declares. */
function resourceOf(registry: TypeRegistry, name: string, selector?: Selector): ResourceType {
  if (selector?.apiVersion !== undefined && selector.kind !== undefined) {
    const [version, group = ''] = selector.apiVersion.split('/').reverse();
    return { group, version: version!, resource: name, kind: selector.kind, namespaced: true };
  }
  if (name === 'pods') return PODS;
  const found = registry.resources().find((info) => info.resource === name);
  if (!found) throw new Error(`checks name the resource ${name}, which Kubernetes does not have`);
  const { group, version, resource, kind, namespaced } = found;
  return { group, version, resource, kind, namespaced };
}
