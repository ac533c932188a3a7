import { expect, test } from 'vitest';
import { heldManifest } from './held-manifest.ts';

test('fields in the order of the written ones, what the server added behind, its bookkeeping left out', () => {
  const held = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
      creationTimestamp: '2026-01-01T00:00:00Z',
      name: 'web',
      namespace: 'default',
      uid: '1',
    },
    spec: {
      containers: [
        { image: 'nginx:1', imagePullPolicy: 'IfNotPresent', name: 'web' },
        { image: 'busybox:1', name: 'side' },
      ],
      restartPolicy: 'Always',
    },
    status: { phase: 'Running' },
  };
  const written = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name: 'web' },
    spec: {
      containers: [
        { name: 'side', image: 'busybox:1' },
        { name: 'web', image: 'nginx:1' },
      ],
    },
  };
  expect(heldManifest(held, written, true)).toBe(`kind: Pod
apiVersion: v1
metadata:
  name: web
  namespace: default
spec:
  containers:
    - name: web
      image: nginx:1
      imagePullPolicy: IfNotPresent
    - name: side
      image: busybox:1
  restartPolicy: Always
`);
});
