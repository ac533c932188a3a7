/** Lines about a revision, in its own description and in its Service's (client/pkg/commands/revision/describe.go). */
import { writeList, type Description } from './output.ts';
import type { Container, Revision } from './objects.ts';

const AUTOSCALING = 'autoscaling.knative.dev';

const containerOf = ({ spec }: Revision): Container =>
  spec!.containers.find(({ ports }) => ports?.length) ?? spec!.containers[0]!;

export function writeImage(description: Description, revision: Revision): void {
  description.attribute('Image', containerOf(revision).image ?? 'Unknown');
}

export function writeReplicas(description: Description, { status }: Revision): void {
  const { actualReplicas, desiredReplicas } = status ?? {};
  if (actualReplicas !== undefined && desiredReplicas !== undefined)
    description.attribute('Replicas', `${actualReplicas}/${desiredReplicas}`);
}

/** Port, environment, scale, concurrency, resources. */
export function writeDetails(description: Description, revision: Revision, details: boolean): void {
  const container = containerOf(revision);
  const annotation = (name: string) => revision.metadata.annotations?.[`${AUTOSCALING}/${name}`];
  const port = container.ports?.[0]?.containerPort;
  if (port !== undefined) description.attribute('Port', String(port));
  writeList(
    description,
    'Env',
    (container.env ?? []).map(
      ({ name, value, valueFrom }) => `${name}=${valueFrom ? '[ref]' : (value ?? '')}`,
    ),
    details,
  );
  writeList(
    description,
    'EnvFrom',
    (container.envFrom ?? []).map(({ configMapRef, secretRef }) =>
      configMapRef ? `cm:${configMapRef.name}` : `secret:${secretRef?.name}`,
    ),
    details,
  );
  const min = annotation('min-scale');
  const max = annotation('max-scale');
  if (min !== undefined || max !== undefined)
    description.attribute('Scale', min === max ? min! : `${min ?? '0'} ... ${max ?? '∞'}`);
  const limit = revision.spec!.containerConcurrency;
  const target = annotation('target');
  const window = annotation('window');
  const utilization = annotation('target-utilization-percentage');
  if (limit || target || window || utilization) {
    const section = description.attribute('Concurrency', '');
    if (limit) section.attribute('Limit', String(limit));
    if (target) section.attribute('Target', target);
    if (window) section.attribute('Window', window);
    if (utilization) section.attribute('TargetUtilization', utilization);
  }
  for (const [label, name] of [
    ['Memory', 'memory'],
    ['CPU', 'cpu'],
  ] as const) {
    const request = container.resources?.requests?.[name];
    const most = container.resources?.limits?.[name];
    if (request && most) description.attribute(label, `${request} ... ${most}`);
    else if (request) description.attribute(label, request);
    else if (most) description.attribute(label, `... ${most}`);
  }
}
