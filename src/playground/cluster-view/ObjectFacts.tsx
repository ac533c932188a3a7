import type { KubernetesObject } from '../../../sandbox/cluster/api/object.ts';
import type { Pod } from '../../../sandbox/cluster/client/kinds.ts';
import { podState } from './pod-state.ts';

/** What one asks first about an object, as `kubectl describe` would begin. */
export function ObjectFacts({ kind, object }: { kind: string; object: KubernetesObject }) {
  const rows = factsOf(kind, object).filter(([, value]) => value !== undefined && value !== '');
  return (
    <>
      <dl class="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {kind === 'Pod' && <Containers pod={object as Pod} />}
      <Conditions object={object} />
    </>
  );
}

type Fact = [name: string, value: string | number | undefined];

function factsOf(kind: string, object: KubernetesObject): Fact[] {
  const { metadata, spec, status } = object;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const common: Fact[] = [
    ['Namespace', metadata.namespace],
    ['Labels', pairs(metadata.labels)],
    ['Controlled by', owner && `${owner.kind} ${owner.name}`],
    ['Created', metadata.creationTimestamp && new Date(metadata.creationTimestamp).toLocaleTimeString()],
  ];
  switch (kind) {
    case 'Pod': {
      const state = podState(object as Pod);
      return [
        ['Status', state.status],
        ['Restarts', state.restarts],
        ['Node', spec.nodeName],
        ['IP', status?.podIP],
        ...common,
      ];
    }
    case 'Deployment':
      return [
        [
          'Replicas',
          `${spec.replicas} wanted, ${status?.updatedReplicas ?? 0} updated, ${status?.readyReplicas ?? 0} ready`,
        ],
        ['Selector', pairs(spec.selector?.matchLabels)],
        ['Strategy', spec.strategy?.type],
        ...common,
      ];
    case 'ReplicaSet':
      return [
        ['Replicas', `${spec.replicas} wanted, ${status?.readyReplicas ?? 0} ready`],
        ['Selector', pairs(spec.selector?.matchLabels)],
        ...common,
      ];
    case 'Service':
      return [
        ['Type', spec.type],
        ['Cluster IP', spec.clusterIP],
        [
          'Ports',
          spec.ports
            ?.map(
              (port: { port: number; targetPort?: number | string; protocol?: string }) =>
                `${port.port} → ${port.targetPort ?? port.port}`,
            )
            .join(', '),
        ],
        ['Selector', pairs(spec.selector)],
        ...common,
      ];
    case 'Node':
      return [
        ['Kubelet', status?.nodeInfo?.kubeletVersion],
        ['CPU', status?.capacity?.cpu],
        ['Memory', status?.capacity?.memory],
        ['Unschedulable', spec?.unschedulable ? 'yes' : undefined],
        ...common,
      ];
    default:
      return common;
  }
}

const pairs = (labels: Record<string, string> | undefined) =>
  labels &&
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');

function Containers({ pod }: { pod: Pod }) {
  return (
    <>
      <h3>Containers</h3>
      <ul class="lines">
        {pod.spec.containers.map((container) => {
          const status = pod.status?.containerStatuses?.find(({ name }) => name === container.name);
          const { waiting, running, terminated } = status?.state ?? {};
          const last = status?.lastState?.terminated;
          return (
            <li key={container.name}>
              <strong>{container.name}</strong> {container.image}
              <br />
              {waiting && `${waiting.reason ?? 'Waiting'}${waiting.message ? `: ${waiting.message}` : ''}`}
              {running && (status?.ready ? 'Running, ready' : 'Running, not ready')}
              {terminated && `${terminated.reason ?? 'Terminated'}, exit code ${terminated.exitCode}`}
              {last && `. Before: ${last.reason ?? 'Terminated'}, exit code ${last.exitCode}`}
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Conditions({ object }: { object: KubernetesObject }) {
  const conditions = (object.status?.conditions ?? []) as {
    type: string;
    status: string;
    reason?: string;
    message?: string;
  }[];
  if (conditions.length === 0) return null;
  return (
    <>
      <h3>Conditions</h3>
      <ul class="lines">
        {conditions.map(({ type, status, reason, message }) => (
          <li key={type}>
            <strong>{type}</strong> {status}
            {reason && ` (${reason})`}
            {message && `: ${message}`}
          </li>
        ))}
      </ul>
    </>
  );
}
