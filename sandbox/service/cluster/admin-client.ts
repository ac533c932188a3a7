/** The few requests that the sandbox service itself makes of a session's cluster, with kind's own credential. */
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
    const response = await this.#origin.fetch({ method: 'GET', path, headers: {} });
    const text = decode(await readBody(response));
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw new AdminRequestFailed('GET', path, response.status, text);
    return JSON.parse(text) as T;
  }

  /** Server-side apply. */
  async apply(manifest: Manifest): Promise<void> {
    const path = `${pathOf(manifest)}?fieldManager=${FIELD_MANAGER}&force=true`;
    const response = await this.#origin.fetch({
      method: 'PATCH',
      path,
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: encode(JSON.stringify(manifest)),
    });
    const text = decode(await readBody(response));
    if (response.status >= 300) throw new AdminRequestFailed('PATCH', path, response.status, text);
  }

  /** Changes the fields that `patch` names; null removes one. */
  async merge(path: string, patch: unknown): Promise<void> {
    const headers = { 'content-type': 'application/merge-patch+json' };
    const response = await this.#origin.fetch({
      method: 'PATCH',
      path,
      headers,
      body: encode(JSON.stringify(patch)),
    });
    const text = decode(await readBody(response));
    if (response.status >= 300) throw new AdminRequestFailed('PATCH', path, response.status, text);
  }

  /** An object or a collection; one that is gone is no error. */
  async delete(
    path: string,
    options: { propagationPolicy?: 'Background'; gracePeriodSeconds?: number } = {},
  ): Promise<void> {
    const response = await this.#origin.fetch({
      method: 'DELETE',
      path,
      headers: { 'content-type': 'application/json' },
      body: encode(JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', ...options })),
    });
    const text = decode(await readBody(response));
    if (response.status >= 300 && response.status !== 404)
      throw new AdminRequestFailed('DELETE', path, response.status, text);
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
