/** The controller of Services: a Configuration and a Route of the same name, and a status that sums up theirs. */
import type { Disposable } from '../../../core/disposable.ts';
import { deepEqual } from '../../api/equality.ts';
import type { Client } from '../../client/client.ts';
import { createOrGet } from '../../client/ensure.ts';
import { controllerReference } from '../../controllers/controller.ts';
import { conditionOf, Conditions } from '../conditions.ts';
import type { KnativeContext } from '../knative-context.ts';
import { Reconciler, sameName } from '../reconciler.ts';
import {
  CONFIGURATIONS,
  KNATIVE_ROUTES,
  KNATIVE_SERVICES,
  SERVICE_LABEL,
  SERVICE_UID,
  type Configuration,
  type KnativeService,
  type Route,
} from './kinds.ts';

const CONFIGURATIONS_READY = 'ConfigurationsReady';
const ROUTES_READY = 'RoutesReady';

/** Annotations that a Service's children do not take over. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export function startServices(context: KnativeContext): Disposable {
  const { client, clock, informers } = context;
  const recorder = context.recorder('service-controller');
  const configurations = informers.informer(CONFIGURATIONS);
  const routes = informers.informer(KNATIVE_ROUTES);

  return new Reconciler<KnativeService>({
    context,
    type: KNATIVE_SERVICES,
    follows: [sameName(CONFIGURATIONS), sameName(KNATIVE_ROUTES)],
    reconcile: async (service, key) => {
      const conditions = new Conditions(
        [CONFIGURATIONS_READY, ROUTES_READY],
        service.status?.conditions,
        clock.now(),
      );
      const status: KnativeService['status'] & object = { ...service.status };
      const { name } = service.metadata;
      const ended = () => ({
        ...status,
        observedGeneration: service.metadata.generation,
        conditions: conditions.list(),
      });

      const foundConfiguration = configurations.get(key);
      if (foundConfiguration && !isOwned(foundConfiguration, service)) {
        conditions.false(
          CONFIGURATIONS_READY,
          'NotOwned',
          `There is an existing Configuration "${name}" that we do not own.`,
        );
        return ended();
      }
      if (!foundConfiguration)
        recorder.event(service, 'Normal', 'Created', `Created Configuration "${name}"`);
      const configuration = await reconcileConfiguration(client, service, foundConfiguration);
      if (configuration.metadata.generation !== configuration.status?.observedGeneration) {
        conditions.unknown(
          CONFIGURATIONS_READY,
          'OutOfDate',
          'The Configuration is still working to reflect the latest desired specification.',
        );
        if (service.spec!.template.metadata?.name) return ended();
      } else {
        status.latestCreatedRevisionName = configuration.status?.latestCreatedRevisionName;
        status.latestReadyRevisionName = configuration.status?.latestReadyRevisionName;
        propagate(conditions, CONFIGURATIONS_READY, configuration);
      }
      const wanted = service.spec!.template.metadata?.name;
      if (wanted && configuration.status?.latestCreatedRevisionName !== wanted) {
        conditions.false(
          ROUTES_READY,
          'RevisionNameTaken',
          `The revision name "${wanted}" is taken by a conflicting Revision, so traffic will not be migrated`,
        );
        return ended();
      }

      const foundRoute = routes.get(key);
      if (foundRoute && !isOwned(foundRoute, service)) {
        conditions.false(
          ROUTES_READY,
          'NotOwned',
          `There is an existing Route "${name}" that we do not own.`,
        );
        return ended();
      }
      if (!foundRoute) recorder.event(service, 'Normal', 'Created', `Created Route "${name}"`);
      const route = await reconcileRoute(client, service, foundRoute);
      if (route.metadata.generation !== route.status?.observedGeneration)
        conditions.unknown(
          ROUTES_READY,
          'OutOfDate',
          'The Route is still working to reflect the latest desired specification.',
        );
      else {
        const { url, address, traffic } = route.status ?? {};
        Object.assign(status, { url, address, traffic });
        propagate(conditions, ROUTES_READY, route);
      }
      if (conditions.status(ROUTES_READY) === 'True' && !isMigrated(configuration, route))
        conditions.unknown(
          ROUTES_READY,
          'TrafficNotMigrated',
          'Traffic is not yet migrated to the latest revision.',
        );
      return ended();
    },
  });
}

const isOwned = (object: Configuration | Route, { metadata }: KnativeService): boolean =>
  object.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === metadata.uid) ?? false;

function propagate(conditions: Conditions, type: string, { status }: Configuration | Route): void {
  const ready = conditionOf(status, 'Ready');
  if (ready) conditions.set(type, ready.status, ready.reason, ready.message);
}

async function reconcileConfiguration(
  client: Client,
  service: KnativeService,
  found: Configuration | undefined,
): Promise<Configuration> {
  const spec = { template: service.spec!.template };
  if (!found) return createOrGet(client, CONFIGURATIONS, { metadata: childMeta(service), spec });
  const { labels, annotations } = childMeta(service);
  if (
    deepEqual(found.spec, spec) &&
    deepEqual(found.metadata.labels, labels) &&
    deepEqual(found.metadata.annotations ?? {}, annotations)
  )
    return found;
  return client.update(CONFIGURATIONS, {
    ...found,
    metadata: { ...found.metadata, labels, annotations },
    spec,
  });
}

async function reconcileRoute(
  client: Client,
  service: KnativeService,
  found: Route | undefined,
): Promise<Route> {
  const spec = {
    traffic: service.spec!.traffic?.map((target) =>
      target.revisionName ? target : { ...target, configurationName: service.metadata.name! },
    ),
  };
  if (!found) return createOrGet(client, KNATIVE_ROUTES, { metadata: childMeta(service), spec });
  const { labels, annotations } = childMeta(service);
  const hasLabels = Object.entries(labels).every(([key, value]) => found.metadata.labels?.[key] === value);
  if (deepEqual(found.spec, spec) && hasLabels && deepEqual(found.metadata.annotations ?? {}, annotations))
    return found;
  return client.update(KNATIVE_ROUTES, {
    ...found,
    metadata: { ...found.metadata, labels: { ...found.metadata.labels, ...labels }, annotations },
    spec,
  });
}

function childMeta(service: KnativeService) {
  const { name, namespace, labels, annotations, uid } = service.metadata;
  const { [LAST_APPLIED]: _, ...others } = annotations ?? {};
  return {
    name: name!,
    namespace: namespace!,
    labels: { ...labels, [SERVICE_LABEL]: name!, [SERVICE_UID]: uid! },
    annotations: others,
    ownerReferences: [controllerReference(KNATIVE_SERVICES, service)],
  };
}

/** Whether the Route's traffic is what it says, with the latest ready revision where it wants the latest. */
function isMigrated(configuration: Configuration, { spec, status }: Route): boolean {
  const wanted = spec?.traffic ?? [];
  const got = status?.traffic ?? [];
  return (
    wanted.length === got.length &&
    wanted.every((target, index) => {
      const name =
        target.configurationName === configuration.metadata.name
          ? configuration.status?.latestReadyRevisionName
          : target.revisionName;
      const { revisionName, percent, tag } = got[index]!;
      return revisionName === name && (percent ?? 0) === (target.percent ?? 0) && tag === target.tag;
    })
  );
}
