/** ConfigMap, Secret, ServiceAccount. */
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import type { Description } from './description.ts';

export async function describeConfigMap(description: Description, object: KubernetesObject): Promise<void> {
  description.head(object);
  description.metadata(object);
  description.line(0, '\nData\n====');
  for (const [key, value] of entries(object['data'])) description.line(0, `${key}:\n----\n${value}\n`);
  description.line(0, '\nBinaryData\n====');
  for (const [key, value] of entries(object['binaryData']))
    description.line(0, `${key}: ${atob(value).length} bytes`);
  description.line(0, '');
  await description.describeEvents(object);
}

export function describeSecret(description: Description, object: KubernetesObject): void {
  description.head(object);
  description.metadata(object);
  description.line(0, `\nType:\t${object['type']}`);
  description.line(0, '\nData\n====');
  const token = object['type'] === 'kubernetes.io/service-account-token';
  for (const [key, value] of entries(object['data'])) {
    const bytes = atob(value);
    description.field(key, token && key === 'token' ? bytes : `${bytes.length} bytes`);
  }
}

export async function describeServiceAccount(
  description: Description,
  object: KubernetesObject,
): Promise<void> {
  description.head(object);
  description.metadata(object);
  const names: string[] = (object['imagePullSecrets'] ?? []).map((secret: { name: string }) => secret.name);
  if (names.length === 0) names.push('<none>');
  names.forEach((name, at) =>
    description.line(0, `${at === 0 ? 'Image pull secrets:' : '                   '}\t${name}`),
  );
  await description.describeEvents(object);
}

const entries = (data: Record<string, string> | undefined): [string, string][] =>
  Object.entries(data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
