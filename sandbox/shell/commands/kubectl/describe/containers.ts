/** Containers of a pod or of a pod template. */
import { canonicalQuantity, quantityMilliValue } from '../../../../cluster/api/quantity.ts';
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { rfc1123, type Description } from './description.ts';

type Container = Record<string, any>;

/** @param resolve the pod that values of fields are taken from; without one they are left out. */
export function describeContainers(
  description: Description,
  title: string,
  containers: readonly Container[],
  statuses: readonly Container[] | undefined,
  resolve: { pod?: KubernetesObject; space?: string },
): void {
  const { pod, space = '' } = resolve;
  description.line(0, `${space}${title}:${containers.length === 0 ? ' <none>' : ''}`);
  for (const container of containers) {
    const status = statuses?.find((each) => each['name'] === container['name']);
    describeBasics(description, container, status, space);
    describeCommand(description, container);
    if (status) {
      describeState(description, 'State', status['state'] ?? {});
      if (status['lastState']?.terminated) describeState(description, 'Last State', status['lastState']);
      description.field('Ready', status['ready'] ? 'True' : 'False', 2);
      description.field('Restart Count', status['restartCount'] ?? 0, 2);
    }
    describeResources(description, container['resources'] ?? {}, 2);
    for (const [label, probe] of [
      ['Liveness', container['livenessProbe']],
      ['Readiness', container['readinessProbe']],
      ['Startup', container['startupProbe']],
    ] as const)
      if (probe) description.field(label, probeText(probe), 2);
    if (container['envFrom']?.length) describeEnvFrom(description, container['envFrom']);
    describeEnvironment(description, container, pod);
    describeMounts(description, container);
  }
}

function describeBasics(
  description: Description,
  container: Container,
  status: Container | undefined,
  space: string,
): void {
  description.line(1, `${space ? ' ' : ''}${container['name']}:`);
  if (status) description.field('Container ID', status['containerID'] ?? '', 2);
  description.field('Image', container['image'] ?? '', 2);
  if (status) description.field('Image ID', status['imageID'] ?? '', 2);
  const ports = (key: string) =>
    ((container['ports'] ?? []) as Container[])
      .map(
        (port) => `${port[key] ?? 0}/${port['protocol'] ?? 'TCP'}${port['name'] ? ` (${port['name']})` : ''}`,
      )
      .join(', ');
  const line = (title: string, text: string) =>
    description.field(text.includes(',') ? `${title}s` : title, text || '<none>', 2);
  line('Port', ports('containerPort'));
  line('Host Port', ports('hostPort'));
  const seccomp = container['securityContext']?.seccompProfile;
  if (seccomp) {
    description.field('SeccompProfile', seccomp.type, 2);
    if (seccomp.type === 'Localhost') description.field('LocalhostProfile', seccomp.localhostProfile, 3);
  }
}

function describeCommand(description: Description, container: Container): void {
  for (const [title, words] of [
    ['Command', container['command']],
    ['Args', container['args']],
  ] as const) {
    if (!words?.length) continue;
    description.line(2, `${title}:`);
    for (const word of words as string[]) for (const line of word.split('\n')) description.line(3, line);
  }
}

function describeState(description: Description, title: string, state: Container): void {
  const { running, waiting, terminated } = state as Record<string, any>;
  if (running) {
    description.field(title, 'Running', 2);
    description.field('Started', rfc1123(running.startedAt), 3);
  } else if (terminated) {
    description.field(title, 'Terminated', 2);
    if (terminated.reason) description.field('Reason', terminated.reason, 3);
    if (terminated.message) description.field('Message', terminated.message, 3);
    description.field('Exit Code', terminated.exitCode, 3);
    if (terminated.signal > 0) description.field('Signal', terminated.signal, 3);
    description.field('Started', rfc1123(terminated.startedAt ?? undefined), 3);
    description.field('Finished', rfc1123(terminated.finishedAt ?? undefined), 3);
  } else {
    description.field(title, 'Waiting', 2);
    if (waiting?.reason) description.field('Reason', waiting.reason, 3);
  }
}

export function describeResources(
  description: Description,
  resources: { limits?: Record<string, string>; requests?: Record<string, string> },
  level: number,
): void {
  for (const [title, list] of [
    ['Limits', resources.limits],
    ['Requests', resources.requests],
  ] as const) {
    const names = Object.keys(list ?? {}).sort();
    if (names.length > 0) description.line(level, `${title}:`);
    for (const name of names) description.field(name, canonicalQuantity(list![name]!), level + 1);
  }
}

function probeText(probe: Container): string {
  const attributes = `delay=${probe['initialDelaySeconds'] ?? 0}s timeout=${probe['timeoutSeconds'] ?? 0}s period=${probe['periodSeconds'] ?? 0}s #success=${probe['successThreshold'] ?? 0} #failure=${probe['failureThreshold'] ?? 0}`;
  const { exec, httpGet, tcpSocket, grpc } = probe as Record<string, any>;
  if (exec) return `exec [${(exec.command ?? []).join(' ')}] ${attributes}`;
  if (httpGet)
    return `http-get ${(httpGet.scheme ?? 'HTTP').toLowerCase()}://${httpGet.host ?? ''}:${httpGet.port}${httpGet.path ?? ''} ${attributes}`;
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port} ${attributes}`;
  if (grpc) return `grpc <pod>:${grpc.port} ${grpc.service ?? ''} ${attributes}`;
  return `unknown ${attributes}`;
}

function describeEnvFrom(description: Description, sources: readonly Container[]): void {
  description.line(2, 'Environment Variables from:');
  for (const { configMapRef, secretRef, prefix } of sources as Record<string, any>[]) {
    const reference = configMapRef ?? secretRef ?? {};
    const kind = configMapRef ? 'ConfigMap' : secretRef ? 'Secret' : '';
    const text = prefix ? `${kind} with prefix '${prefix}'` : kind;
    description.line(3, `${reference.name ?? ''}\t${text}\tOptional: ${Boolean(reference.optional)}`);
  }
}

function describeEnvironment(
  description: Description,
  container: Container,
  pod: KubernetesObject | undefined,
): void {
  const variables = (container['env'] ?? []) as Container[];
  description.line(2, `Environment:${variables.length === 0 ? '\t<none>' : ''}`);
  for (const { name, value = '', valueFrom } of variables as Record<string, any>[]) {
    if (!valueFrom) {
      (value as string)
        .split('\n')
        .forEach((line, at) => description.line(3, `${at === 0 ? `${name}:` : ''}\t${line}`));
      continue;
    }
    const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
    if (fieldRef)
      description.field(
        name,
        `${pod ? fieldOf(pod, fieldRef.fieldPath) : ''} (${fieldRef.apiVersion ?? 'v1'}:${fieldRef.fieldPath})`,
        3,
      );
    else if (resourceFieldRef)
      description.field(
        name,
        `${resourceValue(container, resourceFieldRef)} (${resourceFieldRef.resource})`,
        3,
      );
    else if (secretKeyRef)
      description.field(
        name,
        `<set to the key '${secretKeyRef.key}' in secret '${secretKeyRef.name}'>\tOptional: ${Boolean(secretKeyRef.optional)}`,
        3,
      );
    else if (configMapKeyRef)
      description.field(
        name,
        `<set to the key '${configMapKeyRef.key}' of config map '${configMapKeyRef.name}'>\tOptional: ${Boolean(configMapKeyRef.optional)}`,
        3,
      );
  }
}

/** A field of the downward API: of the metadata only, as kubectl resolves no others. */
function fieldOf(pod: KubernetesObject, path: string): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript) return pod.metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2]!] ?? '';
  switch (path) {
    case 'metadata.name':
    case 'metadata.namespace':
    case 'metadata.uid':
      return pod.metadata[path.slice('metadata.'.length) as 'name' | 'namespace' | 'uid'] ?? '';
    case 'metadata.labels':
    case 'metadata.annotations': {
      const map = pod.metadata[path.slice('metadata.'.length) as 'labels' | 'annotations'] ?? {};
      return Object.keys(map)
        .sort()
        .map((key) => `${key}=${JSON.stringify(map[key])}`)
        .join('\n');
    }
  }
  return '';
}

function resourceValue(container: Container, reference: Record<string, any>): string {
  const [list = '', ...rest] = String(reference['resource']).split('.');
  const value = container['resources']?.[list]?.[rest.join('.')];
  if (value === undefined) return list === 'limits' ? 'node allocatable' : '0';
  return inUnits(value, reference['divisor'] ?? '0');
}

/** Rounded up to whole units of the divisor, as the container sees it. */
function inUnits(value: string, divisor: string): string {
  const unit = quantityMilliValue(divisor) || 1000;
  return String(Math.ceil(quantityMilliValue(value) / unit));
}

function describeMounts(description: Description, container: Container): void {
  const mounts = [...((container['volumeMounts'] ?? []) as Container[])].sort((a, b) =>
    a['mountPath'] < b['mountPath'] ? -1 : 1,
  );
  description.line(2, `Mounts:${mounts.length === 0 ? '\t<none>' : ''}`);
  for (const { mountPath, name, readOnly, subPath } of mounts as Record<string, any>[])
    description.line(
      3,
      `${mountPath} from ${name} (${readOnly ? 'ro' : 'rw'}${subPath ? `,path=${JSON.stringify(subPath)}` : ''})`,
    );
  const devices = (container['volumeDevices'] ?? []) as Container[];
  if (devices.length === 0) return;
  description.line(2, `Devices:${mounts.length === 0 ? '\t<none>' : ''}`);
  for (const { devicePath, name } of devices as Record<string, any>[])
    description.line(3, `${devicePath} from ${name}`);
}
