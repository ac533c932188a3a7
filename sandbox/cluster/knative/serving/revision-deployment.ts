/**
 * The Deployment of a Revision, as knative.dev/serving's revision controller makes it: the learner's container with
 * Knative's environment, and `queue-proxy` beside it, which takes the requests, probes the container itself and holds
 * `containerConcurrency`. Left out: TLS ports, profiling, the sidecar's security context (it runs as in its image).
 */
import type { Container, Deployment, Probe } from '../../client/kinds.ts';
import { controllerReference } from '../../controllers/controller.ts';
import {
  CONFIGURATION_LABEL,
  PROGRESS_DEADLINE,
  REVISION_LABEL,
  REVISION_UID,
  REVISIONS,
  ROUTE_LABEL,
  ROUTES,
  ROUTING_STATE,
  ROUTING_STATE_MODIFIED,
  SERVICE_LABEL,
  type Revision,
} from './kinds.ts';
import { parseDuration } from '../../api/duration.ts';

/** Where queue-proxy takes requests, and where it says how it is. */
export const QUEUE_PORT = 8012;
const QUEUE_ADMIN_PORT = 8022;
const QUEUE_IMAGE = 'gcr.io/knative-releases/knative.dev/serving/cmd/queue:v1.22.1';
export const QUEUE_CONTAINER = 'queue-proxy';
/** How long the first probe of readiness waits for a container that starts. */
const START_SECONDS = 10;
const DEFAULT_USER_PORT = 8080;
const PROGRESS_DEADLINE_SECONDS = 600;
const AUTOSCALING = 'autoscaling.knative.dev/';

const NOT_INHERITED_LABELS = [ROUTE_LABEL, ROUTING_STATE];
const NOT_INHERITED_ANNOTATIONS = [ROUTING_STATE_MODIFIED, ROUTES];

const without = (map: Record<string, string> | undefined, keys: readonly string[], prefix?: string) =>
  Object.fromEntries(
    Object.entries(map ?? {}).filter(([key]) => !keys.includes(key) && !(prefix && key.startsWith(prefix))),
  );

/** Labels of everything that a Revision makes. */
export function labelsOf({ metadata }: Revision): Record<string, string> {
  const labels: Record<string, string> = {
    ...without(metadata.labels, NOT_INHERITED_LABELS),
    [REVISION_LABEL]: metadata.name!,
    [REVISION_UID]: metadata.uid!,
  };
  labels['app'] ??= metadata.name!;
  return labels;
}

/** Annotations of the PodAutoscaler: those of the Revision, the autoscaler's own included. */
export const autoscalerAnnotations = ({ metadata }: Revision): Record<string, string> =>
  without(metadata.annotations, NOT_INHERITED_ANNOTATIONS);

/** Pods of the Revision. */
export const selectorOf = ({ metadata }: Revision): Record<string, string> => ({
  [REVISION_UID]: metadata.uid!,
});

/** The container that takes requests: the one with a port, or the only one. */
export const servingContainer = ({ spec }: Revision): Container =>
  spec!.containers.find(({ ports }) => ports?.length) ?? spec!.containers[0]!;

/** Milliseconds that a Revision has for its first pods. */
export const progressDeadlineMs = ({ metadata }: { metadata: Revision['metadata'] }): number => {
  const text = metadata.annotations?.[PROGRESS_DEADLINE];
  return text ? parseDuration(text) : PROGRESS_DEADLINE_SECONDS * 1000;
};

/** @param announceUrl whom queue-proxy tells that its pod answers */
export function deploymentOf(revision: Revision, replicas: number, announceUrl: string): Deployment {
  const { metadata, spec } = revision;
  const serving = servingContainer(revision);
  const annotations = without(metadata.annotations, NOT_INHERITED_ANNOTATIONS, AUTOSCALING);
  const { containerConcurrency: _, timeoutSeconds = 300, ...podSpec } = spec!;
  return {
    metadata: {
      name: `${metadata.name}-deployment`,
      namespace: metadata.namespace!,
      labels: labelsOf(revision),
      annotations,
      ownerReferences: [controllerReference(REVISIONS, revision)],
    },
    spec: {
      replicas,
      selector: { matchLabels: selectorOf(revision) },
      progressDeadlineSeconds: progressDeadlineMs(revision) / 1000,
      revisionHistoryLimit: 0,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } },
      template: {
        metadata: {
          labels: labelsOf(revision),
          annotations: {
            ...annotations,
            'kubectl.kubernetes.io/default-container': serving.name,
          },
        },
        spec: {
          ...podSpec,
          containers: [
            ...spec!.containers.map((each) => userContainer(revision, each, each === serving)),
            queueContainer(revision, announceUrl),
          ],
          terminationGracePeriodSeconds: timeoutSeconds,
        },
      },
    },
  };
}

const portOf = (container: Container): number => container.ports?.[0]?.containerPort ?? DEFAULT_USER_PORT;

function userContainer(revision: Revision, container: Container, isServing: boolean): Container {
  const { metadata } = revision;
  const port = portOf(container);
  const { readinessProbe, livenessProbe, ...rest } = container;
  // HTTP and TCP probes of readiness are queue-proxy's.
  const kept = readinessProbe?.exec ? { readinessProbe } : {};
  return {
    ...rest,
    ...kept,
    ...(livenessProbe ? { livenessProbe: isServing ? onPort(livenessProbe, port) : livenessProbe } : {}),
    ...(isServing ? { ports: [{ name: 'user-port', containerPort: port }] } : {}),
    env: [
      ...(container.env ?? []),
      ...(isServing ? [{ name: 'PORT', value: String(port) }] : []),
      { name: 'K_REVISION', value: metadata.name! },
      { name: 'K_CONFIGURATION', value: metadata.labels?.[CONFIGURATION_LABEL] ?? '' },
      { name: 'K_SERVICE', value: metadata.labels?.[SERVICE_LABEL] ?? '' },
    ],
    lifecycle: { preStop: { httpGet: { port: QUEUE_ADMIN_PORT, path: '/wait-for-drain' } } },
    terminationMessagePolicy: container.terminationMessagePolicy ?? 'FallbackToLogsOnError',
  };
}

function onPort(probe: Probe, port: number): Probe {
  if (probe.httpGet) return { ...probe, httpGet: { ...probe.httpGet, port } };
  return probe.tcpSocket ? { ...probe, tcpSocket: { ...probe.tcpSocket, port } } : probe;
}

function queueContainer(revision: Revision, announceUrl: string): Container {
  const { metadata, spec } = revision;
  const serving = servingContainer(revision);
  const port = portOf(serving);
  const probe = serving.readinessProbe;
  const variables: Record<string, string> = {
    SERVING_NAMESPACE: metadata.namespace!,
    SERVING_SERVICE: metadata.labels?.[SERVICE_LABEL] ?? '',
    SERVING_CONFIGURATION: metadata.labels?.[CONFIGURATION_LABEL] ?? '',
    SERVING_REVISION: metadata.name!,
    QUEUE_SERVING_PORT: String(QUEUE_PORT),
    CONTAINER_CONCURRENCY: String(spec!.containerConcurrency ?? 0),
    REVISION_TIMEOUT_SECONDS: String(spec!.timeoutSeconds ?? 300),
    USER_PORT: String(port),
    SYSTEM_NAMESPACE: 'knative-serving',
    SERVING_READINESS_PROBE: probe ? JSON.stringify(queueProbe(probe, port)) : '',
    SERVING_ANNOUNCE_URL: announceUrl,
  };
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  return {
    name: QUEUE_CONTAINER,
    image: QUEUE_IMAGE,
    ports: [
      { name: 'http-autometric', containerPort: 9090 },
      { name: 'queue-port', containerPort: QUEUE_PORT },
    ],
    ...(probe
      ? {
          readinessProbe: {
            ...probe,
            // queue-proxy answers when the container does: until then the kubelet waits, and need not ask again.
            timeoutSeconds: probe.periodSeconds ? (probe.timeoutSeconds ?? 1) : START_SECONDS,
            exec: undefined,
            tcpSocket: undefined,
            httpGet: {
              port: QUEUE_PORT,
              httpHeaders: [{ name: 'K-Network-Probe', value: 'queue' }],
            },
          } as Probe,
        }
      : {}),
    resources: { requests: { cpu: '25m' } },
    env: [
      ...Object.entries(variables).map(([name, value]) => ({ name, value })),
      field('SERVING_POD', 'metadata.name'),
      field('SERVING_POD_IP', 'status.podIP'),
      field('HOST_IP', 'status.hostIP'),
    ],
  };
}

/** The learner's probe as queue-proxy carries it out, on the container's port unless it names one. */
function queueProbe(probe: Probe, port: number): Probe {
  const number = (asked: number | string | undefined) => (Number(asked) > 0 ? Number(asked) : port);
  if (probe.httpGet)
    return { ...probe, httpGet: { ...probe.httpGet, host: '127.0.0.1', port: number(probe.httpGet.port) } };
  return {
    ...probe,
    exec: undefined,
    tcpSocket: { host: '127.0.0.1', port: number(probe.tcpSocket?.port) },
  } as Probe;
}
