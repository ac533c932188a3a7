import { expect, test } from 'vitest';
import { imageTroubles, unready, type AddOnState } from './readiness.ts';

const NOTHING: AddOnState = { definitions: [], deployments: [], statefulSets: [], daemonSets: [], pods: [] };
const metadata = { name: 'x', generation: 2 };
const established = (status: string) => ({
  metadata,
  status: { conditions: [{ type: 'Established', status }] },
});

test.each<{ name: string; state: Partial<AddOnState>; want: string[] }>([
  { name: 'nothing', state: {}, want: [] },
  { name: 'a definition', state: { definitions: [established('True')] }, want: [] },
  {
    name: 'a definition that is not served',
    state: { definitions: [established('False'), { metadata }] },
    want: ['customresourcedefinition x: not established', 'customresourcedefinition x: not established'],
  },
  {
    name: 'a deployment',
    state: {
      deployments: [
        {
          metadata,
          spec: { replicas: 2 },
          status: { observedGeneration: 2, availableReplicas: 2, updatedReplicas: 2 },
        },
      ],
    },
    want: [],
  },
  {
    name: 'a deployment whose old pods are available',
    state: {
      deployments: [
        {
          metadata,
          spec: { replicas: 2 },
          status: { observedGeneration: 2, availableReplicas: 2, updatedReplicas: 1 },
        },
      ],
    },
    want: ['deployment x: 1 of 2'],
  },
  {
    name: 'one that its controller has not seen in this form',
    state: {
      deployments: [
        {
          metadata,
          spec: { replicas: 1 },
          status: { observedGeneration: 1, availableReplicas: 1, updatedReplicas: 1 },
        },
      ],
    },
    want: ['deployment x: 0 of 1'],
  },
  {
    name: 'one that is scaled to nothing',
    state: { statefulSets: [{ metadata, spec: { replicas: 0 }, status: { observedGeneration: 2 } }] },
    want: [],
  },
  {
    name: 'a daemon set on one node of two',
    state: {
      daemonSets: [
        {
          metadata,
          status: {
            observedGeneration: 2,
            desiredNumberScheduled: 2,
            updatedNumberScheduled: 2,
            numberAvailable: 1,
          },
        },
      ],
    },
    want: ['daemonset x: 1 of 2'],
  },
  {
    name: 'a daemon set that no node is for',
    state: { daemonSets: [{ metadata, status: { observedGeneration: 2, desiredNumberScheduled: 0 } }] },
    want: [],
  },
])('waits for $name: $want', ({ state, want }) => {
  expect(unready({ ...NOTHING, ...state })).toEqual(want);
});

test('an image that cannot be pulled is told once, and whether it is worth another try', () => {
  const pod = (image: string, reason: string, deletionTimestamp?: string) => ({
    metadata: { name: 'p', ...(deletionTimestamp ? { deletionTimestamp } : {}) },
    status: { containerStatuses: [{ image, state: { waiting: { reason, message: `why ${reason}` } } }] },
  });
  const pods = [
    pod('a:1', 'ImagePullBackOff'),
    pod('a:1', 'ErrImagePull'),
    pod('b:1', 'InvalidImageName'),
    pod('c:1', 'ContainerCreating'),
    pod('d:1', 'ErrImagePull', '2026-11-27T12:00:00Z'),
  ];
  expect(imageTroubles({ ...NOTHING, pods })).toEqual([
    { image: 'a:1', why: 'why ErrImagePull', hopeless: false },
    { image: 'b:1', why: 'why InvalidImageName', hopeless: true },
  ]);
});
