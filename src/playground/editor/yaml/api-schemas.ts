/**
 * The schemas of the session's own cluster, loaded when a manifest names them: a CRD that the learner has just
 * created completes too. Group versions whose index entry has not changed are kept.
 */
import { readText, type HttpOrigin } from '../../../../sandbox/core/http.ts';
import type { Definitions, Schema } from './schema.ts';

export interface KindSchema {
  schema: Schema;
  definitions: Definitions;
}

export interface ApiResource {
  /** Lower-case plural: `deployments`. */
  name: string;
  kind: string;
  namespaced: boolean;
}

/** How old the index may be before it is asked for again: a CRD takes about this long to be published. */
const INDEX_AGE_MS = 2000;

interface Index {
  loadedAtMs: number;
  /** `apis/apps/v1` → address with a hash of its contents. */
  paths: Map<string, string>;
}

export class ApiSchemas {
  #kube: HttpOrigin;
  #nowMs: () => number;
  #index: Promise<Index> | undefined;
  #documents = new Map<string, Promise<Definitions>>();
  #resources = new Map<string, Promise<ApiResource[]>>();

  constructor(kube: HttpOrigin, nowMs: () => number = () => performance.now()) {
    this.#kube = kube;
    this.#nowMs = nowMs;
  }

  async kind(apiVersion: string, kind: string): Promise<KindSchema | undefined> {
    const definitions = await this.#definitions(apiVersion);
    if (!definitions) return undefined;
    const [version, group = ''] = apiVersion.split('/').reverse();
    for (const schema of Object.values(definitions)) {
      const named = schema['x-kubernetes-group-version-kind']?.some(
        (gvk) => gvk.kind === kind && gvk.group === group && gvk.version === version,
      );
      if (named) return { schema, definitions };
    }
    return undefined;
  }

  /** `v1`, `apps/v1`, … */
  async apiVersions(): Promise<string[]> {
    const { paths } = await this.#current();
    return [...paths.keys()]
      .map((path) => /^(?:api|apis)\/(.*v\d+(?:(?:alpha|beta)\d+)?)$/.exec(path)?.[1])
      .filter((version): version is string => version !== undefined);
  }

  /** The resources of a group version; none when the cluster does not serve it. */
  resources(apiVersion: string): Promise<ApiResource[]> {
    let resources = this.#resources.get(apiVersion);
    if (!resources) {
      resources = this.#get<{ resources: ApiResource[] }>(`/${pathOf(apiVersion)}`).then(
        (list) => list.resources.filter(({ name }) => !name.includes('/')),
        () => {
          // It may be served later.
          this.#resources.delete(apiVersion);
          return [];
        },
      );
      this.#resources.set(apiVersion, resources);
    }
    return resources;
  }

  async #definitions(apiVersion: string): Promise<Definitions | undefined> {
    const { paths } = await this.#current();
    const address = paths.get(pathOf(apiVersion));
    if (!address) return undefined;
    let document = this.#documents.get(address);
    if (!document) {
      document = this.#get<{ components?: { schemas?: Definitions } }>(address).then(
        (openApi) => openApi.components?.schemas ?? {},
      );
      document.catch(() => this.#documents.delete(address));
      this.#documents.set(address, document);
    }
    return document;
  }

  async #current(): Promise<Index> {
    const known = await this.#index?.catch(() => undefined);
    if (known && this.#nowMs() - known.loadedAtMs < INDEX_AGE_MS) return known;
    this.#index = this.#get<{ paths: Record<string, { serverRelativeURL: string }> }>('/openapi/v3').then(
      ({ paths }) => ({
        loadedAtMs: this.#nowMs(),
        paths: new Map(Object.entries(paths).map(([path, entry]) => [path, entry.serverRelativeURL])),
      }),
    );
    return this.#index;
  }

  async #get<T>(path: string): Promise<T> {
    const response = await this.#kube.fetch({
      method: 'GET',
      path,
      headers: { accept: 'application/json', 'user-agent': 'slipway-editor' },
    });
    const text = await readText(response);
    if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${text.slice(0, 200)}`);
    return JSON.parse(text) as T;
  }
}

/** Where the API serves a group version: `v1` → `api/v1`, `apps/v1` → `apis/apps/v1`. */
export const pathOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
