/**
 * Functions of checks' expressions: ready, condition, waitingReason, restarts, container, rollingOut,
 * managers, jsonDocuments.
 */
import { createEnvironment } from '../cel/environment.ts';
import { CelValues } from '../cel/value.ts';

const VALUES = new CelValues();

type Value = Record<string, any>;

/** A fresh environment with these functions; register variables on it. */
export function checkEnvironment() {
  return createEnvironment()
    .registerFunction('ready(dyn): bool', (object: Value) => conditionOf(object, 'Ready') === 'True')
    .registerFunction('condition(dyn, string): string', conditionOf)
    .registerFunction('waitingReason(dyn): string', waitingReasonOf)
    .registerFunction('restarts(dyn): int', (pod: Value) =>
      (pod['status']?.containerStatuses ?? []).reduce(
        (sum: bigint, c: Value) => sum + (c['restartCount'] ?? 0n),
        0n,
      ),
    )
    .registerFunction('container(dyn, string): dyn', (object: Value, name: string) => {
      const spec = object['spec']?.template?.spec ?? object['spec'];
      const container = spec?.containers?.find((c: Value) => c['name'] === name);
      if (!container) throw new Error(`no container named ${name}`);
      return container;
    })
    .registerFunction('rollingOut(dyn): bool', isRollingOut)
    .registerFunction('managers(dyn, string): list', managersOf)
    .registerFunction('jsonDocuments(string): list', (text: string) =>
      jsonDocuments(text).map((document) => VALUES.of(document)),
    );
}

/** Status of a condition: `True`, `False`, `Unknown`, or empty when the object has none of this type. */
function conditionOf(object: Value, type: string): string {
  return object['status']?.conditions?.find((c: Value) => c['type'] === type)?.status ?? '';
}

/** What `kubectl get pods` would show under STATUS for a pod that is not well: the first waiting or terminated reason, else the phase. */
function waitingReasonOf(pod: Value): string {
  if (pod['metadata']?.deletionTimestamp) return 'Terminating';
  const statuses: Value[] = [
    ...(pod['status']?.initContainerStatuses ?? []),
    ...(pod['status']?.containerStatuses ?? []),
  ];
  for (const status of statuses) if (status['state']?.waiting?.reason) return status['state'].waiting.reason;
  for (const status of statuses)
    if (status['state']?.terminated?.reason) return status['state'].terminated.reason;
  const phase = pod['status']?.phase ?? 'Pending';
  return phase === 'Running' && conditionOf(pod, 'Ready') !== 'True' ? 'Running, not Ready' : phase;
}

/** Whether `kubectl rollout status` of a Deployment would still wait. */
function isRollingOut({ metadata, spec, status = {} }: Value): boolean {
  const count = (name: string): bigint => status[name] ?? 0n;
  return (
    count('observedGeneration') < (metadata['generation'] ?? 0n) ||
    count('updatedReplicas') < (spec['replicas'] ?? 1n) ||
    count('replicas') > count('updatedReplicas') ||
    count('availableReplicas') < count('updatedReplicas')
  );
}

/** Who owns a field by `metadata.managedFields`, e.g. `spec.replicas`; items of lists have no path here. */
function managersOf(object: Value, path: string): string[] {
  const keys = path.split('.').map((name) => `f:${name}`);
  const entries: Value[] = object['metadata']?.managedFields ?? [];
  return entries
    .filter(({ fieldsV1 }) => keys.reduce((fields, key) => fields?.[key], fieldsV1) !== undefined)
    .map(({ manager }) => manager as string);
}

/** The JSON objects in a text, one after the other, on lines of their own or not. What is no JSON ends the list. */
export function jsonDocuments(text: string): unknown[] {
  const documents: unknown[] = [];
  let depth = 0;
  let start = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = depth > 0;
    else if (character === '{' && depth++ === 0) start = at;
    else if (character === '}' && depth > 0 && --depth === 0) {
      try {
        documents.push(JSON.parse(text.slice(start, at + 1)));
      } catch {
        return documents;
      }
    }
  }
  return documents;
}
