/**
 * Compares decoding, defaults and validation with what a real API server answered (`answers.json`, made by
 * `record.mjs`). What registries and admission plugins add is put in on our side, or left out on theirs.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { applyDefaults } from '../defaults.ts';
import { applyMergePatch } from '../merge-patch.ts';
import type { KubernetesObject } from '../object.ts';
import { parseApiVersion, TypeRegistry } from '../schema.ts';
import type { Status } from '../status.ts';
import { applyStrategicMergePatch } from '../strategic-merge-patch.ts';
import { decodeObject } from '../strict-decoding.ts';
import { invalidObject } from '../validation/field-errors.ts';
import { validateCreate, validateUpdate } from '../validation/validate.ts';

interface Answer {
  title: string;
  create: KubernetesObject;
  created: KubernetesObject | Status;
  update?: any;
  patchType?: string;
  updated?: KubernetesObject | Status;
}

const answers = JSON.parse(readFileSync(new URL('answers.json', import.meta.url), 'utf8')) as Answer[];
const registry = TypeRegistry.builtin();

const gvkOf = (object: KubernetesObject) => ({ ...parseApiVersion(object.apiVersion!), kind: object.kind! });

function prepared(object: KubernetesObject): KubernetesObject {
  const decoded = applyDefaults(decodeObject(object, gvkOf(object), registry), registry);
  const { group, version, kind } = gvkOf(object);
  const namespaced = registry.resourceForKind(group, version, kind)!.namespaced;
  return namespaced
    ? { ...decoded, metadata: { namespace: 'slipway-recorded', ...decoded.metadata } }
    : decoded;
}

/** What the registry's strategy and the admission plugins of a fresh cluster put into an object. */
const ADDED: Record<string, (object: any) => void> = {
  Pod(pod) {
    const { spec } = pod;
    for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
      container.volumeMounts = container.volumeMounts?.filter(
        (each: any) => !each.name.startsWith('kube-api-access-'),
      );
      if (!container.volumeMounts?.length) delete container.volumeMounts;
    }
    spec.volumes = spec.volumes?.filter((each: any) => !each.name.startsWith('kube-api-access-'));
    if (!spec.volumes?.length) delete spec.volumes;
    if (spec.serviceAccountName === 'default') {
      delete spec.serviceAccountName;
      delete spec.serviceAccount;
    }
    spec.tolerations = spec.tolerations?.filter((each: any) => !each.key.startsWith('node.kubernetes.io/'));
    if (!spec.tolerations?.length) delete spec.tolerations;
    delete spec.priority;
    delete spec.preemptionPolicy;
    delete pod.status.phase;
    delete pod.status.qosClass;
  },
  Service({ spec }) {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) delete spec[field];
    for (const port of spec.ports ?? []) delete port.nodePort;
  },
  Job({ spec, metadata }) {
    delete spec.selector;
    delete spec.template.metadata.labels;
    delete metadata.labels;
    if (Object.keys(spec.template.metadata).length === 0) delete spec.template.metadata;
  },
  Namespace(namespace) {
    namespace.spec = {};
  },
  Node(node) {
    delete node.spec.taints;
  },
  DaemonSet({ metadata }) {
    delete metadata.annotations;
  },
  PersistentVolumeClaim({ spec, metadata }) {
    delete metadata.finalizers;
    delete spec.storageClassName;
  },
  PersistentVolume({ metadata, status }) {
    delete metadata.finalizers;
    delete status.lastPhaseTransitionTime;
  },
};

function withoutAdded(object: KubernetesObject): unknown {
  const copy = structuredClone(object) as any;
  delete copy.metadata.namespace;
  delete copy.metadata.generation;
  ADDED[copy.kind]?.(copy);
  return copy;
}

/**
 * Go's maps are walked in no order, and some checks run twice: what is said is compared sorted, and once
 * (as kubectl prints it).
 */
function sorted(status: Status): unknown {
  const texts = [...new Set((status.details?.causes ?? []).map((cause) => JSON.stringify(cause)))].toSorted();
  return { reason: status.reason, code: status.code, details: { ...status.details, causes: texts } };
}

describe('created', () => {
  const created = answers.filter(({ title }) => title.startsWith('created'));
  test.each(created.map((answer) => [answer.title, answer] as const))('%s', (_title, answer) => {
    expect(withoutAdded(prepared(answer.create))).toEqual(withoutAdded(answer.created as KubernetesObject));
    expect(validateCreate(prepared(answer.create), registry)).toEqual([]);
  });
});

/** Answered by admission or authorization before validation has its turn, or about generated values. */
const NOT_VALIDATION = new Set([
  'refused: hostname and subdomain',
  'refused: role binding',
  'refused: job selector',
]);

describe('refused', () => {
  const refused = answers.filter(({ title }) => title.startsWith('refused') && !NOT_VALIDATION.has(title));
  test.each(refused.map((answer) => [answer.title, answer] as const))('%s', (_title, answer) => {
    const object = prepared(answer.create);
    const errors = validateCreate(object, registry);
    if ('status' in answer.created && answer.created.kind === 'Status') {
      const error = invalidObject(gvkOf(object), object.metadata.name ?? '', errors);
      expect(sorted(error.status)).toEqual(sorted(answer.created as Status));
    } else expect(errors).toEqual([]);
  });
});

/** Refused, or made good, before validation has its turn. */
const CHANGED_ELSEWHERE = new Set([
  'changed: metadata',
  'changed: resource version',
  'changed: namespace of',
  'changed: job template',
  // The patch replaces the tolerations that admission had added, and admission adds them again.
  'changed: pod update: tolerations',
]);

describe('changed', () => {
  const changed = answers.filter(({ title }) => title.startsWith('changed') && !CHANGED_ELSEWHERE.has(title));
  test.each(changed.map((answer) => [answer.title, answer] as const))('%s', (_title, answer) => {
    const created = answer.created as KubernetesObject;
    const old = { ...created, metadata: { ...created.metadata, resourceVersion: '1' } };
    const type = registry.typeOfObject(old)!;
    const patched = answer.patchType?.includes('strategic')
      ? applyStrategicMergePatch(old, answer.update, type)
      : applyMergePatch(old, answer.update);
    const next = applyDefaults(decodeObject(patched, gvkOf(created), registry), registry);
    const errors = validateUpdate(next, old, registry);
    const updated = answer.updated!;
    if (updated.kind === 'Status') {
      const error = invalidObject(gvkOf(old), old.metadata.name!, errors);
      expect(sorted(error.status)).toEqual(sorted(updated as Status));
    } else expect(errors).toEqual([]);
  });
});
