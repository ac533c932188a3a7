/**
 * The controller of Revisions: a Deployment, a PodAutoscaler and two Services each (`hello-00001`, which leads to the
 * activator, and `hello-00001-private`, which leads to the pods), and whether they are well. In Knative a
 * ServerlessService makes the two Services; here the Revision does. Left out: digests of images (`status` has none, and
 * the tag is pulled as it is then), image caches.
 */
import type { Disposable } from '../../../core/disposable.ts';
import type { Deployment, Pod, Service } from '../../client/kinds.ts';
import { DEPLOYMENTS, ENDPOINT_SLICES, PODS, SERVICES } from '../../client/resources.ts';
import { controllerReference } from '../../controllers/controller.ts';
import { byLabel } from '../../client/informer.ts';
import { createOrGet, ensure } from '../../client/ensure.ts';
import { conditionOf, Conditions } from '../conditions.ts';
import type { KnativeContext } from '../knative-context.ts';
import { named, Reconciler, sameName } from '../reconciler.ts';
import type { AutoscalerConfig } from './autoscaler-config.ts';
import {
  POD_AUTOSCALERS,
  REVISION_LABEL,
  REVISION_UID,
  REVISIONS,
  ROUTING_STATE,
  type PodAutoscaler,
  type Revision,
} from './kinds.ts';
import {
  autoscalerAnnotations,
  deploymentOf,
  labelsOf,
  QUEUE_CONTAINER,
  QUEUE_PORT,
  selectorOf,
} from './revision-deployment.ts';

const AVAILABLE = 'ResourcesAvailable';
const HEALTHY = 'ContainerHealthy';
const ACTIVE = 'Active';
const HTTP_PORT = 80;
/** Pods by label (see `byLabel`). */
const BY_LABEL = 'label';

export interface RevisionsInit {
  context: KnativeContext;
  config(): AutoscalerConfig;
  /** Whom queue-proxies tell that their pods answer. */
  announceUrl: string;
  /** The activator's address, which stands behind the public Services. */
  activatorAddress: string;
  activatorPort: number;
}

export function startRevisions(init: RevisionsInit): Disposable {
  const { context, config } = init;
  const { client, clock, informers } = context;
  const recorder = context.recorder('revision-controller');
  const deployments = informers.informer(DEPLOYMENTS);
  const autoscalers = informers.informer(POD_AUTOSCALERS);
  const pods = informers.informer(PODS);
  pods.addIndex(BY_LABEL, byLabel);

  return new Reconciler<Revision>({
    context,
    type: REVISIONS,
    follows: [named(DEPLOYMENTS, REVISION_LABEL), sameName(POD_AUTOSCALERS), named(PODS, REVISION_LABEL)],
    reconcile: async (revision, key) => {
      const { name, namespace } = revision.metadata;
      const conditions = new Conditions([AVAILABLE, HEALTHY], revision.status?.conditions, clock.now());
      const status: Revision['status'] & object = {
        ...revision.status,
        containerStatuses: revision.spec!.containers.map((each) => ({ name: each.name })),
      };
      const wasReady = conditionOf(revision.status, 'Ready')?.status === 'True';
      const ended = () => {
        const list = conditions.list();
        if (!wasReady && conditions.status('Ready') === 'True')
          recorder.event(
            revision,
            'Normal',
            'RevisionReady',
            'Revision becomes ready upon all resources being ready',
          );
        return { ...status, observedGeneration: revision.metadata.generation, conditions: list };
      };

      let deployment = deployments.get(`${namespace}/${name}-deployment`);
      if (!deployment) {
        conditions.unknown(AVAILABLE, 'Deploying');
        conditions.unknown(HEALTHY, 'Deploying');
        const replicas = config().of(revision).initialScale;
        deployment = await createOrGet(
          client,
          DEPLOYMENTS,
          deploymentOf(revision, replicas, init.announceUrl),
        );
      }
      const owner = deployment.metadata.ownerReferences?.find(({ controller }) => controller);
      if (owner?.uid !== revision.metadata.uid) {
        conditions.false(
          AVAILABLE,
          'NotOwned',
          `There is an existing Deployment "${name}-deployment" that we do not own.`,
        );
        return ended();
      }
      propagateDeployment(conditions, deployment);
      if ((deployment.spec.replicas ?? 1) > 0 && !deployment.status?.availableReplicas) {
        const [pod] = pods.indexed(BY_LABEL, `${namespace}/${REVISION_UID}=${revision.metadata.uid}`);
        if (pod) propagatePod(conditions, pod, hasTimedOut(deployment));
      }
      if (deployment.status?.readyReplicas) conditions.true(HEALTHY);

      await ensureServices(init, revision);
      const autoscaler = await reconcileAutoscaler(init, revision, autoscalers.get(key));
      propagateAutoscaler(conditions, status, autoscaler);
      return ended();
    },
  });
}

/** ResourcesAvailable from the Deployment's own conditions. */
function propagateDeployment(conditions: Conditions, { status }: Deployment): void {
  const of = (type: string) => status?.conditions?.find((each) => each.type === type);
  const progressing = of('Progressing');
  const failure = of('ReplicaFailure');
  if (failure?.status === 'True') conditions.false(AVAILABLE, failure.reason ?? '', failure.message ?? '');
  else if (progressing?.status === 'False')
    conditions.false(AVAILABLE, progressing.reason ?? '', progressing.message ?? '');
  else if (progressing?.status === 'True') conditions.true(AVAILABLE);
  else conditions.unknown(AVAILABLE, 'Deploying');
}

const hasTimedOut = ({ status }: Deployment): boolean =>
  status?.conditions?.some(
    ({ type, status: state, reason }) =>
      type === 'Progressing' && state === 'False' && reason === 'ProgressDeadlineExceeded',
  ) ?? false;

/** What keeps the first pod from running. */
function propagatePod(conditions: Conditions, { status }: Pod, timedOut: boolean): void {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False')
    conditions.false(AVAILABLE, scheduled.reason ?? '', scheduled.message ?? '');
  for (const { name, lastState, state } of status?.containerStatuses ?? []) {
    if (name === QUEUE_CONTAINER) continue;
    const ended = lastState?.terminated;
    if (ended) {
      const message = ended.message || (ended.exitCode === 0 ? 'container exited with no error' : '');
      return conditions.false(HEALTHY, `ExitCode${ended.exitCode}`, `Container failed with: ${message}`);
    }
    const { waiting } = state ?? {};
    if (waiting && timedOut) return conditions.false(AVAILABLE, waiting.reason ?? '', waiting.message ?? '');
  }
}

function propagateAutoscaler(
  conditions: Conditions,
  status: Revision['status'] & object,
  { status: scaling }: PodAutoscaler,
): void {
  status.actualReplicas = scaling?.actualScale;
  status.desiredReplicas =
    scaling?.desiredScale !== undefined && scaling.desiredScale >= 0 ? scaling.desiredScale : undefined;
  const failed = conditions.status(AVAILABLE) === 'False' || conditions.status(HEALTHY) === 'False';
  const ready = conditionOf(scaling, 'Ready');
  if (!ready) {
    conditions.unknown(ACTIVE, 'Deploying');
    if (!failed) conditions.unknown(AVAILABLE, 'Deploying');
    return;
  }
  const initialized = conditionOf(scaling, 'ScaleTargetInitialized')?.status === 'True';
  if (initialized && !failed) {
    conditions.true(AVAILABLE);
    conditions.true(HEALTHY);
  } else if (!initialized && conditions.status(AVAILABLE) === 'True')
    conditions.unknown(AVAILABLE, 'Deploying');
  if (ready.status === 'False' && !initialized && !failed)
    conditions.false(AVAILABLE, 'ProgressDeadlineExceeded', 'Initial scale was never achieved');
  conditions.set(ACTIVE, ready.status, ready.reason, ready.message);
}

const REACHABILITY: Readonly<Record<string, 'Reachable' | 'Unreachable'>> = {
  active: 'Reachable',
  reserve: 'Unreachable',
};

async function reconcileAutoscaler(
  { context: { client } }: RevisionsInit,
  revision: Revision,
  found: PodAutoscaler | undefined,
): Promise<PodAutoscaler> {
  const { name, namespace, labels } = revision.metadata;
  const reachability = REACHABILITY[labels?.[ROUTING_STATE] ?? ''];
  const spec = {
    containerConcurrency: revision.spec!.containerConcurrency ?? 0,
    protocolType: 'http1',
    ...(reachability ? { reachability } : {}),
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: `${name}-deployment` },
  };
  if (!found)
    return createOrGet(client, POD_AUTOSCALERS, {
      metadata: {
        name: name!,
        namespace: namespace!,
        labels: labelsOf(revision),
        annotations: autoscalerAnnotations(revision),
        ownerReferences: [controllerReference(REVISIONS, revision)],
      },
      spec,
    });
  if (found.spec!.reachability === spec.reachability) return found;
  return client.update(POD_AUTOSCALERS, { ...found, spec });
}

async function ensureServices(
  { context: { client, informers }, activatorAddress, activatorPort }: RevisionsInit,
  revision: Revision,
): Promise<void> {
  const { name, namespace } = revision.metadata;
  const services = informers.informer(SERVICES);
  const meta = (suffix: string, type: string) => ({
    name: `${name}${suffix}`,
    namespace: namespace!,
    labels: { ...labelsOf(revision), 'networking.internal.knative.dev/serviceType': type },
    ownerReferences: [controllerReference(REVISIONS, revision)],
  });
  if (!services.get(`${namespace}/${name}-private`))
    await ensure<Service>(client, SERVICES, {
      metadata: meta('-private', 'Private'),
      spec: {
        selector: selectorOf(revision),
        ports: [
          { name: 'http', port: HTTP_PORT, targetPort: QUEUE_PORT },
          { name: 'queue-port', port: QUEUE_PORT, targetPort: QUEUE_PORT },
        ],
      },
    });
  if (!services.get(`${namespace}/${name}`))
    await ensure<Service>(client, SERVICES, {
      metadata: meta('', 'Public'),
      spec: { ports: [{ name: 'http', port: HTTP_PORT, targetPort: QUEUE_PORT }] },
    });
  const slices = informers.informer(ENDPOINT_SLICES);
  const slice = slices.get(`${namespace}/${name}-activator`);
  if (slice?.endpoints?.[0]?.addresses[0] === activatorAddress) return;
  const made = {
    metadata: {
      ...meta('-activator', 'Public'),
      labels: {
        'kubernetes.io/service-name': name!,
        'endpointslice.kubernetes.io/managed-by': 'serverlessservice-controller.knative.dev',
      },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [activatorAddress], conditions: { ready: true } }],
    ports: [{ name: 'http', port: activatorPort, protocol: 'TCP' }],
  };
  if (slice) await client.update(ENDPOINT_SLICES, { ...slice, endpoints: made.endpoints });
  else await ensure(client, ENDPOINT_SLICES, made);
}
