/**
 * What is in a cluster before anybody has used it, and the way back there: what has come since is deleted, and
 * nodes get their labels and taints again. It takes seconds where a new cluster takes a minute. What cannot be
 * brought back that way (an object of the cluster's own that somebody has changed or deleted, a finalizer
 * that nobody serves) is told, and then a new cluster it has to be.
 *
 * Only what a learner may change is looked at (`learner-rights.ts`). Left out besides: what the cluster derives by itself
 * (EndpointSlices, Events, IPAddresses, CSINodes), what has an owner and goes with it, and ClusterRoles that
 * are put together from others. What add-ons have brought has to be there still and is left as it is: their controllers
 * change it as they work, and learners cannot (`add-on-guard.ts`).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { AdminClient } from './admin-client.ts';
import { isGroupOfLearners, SYSTEM_NAMESPACES } from './learner-rights.ts';

/** JSON, kept with the cluster. */
export interface Inventory {
  /** `resourceVersion` by the path of an object. */
  objects: Record<string, string>;
  /** What a learner may change of nodes, by their names. */
  nodes: Record<string, NodeSettings>;
  /** Of a cluster that has add-ons. */
  addOns?: AddOnInventory;
}

/** What is an add-on's, wherever it is. */
export interface AddOnTraces {
  namespaces: readonly string[];
  /** Objects that its controllers make by themselves, now or later: `configmaps/istio-ca-root-cert`. */
  makes: readonly string[];
}

interface AddOnInventory extends AddOnTraces {
  /** Paths of what came with them outside of their namespaces. */
  objects: string[];
}

const NO_TRACES: AddOnTraces = { namespaces: [], makes: [] };

interface NodeSettings {
  labels: Record<string, string>;
  taints: Taint[];
  unschedulable: boolean;
}

interface Taint {
  key: string;
  value?: string;
  effect: string;
}

interface ApiObject {
  metadata: {
    name: string;
    namespace?: string;
    resourceVersion: string;
    labels?: Record<string, string>;
    ownerReferences?: { controller?: boolean }[];
    deletionTimestamp?: string;
  };
  spec?: { taints?: Taint[]; unschedulable?: boolean };
  aggregationRule?: unknown;
}

interface Found {
  path: string;
  namespace: string | undefined;
  resourceVersion: string;
}

const DERIVED = new Set([
  'componentstatuses',
  'controllerrevisions',
  'csinodes',
  'csistoragecapacities',
  'endpoints',
  'endpointslices',
  'events',
  'ipaddresses',
  'nodes',
  'servicecidrs',
  'volumeattachments',
]);

/** The service's own roles; see `custom-resource-rights.ts`. */
const OWN = /^slipway:/;
/** Requests of nodes for certificates, which the cluster removes after an hour. */
const FLEETING = '/certificatesigningrequests/';

const PODS = '/api/v1/pods';
const POLL_MS = 300;
/** A finalizer that is not gone by then has nobody who serves it. */
const TIDY_TIMEOUT_MS = 60_000;

export async function takeInventory(
  client: AdminClient,
  traces: AddOnTraces = NO_TRACES,
): Promise<Inventory> {
  const [found, nodes] = await Promise.all([list(client, traces), listNodes(client)]);
  return {
    objects: Object.fromEntries(found.map(({ path, resourceVersion }) => [path, resourceVersion])),
    nodes: Object.fromEntries(nodes.map((node) => [node.metadata.name, settingsOf(node)])),
  };
}

/** The inventory of a cluster that was as in `before` and has got add-ons since. */
export async function addToInventory(
  client: AdminClient,
  before: Inventory,
  traces: AddOnTraces,
): Promise<Inventory> {
  const { objects, nodes } = await takeInventory(client, traces);
  const entries = Object.entries(objects);
  return {
    objects: Object.fromEntries(entries.filter(([path]) => path in before.objects)),
    nodes,
    addOns: {
      namespaces: traces.namespaces,
      makes: traces.makes,
      objects: entries.flatMap(([path]) => (path in before.objects ? [] : [path])),
    },
  };
}

/** Brings the cluster back to its inventory. False when it cannot be, or not in a minute. */
export async function tidy(client: AdminClient, inventory: Inventory, signal: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + TIDY_TIMEOUT_MS;
  const traces = inventory.addOns ?? NO_TRACES;
  const brought = new Set(inventory.addOns?.objects);
  let found: Found[];
  for (;;) {
    found = await list(client, traces);
    const foreign = found.filter(({ path }) => !(path in inventory.objects) && !brought.has(path));
    if (foreign.length === 0) break;
    // What is in a namespace goes with it.
    const paths = new Set(foreign.map(({ path }) => path));
    const own = foreign.filter(
      ({ namespace }) => namespace === undefined || !paths.has(namespacePath(namespace)),
    );
    for (const { path } of own) await client.delete(path, { propagationPolicy: 'Background' });
    for (const { path } of own) {
      while (await client.get(path)) {
        signal.throwIfAborted();
        if (Date.now() > deadline) return false;
        await endPods(client, traces);
        await delay(POLL_MS);
      }
    }
    await endPods(client, traces);
    if (Date.now() > deadline) return false;
  }
  const versions = new Map(found.map(({ path, resourceVersion }) => [path, resourceVersion]));
  for (const [path, resourceVersion] of Object.entries(inventory.objects))
    if (versions.get(path) !== resourceVersion && !path.includes(FLEETING)) return false;
  for (const path of brought) if (!versions.has(path)) return false;
  return restoreNodes(client, inventory.nodes);
}

/** Nobody is there any more for whom a grace period would be of use. */
async function endPods(client: AdminClient, { namespaces }: AddOnTraces): Promise<void> {
  const { items } = (await client.get<{ items: ApiObject[] }>(PODS))!;
  for (const { metadata } of items) {
    const { namespace, name, deletionTimestamp } = metadata;
    if (!deletionTimestamp || SYSTEM_NAMESPACES.includes(namespace!) || namespaces.includes(namespace!))
      continue;
    await client.delete(`${namespacePath(namespace!)}/pods/${name}`, { gracePeriodSeconds: 0 });
  }
}

async function restoreNodes(client: AdminClient, wanted: Inventory['nodes']): Promise<boolean> {
  const nodes = await listNodes(client);
  if (nodes.length !== Object.keys(wanted).length) return false;
  for (const node of nodes) {
    const was = wanted[node.metadata.name];
    if (!was) return false;
    const is = settingsOf(node);
    if (JSON.stringify(is) === JSON.stringify(was)) continue;
    const removed = Object.keys(is.labels).filter((label) => !(label in was.labels));
    const labels = { ...was.labels, ...Object.fromEntries(removed.map((label) => [label, null])) };
    await client.merge(`/api/v1/nodes/${node.metadata.name}`, {
      metadata: { labels },
      spec: { taints: was.taints.length > 0 ? was.taints : null, unschedulable: was.unschedulable || null },
    });
  }
  return true;
}

async function listNodes(client: AdminClient): Promise<ApiObject[]> {
  return (await client.get<{ items: ApiObject[] }>('/api/v1/nodes'))!.items;
}

function settingsOf({ metadata, spec }: ApiObject): NodeSettings {
  const labels = Object.entries(metadata.labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    labels: Object.fromEntries(labels),
    // Those of Kubernetes itself say how the node is, and come and go with it.
    taints: (spec?.taints ?? []).filter(({ key }) => !key.startsWith('node.kubernetes.io/')),
    unschedulable: spec?.unschedulable ?? false,
  };
}

/** Every object that a learner may have made or changed. */
async function list(client: AdminClient, traces: AddOnTraces): Promise<Found[]> {
  const { groups } = (await client.get<{
    groups: { name: string; preferredVersion: { groupVersion: string } }[];
  }>('/apis'))!;
  const roots = [
    '/api/v1',
    ...groups
      .filter(({ name }) => isGroupOfLearners(name))
      .map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`),
  ];
  return (await Promise.all(roots.map((root) => listVersion(client, root, traces)))).flat();
}

interface Resource {
  name: string;
  namespaced: boolean;
  verbs: string[];
}

async function listVersion(client: AdminClient, root: string, traces: AddOnTraces): Promise<Found[]> {
  // A definition that was deleted meanwhile takes its group with it.
  const { resources } = (await client.get<{ resources: Resource[] }>(root)) ?? { resources: [] };
  const wanted = resources.filter(
    ({ name, verbs }) => verbs.includes('list') && verbs.includes('delete') && !DERIVED.has(name),
  );
  const lists = await Promise.all(
    wanted.map(async ({ name: plural, namespaced }) => {
      const items = (await client.get<{ items: ApiObject[] }>(`${root}/${plural}`))?.items ?? [];
      const learners = items.filter(
        (item) =>
          isLearners(item, traces.namespaces) && !traces.makes.includes(`${plural}/${item.metadata.name}`),
      );
      return learners.map(({ metadata: { name, namespace, resourceVersion } }) => ({
        path: `${root}${namespaced ? `/namespaces/${namespace}` : ''}/${plural}/${name}`,
        namespace,
        resourceVersion,
      }));
    }),
  );
  return lists.flat();
}

function isLearners({ metadata, aggregationRule }: ApiObject, addOnNamespaces: readonly string[]): boolean {
  const { namespace } = metadata;
  if (namespace !== undefined && [...SYSTEM_NAMESPACES, ...addOnNamespaces].includes(namespace)) return false;
  if (metadata.ownerReferences?.some(({ controller }) => controller)) return false;
  return aggregationRule === undefined && !OWN.test(metadata.name);
}

const namespacePath = (namespace: string) => `/api/v1/namespaces/${namespace}`;
