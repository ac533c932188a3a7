/**
 * Objects of one resource, listed from the API and watched, as a pod does it: with its service account's token, at the
 * address that its environment names. On a failure it begins anew, later each time.
 */
import { decode } from '../../../core/bytes.ts';
import { sleep } from '../../../core/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../../core/disposable.ts';
import { readText, type HttpResponse } from '../../../core/http.ts';
import type { Process } from '../../../os/process.ts';
import type { KubernetesObject } from '../../api/object.ts';

const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';
export const NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

const FIRST_RETRY_MS = 800;
const LAST_RETRY_MS = 30_000;

/** The API said no. */
class RequestFailed extends Error {}

export interface KubernetesObjectsOptions {
  process: Process;
  /** `/api/v1/pods`, without query. */
  path: string;
  labelSelector: string;
  fieldSelector: string;
  onChange(): void;
  onError(message: string): void;
}

export class KubernetesObjects<T extends KubernetesObject = KubernetesObject> implements Disposable {
  /** By `namespace/name`. */
  readonly byKey = new Map<string, T>();
  readonly #options: KubernetesObjectsOptions;
  readonly #controller = new AbortController();
  readonly #resources = new DisposableStore();
  #listed = false;

  constructor(options: KubernetesObjectsOptions) {
    this.#options = options;
    this.#resources.add(toDisposable(() => this.#controller.abort(new Error('closed'))));
    void this.#run();
  }

  /** Whether the first list is there. */
  get isListed(): boolean {
    return this.#listed;
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller;
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      try {
        const resourceVersion = await this.#list();
        retryMs = FIRST_RETRY_MS;
        await this.#watch(resourceVersion);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.onError(error instanceof Error ? error.message : String(error));
        try {
          await sleep(this.#options.process.machine.clock, retryMs, signal);
        } catch {
          return;
        }
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      }
    }
  }

  async #list(): Promise<string> {
    const response = await this.#get({});
    const list = JSON.parse(await readText(response)) as {
      metadata: { resourceVersion: string };
      items: T[];
    };
    this.byKey.clear();
    for (const item of list.items) this.byKey.set(keyOf(item), item);
    this.#listed = true;
    this.#options.onChange();
    return list.metadata.resourceVersion;
  }

  /** Until the API ends it. */
  async #watch(resourceVersion: string): Promise<void> {
    const response = await this.#get({ watch: '1', resourceVersion });
    if (response.body instanceof Uint8Array) return;
    let rest = '';
    for await (const chunk of response.body) {
      rest += decode(chunk);
      const lines = rest.split('\n');
      rest = lines.pop()!;
      for (const line of lines) if (line) this.#apply(JSON.parse(line) as { type: string; object: T });
    }
  }

  #apply({ type, object }: { type: string; object: T }): void {
    if (type === 'BOOKMARK') return;
    if (type === 'ERROR') throw new RequestFailed('the watch has expired');
    if (type === 'DELETED') this.byKey.delete(keyOf(object));
    else this.byKey.set(keyOf(object), object);
    this.#options.onChange();
  }

  async #get(query: Record<string, string>): Promise<HttpResponse> {
    const { process, path, labelSelector, fieldSelector } = this.#options;
    const { network } = process.machine;
    const host = process.environment['KUBERNETES_SERVICE_HOST'];
    if (!host || !network)
      throw new RequestFailed(
        'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined',
      );
    const parameters = new URLSearchParams(query);
    if (labelSelector) parameters.set('labelSelector', labelSelector);
    if (fieldSelector) parameters.set('fieldSelector', fieldSelector);
    const search = parameters.toString();
    const response = await network.fetch(
      host,
      Number(process.environment['KUBERNETES_SERVICE_PORT'] ?? 443),
      {
        method: 'GET',
        path: search ? `${path}?${search}` : path,
        headers: {
          accept: 'application/json',
          'user-agent': 'Prometheus/3.10.0',
          authorization: `Bearer ${process.readTextFile(TOKEN_FILE).trim()}`,
        },
        signal: this.#controller.signal,
      },
    );
    if (response.status === 200) return response;
    const { message } = JSON.parse(await readText(response)) as { message?: string };
    throw new RequestFailed(`failed to list ${path}: ${message ?? response.status}`);
  }
}

const keyOf = ({ metadata }: KubernetesObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
