/**
 * The controller of Routes: which revisions get which share of the traffic, under which names, and that the revisions
 * know of it (`routingState`: what no Route leads to goes to zero whatever `min-scale` says). A Service of type
 * ExternalName stands for each name within the cluster. Left out: certificates, domain mappings, rollouts over time.
 */
import { timestamp } from '../../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import { splitKey } from '../../api/object.ts';
import { isStatus } from '../../api/status.ts';
import type { Service } from '../../client/kinds.ts';
import { SERVICES } from '../../client/resources.ts';
import { createOrGet } from '../../client/ensure.ts';
import { controllerReference } from '../../controllers/controller.ts';
import { Conditions } from '../conditions.ts';
import type { KnativeContext } from '../knative-context.ts';
import { named, Reconciler } from '../reconciler.ts';
import type { ServingGateway, Share } from './gateway.ts';
import {
  CONFIGURATION_LABEL,
  CONFIGURATIONS,
  KNATIVE_ROUTES,
  REVISIONS,
  ROUTE_LABEL,
  ROUTES,
  ROUTING_STATE,
  ROUTING_STATE_MODIFIED,
  VISIBILITY,
  type Revision,
  type Route,
  type TrafficTarget,
} from './kinds.ts';
import { resolveTraffic, type ResolvedTarget } from './traffic-targets.ts';

const ASSIGNED = 'AllTrafficAssigned';
const INGRESS = 'IngressReady';
const CERTIFICATE = 'CertificateProvisioned';
const INTERNAL_GATEWAY = 'kourier-internal.kourier-system';
const BY_CONFIGURATION = 'configuration';

export interface RoutesInit {
  context: KnativeContext;
  gateway: ServingGateway;
  /** The domain of a Route by its labels (ConfigMap `config-domain`); undefined: none but the cluster's. */
  domain(labels: Readonly<Record<string, string>>): string | undefined;
}

export interface Routes extends Disposable {
  /** Domains have changed. */
  lookAtAll(): void;
}

export function startRoutes({ context, gateway, domain }: RoutesInit): Routes {
  const { client, clock, informers, network } = context;
  const all = informers.informer(KNATIVE_ROUTES);
  const configurations = informers.informer(CONFIGURATIONS);
  const revisions = informers.informer(REVISIONS);
  revisions.addIndex(BY_CONFIGURATION, ({ metadata }) => {
    const name = metadata.labels?.[CONFIGURATION_LABEL];
    return name ? [`${metadata.namespace}/${name}`] : [];
  });
  const services = informers.informer(SERVICES);
  const clusterDomain = `svc.${network.dns.domain}`;
  const resources = new DisposableStore();

  /** Routes that name a Configuration, or one of its revisions. */
  const routesOf = (namespace: string, configuration: string | undefined, revision: string | undefined) =>
    [...all.list()]
      .filter(
        (route) =>
          route.metadata.namespace === namespace &&
          route.spec?.traffic?.some(
            (target) =>
              (configuration !== undefined && target.configurationName === configuration) ||
              (revision !== undefined && target.revisionName === revision),
          ),
      )
      .map((route) => `${namespace}/${route.metadata.name}`);

  const reconciler: Reconciler<Route> = new Reconciler<Route>({
    context,
    type: KNATIVE_ROUTES,
    follows: [
      {
        type: CONFIGURATIONS,
        keys: ({ metadata }) => routesOf(metadata.namespace!, metadata.name, undefined),
      },
      {
        type: REVISIONS,
        keys: ({ metadata }) =>
          routesOf(metadata.namespace!, metadata.labels?.[CONFIGURATION_LABEL], metadata.name),
      },
      named(SERVICES, ROUTE_LABEL),
    ],
    deleted: (key) => {
      gateway.program(key, undefined);
      void release(key).catch((error: unknown) => context.onError(`routes ${key}`, error));
    },
    reconcile: async (route, key) => {
      const conditions = new Conditions(
        [ASSIGNED, INGRESS, CERTIFICATE],
        route.status?.conditions,
        clock.now(),
      );
      const labels = route.metadata.labels ?? {};
      const outside = labels[VISIBILITY] === 'cluster-local' ? undefined : domain(labels);
      const { name, namespace } = route.metadata;
      const urlOf = (tag?: string, from = outside ?? clusterDomain) =>
        `http://${tag ? `${tag}-` : ''}${name}.${namespace}.${from}`;
      const status: Route['status'] & object = {
        ...route.status,
        url: urlOf(),
        address: { url: urlOf(undefined, clusterDomain) },
      };
      const ended = () => ({
        ...status,
        observedGeneration: route.metadata.generation,
        conditions: conditions.list(),
      });
      conditions.true(
        CERTIFICATE,
        'TLSNotEnabled',
        outside ? 'external-domain-tls is not enabled' : 'TLS is not enabled for cluster-local',
      );
      const { targets, problem } = resolveTraffic(route, configurations, revisions);
      if (problem) {
        conditions.set(ASSIGNED, problem.failed ? 'False' : 'Unknown', problem.reason, problem.message);
        // What was assigned before goes on; there was nothing before a first time.
        if (conditions.status(INGRESS) === undefined) conditions.unknown(INGRESS);
        return ended();
      }
      conditions.true(ASSIGNED);
      status.traffic = targets.map(({ tag, ...target }): TrafficTarget => ({
        ...target,
        ...(tag ? { tag, url: urlOf(tag) } : {}),
      }));

      const tags = [undefined, ...new Set(targets.flatMap(({ tag }) => tag ?? []))];
      for (const tag of tags) {
        const taken = await ensurePlaceholder(route, tag);
        if (!taken) continue;
        conditions.false(
          INGRESS,
          'NotOwned',
          `There is an existing placeholder Service "${taken}" that we do not own.`,
        );
        return ended();
      }
      await removePlaceholders(route, tags);
      const internal = new Map<string, readonly Share[]>();
      const external = new Map<string, readonly Share[]>();
      for (const tag of tags) {
        const shares = sharesOf(namespace!, targets, tag);
        const first = `${tag ? `${tag}-` : ''}${name}.${namespace}`;
        for (const host of [first, `${first}.svc`, `${first}.${clusterDomain}`]) internal.set(host, shares);
        if (outside) external.set(`${first}.${outside}`, shares);
      }
      gateway.program(key, { internal, external });
      conditions.true(INGRESS);
      await markRevisions(route, targets);
      return ended();
    },
  });

  /** The Service of a name; answers its name where somebody else has it. */
  async function ensurePlaceholder(route: Route, tag: string | undefined): Promise<string | undefined> {
    const { name, namespace, uid, labels } = route.metadata;
    const service = tag ? `${tag}-${name}` : name!;
    const found = services.get(`${namespace}/${service}`);
    if (found) return found.metadata.ownerReferences?.some((each) => each.uid === uid) ? undefined : service;
    const made = await createOrGet<Service>(client, SERVICES, {
      metadata: {
        name: service,
        namespace: namespace!,
        labels: { ...labels, [ROUTE_LABEL]: name! },
        ownerReferences: [controllerReference(KNATIVE_ROUTES, route)],
      },
      spec: {
        type: 'ExternalName',
        externalName: `${INTERNAL_GATEWAY}.${clusterDomain}`,
        sessionAffinity: 'None',
        ports: [{ name: 'http2', port: 80, targetPort: 80 }],
      },
    });
    return made.metadata.ownerReferences?.some((each) => each.uid === uid) ? undefined : service;
  }

  /** Services of tags that there are no more. */
  async function removePlaceholders(route: Route, tags: readonly (string | undefined)[]): Promise<void> {
    const { name, namespace, uid } = route.metadata;
    const wanted = new Set(tags.map((tag) => (tag ? `${tag}-${name}` : name)));
    for (const { metadata, spec } of services.list())
      if (
        metadata.namespace === namespace &&
        metadata.labels?.[ROUTE_LABEL] === name &&
        spec.type === 'ExternalName' &&
        metadata.ownerReferences?.some((each) => each.uid === uid) &&
        !wanted.has(metadata.name)
      )
        await unlessGone(client.delete(SERVICES, metadata));
  }

  /** Tells the revisions of the Route's Configurations whether it leads to them. */
  async function markRevisions(route: Route, targets: readonly ResolvedTarget[]): Promise<void> {
    const { name, namespace } = route.metadata;
    const active = new Set(targets.map(({ revisionName }) => revisionName));
    for (const target of active) {
      const revision = revisions.get(`${namespace}/${target}`);
      if (revision) await mark(revision, name!, true);
    }
    for (const revision of revisions.list())
      if (
        revision.metadata.namespace === namespace &&
        !active.has(revision.metadata.name!) &&
        routesOfRevision(revision).includes(name!)
      )
        await mark(revision, name!, false);
  }

  async function mark(revision: Revision, route: string, leads: boolean): Promise<void> {
    const before = routesOfRevision(revision);
    const now = leads ? [...new Set([...before, route])].sort() : before.filter((each) => each !== route);
    const state = now.length > 0 ? 'active' : 'reserve';
    if (before.join() === now.join() && revision.metadata.labels?.[ROUTING_STATE] === state) return;
    await unlessGone(
      client.patch(REVISIONS, revision.metadata, 'application/merge-patch+json', {
        metadata: {
          labels: { [ROUTING_STATE]: state },
          annotations: {
            [ROUTES]: now.join() || null,
            [ROUTING_STATE_MODIFIED]: timestamp(clock.now()),
          },
        },
      }),
    );
  }

  /** A Route is gone: it leads nowhere. */
  async function release(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    for (const revision of revisions.list())
      if (revision.metadata.namespace === namespace && routesOfRevision(revision).includes(name))
        await mark(revision, name, false);
  }

  resources.add(reconciler);
  return {
    lookAtAll: () => {
      for (const { metadata } of all.list()) reconciler.look(`${metadata.namespace}/${metadata.name}`);
    },
    dispose: () => resources.dispose(),
  };
}

const routesOfRevision = ({ metadata }: Revision): string[] =>
  (metadata.annotations?.[ROUTES] ?? '').split(',').filter(Boolean);

/** The whole traffic by default, that of one tag in full. */
function sharesOf(namespace: string, targets: readonly ResolvedTarget[], tag: string | undefined): Share[] {
  const shares = targets
    .filter((target) => (tag ? target.tag === tag : target.percent > 0))
    .map(({ revisionName, percent }) => ({ revision: `${namespace}/${revisionName}`, percent }));
  return tag ? shares.slice(0, 1).map((share) => ({ ...share, percent: 100 })) : shares;
}

async function unlessGone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
  }
}
