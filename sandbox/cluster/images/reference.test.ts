import { expect, test } from 'vitest';
import { formatReference, parseReference } from './reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['busybox', 'docker.io/library/busybox:latest'],
  ['busybox:1.37', 'docker.io/library/busybox:1.37'],
  ['grafana/loki', 'docker.io/grafana/loki:latest'],
  ['docker.io/nginx', 'docker.io/library/nginx:latest'],
  ['registry.k8s.io/pause:3.10.1', 'registry.k8s.io/pause:3.10.1'],
  ['localhost:5000/a/b:c', 'localhost:5000/a/b:c'],
  ['localhost/a', 'localhost/a:latest'],
  [`nginx@${DIGEST}`, `docker.io/library/nginx@${DIGEST}`],
  [`nginx:1@${DIGEST}`, `docker.io/library/nginx:1@${DIGEST}`],
])('%s is %s', (text, want) => {
  expect(formatReference(parseReference(text))).toBe(want);
});

test.each([
  ['Busybox:1', 'invalid reference format: repository name (library/Busybox) must be lowercase'],
  ['busybox:', 'invalid reference format'],
  ['busybox:a b', 'invalid reference format'],
  ['-x', 'invalid reference format'],
  ['a//b', 'invalid reference format'],
  ['nginx@sha256:abc', 'invalid reference format'],
  ['', 'invalid reference format'],
])('%j: %s', (text, message) => {
  expect(() => parseReference(text)).toThrow(message);
});
