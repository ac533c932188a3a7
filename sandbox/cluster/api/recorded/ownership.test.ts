/** managedFields and conflicts, step by step as a real API server had them (`ownership.json`). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { applyDefaults } from '../defaults.ts';
import { applyJsonPatch } from '../json-patch.ts';
import { trackUpdate } from '../managed-fields.ts';
import { applyMergePatch } from '../merge-patch.ts';
import type { KubernetesObject } from '../object.ts';
import { TypeRegistry } from '../schema.ts';
import { serverSideApply } from '../server-side-apply.ts';
import { type Status, StatusError } from '../status.ts';
import { applyStrategicMergePatch } from '../strategic-merge-patch.ts';
import { decodeObject } from '../strict-decoding.ts';

interface Step {
  verb: 'apply' | 'create' | 'merge' | 'strategic' | 'json';
  manager: string;
  body: any;
  force?: boolean;
  answer: KubernetesObject | Status;
}

const path = new URL('ownership.json', import.meta.url);
const sequences = JSON.parse(readFileSync(path, 'utf8')) as { title: string; steps: Step[] }[];
const registry = TypeRegistry.builtin();

/** What the server does around these functions, without its registry and its clock. */
function perform(live: KubernetesObject | undefined, step: Step, like: KubernetesObject): KubernetesObject {
  const kind = { group: '', version: 'v1', kind: like.kind! };
  const time = '2026-01-01T00:00:00Z';
  const finish = (object: unknown) => applyDefaults(decodeObject(object, kind, registry), registry);
  if (step.verb === 'apply') {
    const { manager, force = false, body: config } = step;
    return finish(serverSideApply({ live, config, registry, manager, force, time }).object);
  }
  const type = registry.typeOfObject(like)!;
  const patched = {
    create: () => step.body,
    merge: () => applyMergePatch(live, step.body),
    strategic: () => applyStrategicMergePatch(live, step.body, type),
    json: () => applyJsonPatch(live, step.body),
  }[step.verb]() as KubernetesObject;
  const next = finish(patched);
  const managedFields = trackUpdate({ live, next, registry, manager: step.manager, apiVersion: 'v1', time });
  return { ...next, metadata: { ...next.metadata, managedFields: managedFields! } };
}

/** Without times, and in a fixed order: the server sorts by time. */
function managersOf(object: KubernetesObject): unknown[] {
  return (object.metadata.managedFields ?? [])
    .map(({ time: _time, ...entry }) => entry)
    .toSorted((a, b) => (`${a.operation}${a.manager}` < `${b.operation}${b.manager}` ? -1 : 1));
}

/** The server's values, with what its registry added to both. */
const withoutManagers = (object: KubernetesObject): unknown => {
  const {
    managedFields: _managers,
    uid: _uid,
    resourceVersion: _rv,
    creationTimestamp: _at,
    namespace: _ns,
    generation: _g,
    ...metadata
  } = object.metadata;
  const copy: any = { ...object, metadata };
  if (object.kind === 'Service') {
    const { clusterIP: _ip, clusterIPs: _ips, ipFamilies: _f, ipFamilyPolicy: _p, ...spec } = object.spec;
    copy.spec = spec;
  }
  return copy;
};

describe('ownership', () => {
  test.each(sequences.map(({ title, steps }) => [title, steps] as const))('%s', (_title, steps) => {
    let live: KubernetesObject | undefined;
    const like = steps[0]!.body as KubernetesObject;
    steps.forEach((step, index) => {
      const where = `step ${index + 1}: ${step.verb} by ${step.manager}`;
      if (step.answer.kind === 'Status') {
        const act = () => perform(live, step, like);
        expect(act, where).toThrow(StatusError);
        try {
          act();
        } catch (error) {
          expect((error as StatusError).status, where).toEqual(step.answer);
        }
        return;
      }
      live = perform(live, step, like);
      expect(withoutManagers(live), where).toEqual(withoutManagers(step.answer as KubernetesObject));
      expect(managersOf(live), where).toEqual(managersOf(step.answer as KubernetesObject));
    });
  });
});
