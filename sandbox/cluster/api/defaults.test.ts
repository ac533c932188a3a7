/** Beyond `recorded/`, which compares whole objects with a real API server's. */
import { describe, expect, test } from 'vitest';
import { applyDefaults } from './defaults.ts';
import type { KubernetesObject } from './object.ts';
import { TypeRegistry } from './schema.ts';

const registry = TypeRegistry.builtin();
const pod = (image: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'c', image }] },
});

describe('imagePullPolicy', () => {
  test.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1', 'IfNotPresent'],
    ['localhost:5000/nginx', 'Always'],
    ['localhost:5000/a/b:1.2', 'IfNotPresent'],
    [`nginx@sha256:${'0'.repeat(64)}`, 'IfNotPresent'],
    [`nginx:latest@sha256:${'0'.repeat(64)}`, 'IfNotPresent'],
    ['registry.k8s.io/pause:3.10', 'IfNotPresent'],
    ['not an image', 'IfNotPresent'],
    ['Upper', 'IfNotPresent'],
  ])('%s: %s', (image, want) => {
    expect(applyDefaults(pod(image), registry).spec.containers[0].imagePullPolicy).toBe(want);
  });
});

test('the argument is not changed, and applying twice is applying once', () => {
  const given = pod('nginx');
  const before = structuredClone(given);
  const once = applyDefaults(given, registry);
  expect(given).toEqual(before);
  expect(applyDefaults(once, registry)).toEqual(once);
});

test('trusted subtrees are not looked at', () => {
  const stored = pod('nginx');
  const next = applyDefaults({ ...stored, status: {} }, registry, stored);
  expect(next.spec.containers).toBe(stored.spec.containers);
});
