import { describe, expect, test } from 'vitest';
import type {
  Deployment,
  EndpointSlice,
  Node,
  Pod,
  ReplicaSet,
  Service,
} from '../../../sandbox/cluster/client/kinds.ts';
import { clusterPicture, type ClusterObjects } from './picture.ts';
import { podState } from './pod-state.ts';

const metadata = (name: string, owner?: [kind: string, name: string]) => ({
  name,
  namespace: 'default',
  uid: `uid-${name}`,
  ...(owner && {
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: owner[0], name: owner[1], uid: `uid-${owner[1]}`, controller: true },
    ],
  }),
});

const pod = (
  name: string,
  status: Pod['status'],
  rest: Partial<Pod['metadata']> = {},
  owner?: [string, string],
) =>
  ({
    metadata: { ...metadata(name, owner), ...rest },
    spec: { nodeName: 'node-1', containers: [] },
    status,
  }) as unknown as Pod;

const ready = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [{ name: 'c', restartCount: 1, state: { running: {} } }],
} as unknown as Pod['status'];

const waiting = (reason: string) =>
  ({
    phase: 'Pending',
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [{ name: 'c', restartCount: 0, state: { waiting: { reason } } }],
  }) as unknown as Pod['status'];

describe('a pod', () => {
  const cases: { name: string; pod: Pod; want: { mark: string; status: string } }[] = [
    { name: 'ready', pod: pod('a', ready), want: { mark: 'ready', status: 'Running' } },
    {
      name: 'being created',
      pod: pod('a', waiting('ContainerCreating')),
      want: { mark: 'pending', status: 'ContainerCreating' },
    },
    {
      name: 'in back-off',
      pod: pod('a', waiting('CrashLoopBackOff')),
      want: { mark: 'failing', status: 'CrashLoopBackOff' },
    },
    {
      name: 'without an image',
      pod: pod('a', waiting('ErrImagePull')),
      want: { mark: 'failing', status: 'ErrImagePull' },
    },
    {
      name: 'not scheduled',
      pod: pod('a', { phase: 'Pending' } as Pod['status']),
      want: { mark: 'pending', status: 'Pending' },
    },
    {
      name: 'running and not ready',
      pod: pod('a', { phase: 'Running', conditions: [], containerStatuses: [] } as unknown as Pod['status']),
      want: { mark: 'running', status: 'Running' },
    },
    {
      name: 'on its way out',
      pod: pod('a', ready, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      want: { mark: 'terminating', status: 'Terminating' },
    },
    {
      name: 'done',
      pod: pod('a', { phase: 'Succeeded' } as Pod['status']),
      want: { mark: 'finished', status: 'Succeeded' },
    },
  ];
  test.each(cases)('$name', ({ pod, want }) => expect(podState(pod)).toMatchObject(want));
});

test('ownership, places and traffic', () => {
  const objects: ClusterObjects = {
    nodes: [
      {
        metadata: { name: 'node-1' },
        spec: {},
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
      } as unknown as Node,
    ],
    pods: [
      pod('web-1-abc', ready, {}, ['ReplicaSet', 'web-1']),
      pod('alone', ready),
      pod('coredns', ready, { namespace: 'kube-system' }),
    ],
    deployments: [
      {
        metadata: metadata('web'),
        spec: { replicas: 2 },
        status: { readyReplicas: 1 },
      } as unknown as Deployment,
    ],
    replicaSets: [
      {
        metadata: metadata('web-1', ['Deployment', 'web']),
        spec: { replicas: 2 },
        status: { readyReplicas: 1 },
      },
      { metadata: metadata('web-0', ['Deployment', 'web']), spec: { replicas: 0 }, status: {} },
    ] as unknown as ReplicaSet[],
    services: [{ metadata: metadata('web'), spec: { ports: [{ port: 80 }] } }] as unknown as Service[],
    endpointSlices: [
      {
        metadata: { ...metadata('web-x'), labels: { 'kubernetes.io/service-name': 'web' } },
        endpoints: [
          { conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'web-1-abc' } },
          { conditions: { ready: false }, targetRef: { kind: 'Pod', name: 'alone' } },
        ],
      },
    ] as unknown as EndpointSlice[],
  };
  const picture = clusterPicture(objects);
  expect(
    picture.owners.map(({ id, ready, desired, replicaSets }) => ({
      id,
      ready,
      desired,
      sets: replicaSets.map((set) => set.name),
    })),
  ).toEqual([{ id: 'Deployment/default/web', ready: 1, desired: 2, sets: ['web-1'] }]);
  expect(
    picture.nodes.map(({ name, pods }) => [name, pods.map(({ shortName, owner }) => [shortName, owner])]),
  ).toEqual([
    [
      'node-1',
      [
        ['alone', undefined],
        ['abc', 'ReplicaSet/default/web-1'],
      ],
    ],
  ]);
  expect(picture.services.map(({ name, ports, pods }) => ({ name, ports, pods }))).toEqual([
    { name: 'web', ports: '80', pods: ['Pod/default/web-1-abc'] },
  ]);
});
