/** The few requests that the sandbox service itself makes of a session's cluster, with kind's own credential. */
import { setTimeout as delay } from 'node:timers/promises';
import { decode, encode } from '../../core/bytes.ts';
import { readBody, type HttpOrigin } from '../../core/http.ts';

/** An object as it is sent. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [field: string]: unknown };
  [field: string]: unknown;
}

/** Under which the service's fields are managed. */
const FIELD_MANAGER = 'slipway';

const TOO_MANY_REQUESTS = 429;
const ATTEMPTS = 10;

const RESOURCES: Record<string, string> = {
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  ConfigMap: 'configmaps',
  Namespace: 'namespaces',
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicybindings',
};

export class AdminClient {
  #origin: HttpOrigin;

  constructor(origin: HttpOrigin) {
    this.#origin = origin;
  }

  /** The object at `path`, or undefined when there is none. */
  async get<T>(path: string): Promise<T | undefined> {
    const { status, text } = await this.#send('GET', path);
    if (status === 404) return undefined;
    if (status !== 200) throw new AdminRequestFailed('GET', path, status, text);
    return JSON.parse(text) as T;
  }

  /** Server-side apply. */
  async apply(manifest: Manifest): Promise<void> {
    const path = `${pathOf(manifest)}?fieldManager=${FIELD_MANAGER}&force=true`;
    const { status, text } = await this.#send('PATCH', path, 'application/apply-patch+yaml', manifest);
    if (status >= 300) throw new AdminRequestFailed('PATCH', path, status, text);
  }

  /** Changes the fields that `patch` names; null removes one. */
  async merge(path: string, patch: unknown): Promise<void> {
    const { status, text } = await this.#send('PATCH', path, 'application/merge-patch+json', patch);
    if (status >= 300) throw new AdminRequestFailed('PATCH', path, status, text);
  }

  /** An object or a collection; one that is gone is no error. */
  async delete(
    path: string,
    options: { propagationPolicy?: 'Background'; gracePeriodSeconds?: number } = {},
  ): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
    const { status, text } = await this.#send('DELETE', path, 'application/json', body);
    if (status >= 300 && status !== 404) throw new AdminRequestFailed('DELETE', path, status, text);
  }

  /** Asks again where the server says so: a kind that was defined a moment ago has no storage yet. */
  async #send(
    method: string,
    path: string,
    contentType?: string,
    body?: unknown,
  ): Promise<{ status: number; text: string }> {
    for (let attempt = 1; ; attempt++) {
      const response = await this.#origin.fetch({
        method,
        path,
        headers: contentType ? { 'content-type': contentType } : {},
        ...(body === undefined ? {} : { body: encode(JSON.stringify(body)) }),
      });
      const { status, headers } = response;
      const text = decode(await readBody(response));
      if (status !== TOO_MANY_REQUESTS || attempt === ATTEMPTS) return { status, text };
      await delay(Number(headers['retry-after'] ?? 1) * 1000);
    }
  }
}

function pathOf({ apiVersion, kind, metadata }: Manifest): string {
  const resource = RESOURCES[kind];
  if (!resource) throw new Error(`${kind}: not a kind that the service applies`);
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = metadata.namespace ? `/namespaces/${metadata.namespace}` : '';
  return `${group}${namespace}/${resource}/${metadata.name}`;
}

class AdminRequestFailed extends Error {
  constructor(method: string, path: string, status: number, body: string) {
    let said = body;
    try {
      said = (JSON.parse(body) as { message?: string }).message ?? body;
    } catch {
      // Not a Status: what came is shown as it is.
    }
    super(`${method} ${path}: ${status} ${said.slice(0, 500)}`);
    this.name = 'AdminRequestFailed';
  }
}
