/**
 * Which resources the server has, and how arguments name them: aggregated discovery, short names, categories
 * and the REST mapper (apimachinery `meta.PriorityRESTMapper`, client-go `ShortcutExpander`). What a server
 * said is remembered per origin, as kubectl does on disk, and asked again before a name is called unknown.
 */
import type { HttpOrigin } from '../../../core/http.ts';
import type { Api } from './api.ts';
import { CommandError } from './errors.ts';

/** A kind and the resource that serves it. */
export interface Mapping {
  group: string;
  version: string;
  /** Lower-case plural. */
  resource: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  verbs: readonly string[];
  shortNames: readonly string[];
  categories: readonly string[];
  subresources: readonly string[];
}

export const apiVersionOf = (mapping: { group: string; version: string }): string =>
  mapping.group ? `${mapping.group}/${mapping.version}` : mapping.version;

/** `deployments.apps`, `pods`. */
export const groupResource = (mapping: Mapping): string =>
  mapping.group ? `${mapping.resource}.${mapping.group}` : mapping.resource;

/** `deployment.apps`, `pod`: how kubectl names a kind in its output. */
export const groupKind = (mapping: { group: string; kind: string }): string =>
  mapping.group ? `${mapping.kind.toLowerCase()}.${mapping.group}` : mapping.kind.toLowerCase();

/** URL path of an object, or of a collection without `name`. */
export function resourcePath(
  mapping: Mapping,
  namespace: string | undefined,
  name?: string,
  subresource?: string,
): string {
  const root = mapping.group ? `/apis/${mapping.group}` : '/api';
  let path = `${root}/${mapping.version}`;
  if (mapping.namespaced && namespace) path += `/namespaces/${encodeURIComponent(namespace)}`;
  path += `/${mapping.resource}`;
  if (name) path += `/${encodeURIComponent(name)}`;
  if (subresource) path += `/${subresource}`;
  return path;
}

/** There is no such kind on the server. */
export class NoKindMatch extends CommandError {
  constructor(kind: string, apiVersion: string) {
    super(`no matches for kind "${kind}" in version "${apiVersion}"`);
  }
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

interface GroupDiscovery {
  metadata: { name?: string };
  versions: {
    version: string;
    resources?: {
      resource: string;
      responseKind?: { kind: string };
      scope: 'Namespaced' | 'Cluster';
      singularResource?: string;
      verbs: string[];
      shortNames?: string[];
      categories?: string[];
      subresources?: { subresource: string }[];
    }[];
  }[];
}

const known = new WeakMap<HttpOrigin, Discovery>();

export class Discovery {
  /** In the server's order: the core group first, in each group the preferred version first. */
  readonly mappings: readonly Mapping[];

  constructor(mappings: readonly Mapping[]) {
    this.mappings = mappings;
  }

  /** What is remembered of this server, or a fresh answer. */
  static async of(api: Api): Promise<Discovery> {
    return known.get(api.origin) ?? Discovery.fetch(api);
  }

  static async fetch(api: Api): Promise<Discovery> {
    const mappings: Mapping[] = [];
    for (const path of ['/api', '/apis']) {
      const list = await api.get<{ items?: GroupDiscovery[] }>(path, undefined, AGGREGATED);
      for (const group of list.items ?? [])
        for (const { version, resources = [] } of group.versions)
          for (const resource of resources)
            mappings.push({
              group: group.metadata.name ?? '',
              version,
              resource: resource.resource,
              singular: resource.singularResource || (resource.responseKind?.kind ?? '').toLowerCase(),
              kind: resource.responseKind?.kind ?? '',
              namespaced: resource.scope === 'Namespaced',
              verbs: resource.verbs,
              shortNames: resource.shortNames ?? [],
              categories: resource.categories ?? [],
              subresources: (resource.subresources ?? []).map((sub) => sub.subresource),
            });
    }
    const discovery = new Discovery(mappings.filter((mapping) => mapping.kind !== ''));
    known.set(api.origin, discovery);
    return discovery;
  }

  /** Resources of a category such as `all`: one version each, as arguments. */
  category(name: string): string[] {
    const names = new Set<string>();
    for (const mapping of this.mappings)
      if (mapping.categories.includes(name)) names.add(groupResource(mapping));
    return [...names];
  }

  /** The resource named by `po`, `pods`, `pod`, `Pod`, `deploy.apps`, `deployments.v1.apps`. */
  find(argument: string): Mapping | undefined {
    const [first = '', ...rest] = argument.toLowerCase().split('.');
    // deployments.v1.apps, or deployments.apps; a group has dots of its own.
    if (rest.length >= 2) {
      const [version, ...group] = rest;
      const exact = this.#named(
        first,
        (mapping) => mapping.version === version && mapping.group === group.join('.'),
      );
      if (exact) return exact;
    }
    const group = rest.join('.');
    return this.#named(
      first,
      (mapping) => group === '' || mapping.group === group || mapping.group.startsWith(`${group}.`),
    );
  }

  #named(name: string, fits: (mapping: Mapping) => boolean): Mapping | undefined {
    const candidates = this.mappings.filter(fits);
    return (
      candidates.find((mapping) => mapping.resource === name) ??
      candidates.find((mapping) => mapping.shortNames.includes(name)) ??
      candidates.find((mapping) => mapping.singular === name || mapping.kind.toLowerCase() === name)
    );
  }

  forKind(group: string, version: string, kind: string): Mapping | undefined {
    return this.mappings.find(
      (mapping) => mapping.kind === kind && mapping.group === group && mapping.version === version,
    );
  }
}

/**
 * The resource an argument names; asks the server again before it gives up.
 * @param Failure how an unknown type is told.
 */
export async function mappingFor(api: Api, argument: string, Failure = CommandError): Promise<Mapping> {
  const found = (await Discovery.of(api)).find(argument) ?? (await Discovery.fetch(api)).find(argument);
  if (found) return found;
  throw new Failure(`the server doesn't have a resource type ${JSON.stringify(argument.split('.')[0])}`);
}

/** The resource of an object by its own `apiVersion` and `kind`. */
export async function mappingOf(api: Api, object: { apiVersion?: string; kind?: string }): Promise<Mapping> {
  const apiVersion = object.apiVersion ?? '';
  const kind = object.kind ?? '';
  const at = apiVersion.indexOf('/');
  const group = at < 0 ? '' : apiVersion.slice(0, at);
  const version = apiVersion.slice(at + 1);
  const found =
    (await Discovery.of(api)).forKind(group, version, kind) ??
    (await Discovery.fetch(api)).forKind(group, version, kind);
  if (found) return found;
  throw new NoKindMatch(kind, apiVersion);
}
