/** What the API can do, as clients ask for it: `/api` and `/apis`, one by one or aggregated (v2). */
import { isCustomGroup } from '../registry/strategies.ts';
import type { ResourceInfo, TypeRegistry } from '../../api/schema.ts';
import { apiVersionOf } from '../../api/schema.ts';

/** Resources by group, then by version, in the order in which they are served. */
function grouped(types: TypeRegistry): Map<string, Map<string, ResourceInfo[]>> {
  const groups = new Map<string, Map<string, ResourceInfo[]>>();
  for (const resource of types.resources()) {
    let versions = groups.get(resource.group);
    if (!versions) groups.set(resource.group, (versions = new Map()));
    const list = versions.get(resource.version);
    if (list) list.push(resource);
    else versions.set(resource.version, [resource]);
  }
  return groups;
}

export function apiVersions(host: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: host }],
  };
}

export function apiGroupList(types: TypeRegistry): object {
  const groups = [...grouped(types)].filter(([group]) => group !== '');
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map(([name, versions]) => groupOf(name, [...versions.keys()])),
  };
}

/** `/apis/{group}`; undefined for a group that nobody serves. */
export function apiGroup(types: TypeRegistry, name: string): object | undefined {
  const versions = grouped(types).get(name);
  return versions && { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(name, [...versions.keys()]) };
}

function groupOf(name: string, versions: string[]) {
  const entries = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: entries, preferredVersion: entries[0] };
}

/** `/api/v1`, `/apis/{group}/{version}`. */
export function apiResourceList(types: TypeRegistry, group: string, version: string): object | undefined {
  const resources = grouped(types).get(group)?.get(version);
  if (!resources) return undefined;
  return {
    kind: 'APIResourceList',
    ...(group && { apiVersion: 'v1' }),
    groupVersion: apiVersionOf(group, version),
    resources: resources.flatMap((resource) => [entryOf(resource), ...subresourceEntries(resource)]),
  };
}

function entryOf({ resource, singular, namespaced, kind, verbs, shortNames, categories }: ResourceInfo) {
  return {
    name: resource,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
  };
}

function subresourceEntries({ resource, group, version, namespaced, subresources }: ResourceInfo) {
  return subresources.map((sub) => ({
    name: `${resource}/${sub.name}`,
    singularName: '',
    namespaced,
    ...(sub.group !== group || sub.version !== version ? { group: sub.group, version: sub.version } : {}),
    kind: sub.kind,
    verbs: sub.verbs,
  }));
}

/** `apidiscovery.k8s.io/v2` APIGroupDiscoveryList of `/api` or `/apis`. */
export function aggregatedDiscovery(types: TypeRegistry, core: boolean): object {
  const items = [...grouped(types)]
    .filter(([group]) => (group === '') === core)
    .map(([group, versions]) => ({
      metadata: group ? { name: group } : {},
      versions: [...versions].map(([version, resources]) => ({
        version,
        resources: resources.map(discoveryOf),
        freshness: 'Current',
      })),
    }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function discoveryOf(resource: ResourceInfo) {
  const { group, version, shortNames, categories, subresources } = resource;
  // Kinds of the resource's own group and version leave both out, except those of custom resources.
  const responseKind = (kind: string, of = { group, version }) =>
    of.group === group && of.version === version && !isCustomGroup(group)
      ? { group: '', version: '', kind }
      : { group: of.group, version: of.version, kind };
  return {
    resource: resource.resource,
    responseKind: responseKind(resource.kind),
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map((sub) => ({
        subresource: sub.name,
        responseKind: responseKind(sub.kind, sub),
        verbs: sub.verbs,
      })),
    }),
  };
}
