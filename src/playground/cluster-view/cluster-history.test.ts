import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../../sandbox/cluster/api/object.ts';
import { askedBy, ClusterHistory, describeChange, type ClusterChange } from './cluster-history.ts';

const pod = (name: string, more: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  ...more,
});

const change = (
  before: KubernetesObject | undefined,
  after: KubernetesObject | undefined,
): ClusterChange => ({
  resource: 'pods',
  kind: 'Pod',
  key: `default/${(after ?? before)!.metadata.name}`,
  before,
  after,
  atMs: 0,
});

test('the objects after each change, and the present', () => {
  const history = new ClusterHistory();
  const [a, b, a2] = [pod('a'), pod('b'), pod('a', { spec: { nodeName: 'n' } })];
  history.begin('pods', a);
  history.record(change(undefined, b));
  history.record(change(a, a2));
  history.record(change(b, undefined));
  expect([0, 1, 2, 3].map((count) => [...history.at(count).pods])).toEqual([[a], [a, b], [a2, b], [a2]]);
});

test('old changes are forgotten, the present is not', () => {
  const history = new ClusterHistory();
  for (let at = 0; at < 12_000; at++) history.record(change(undefined, pod(`p${at}`)));
  expect(history.changes.length).toBeLessThanOrEqual(10_000);
  expect([...history.at(history.changes.length).pods]).toHaveLength(12_000);
});

describe('who asked for it', () => {
  const managed = (...managers: string[]) => ({
    metadata: {
      name: 'a',
      managedFields: managers.map((manager) => ({ manager, operation: 'Update' as const })),
    },
  });
  test.each([
    {
      name: 'the manager whose entry is new',
      before: managed('kubectl-create'),
      after: managed('kubectl-create', 'kubelet'),
      want: 'kubelet',
    },
    { name: 'the creator', before: undefined, after: managed('kubectl-create'), want: 'kubectl-create' },
    { name: 'nobody that the object tells', before: managed('kubelet'), after: managed('kubelet'), want: '' },
    {
      name: 'the scheduler, which binds',
      before: { spec: {} },
      after: { spec: { nodeName: 'n' } },
      want: 'kube-scheduler',
    },
  ])('$name', ({ before, after, want }) => {
    expect(askedBy(change(before && pod('a', before), pod('a', after)))).toBe(want);
  });
});

describe('what changed', () => {
  test.each([
    { name: 'created', before: undefined, after: pod('a'), want: 'created' },
    { name: 'deleted', before: pod('a'), after: undefined, want: 'deleted' },
    {
      name: 'a field with its values',
      before: pod('a', { spec: { replicas: 1 } }),
      after: pod('a', { spec: { replicas: 3 } }),
      want: 'spec.replicas: 1 → 3',
    },
    {
      name: 'what was asked for before what came of it',
      before: pod('a', { status: { phase: 'Pending' }, spec: { image: 'a' } }),
      after: pod('a', { status: { phase: 'Running' }, spec: { image: 'b' } }),
      want: 'spec.image: a → b, status.phase: Pending → Running',
    },
    {
      name: 'items by their names',
      before: pod('a', { status: { conditions: [{ type: 'Ready', status: 'False' }] } }),
      after: pod('a', {
        status: {
          conditions: [
            { type: 'Initialized', status: 'True' },
            { type: 'Ready', status: 'True' },
          ],
        },
      }),
      want: 'status.conditions[Ready].status: False → True, status.conditions[Initialized]',
    },
    {
      name: 'bookkeeping is nothing',
      before: pod('a', { metadata: { name: 'a', resourceVersion: '1' } }),
      after: pod('a', { metadata: { name: 'a', resourceVersion: '2' } }),
      want: 'written, unchanged',
    },
  ])('$name', ({ before, after, want }) => {
    expect(describeChange(change(before, after))).toBe(want);
  });
});
