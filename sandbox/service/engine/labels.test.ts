import { expect, test } from 'vitest';
import { fromLabels, idOfName, nameOf, toLabels, type SessionIdentity } from './labels.ts';

const IDENTITY: SessionIdentity = {
  id: '0123abcxyz',
  instance: 'one',
  tokenHash: 'ab'.repeat(32),
  client: '127.0.0.1',
  expiresAtMs: 1_800_000_000_000,
  start: {
    id: 'a/b',
    version: '7',
    files: { 'ü.yaml': 'kind: Pod\n'.repeat(1000) },
    manifests: ['---'],
    namespace: 'default',
    nodes: 2,
  },
};

test('a session is the same after its labels', () => {
  const labels = toLabels(IDENTITY);
  expect(fromLabels(labels)).toEqual(IDENTITY);
  expect(Object.values(labels).every((value) => typeof value === 'string')).toBe(true);
});

test.each<{ name: string; labels: Record<string, string> | undefined }>([
  { name: 'no labels', labels: undefined },
  { name: 'labels of somebody else', labels: { 'com.docker.compose.project': 'x' } },
  { name: 'a start that is damaged', labels: { ...toLabels(IDENTITY), 'slipway.start': 'AAAA' } },
  { name: 'no expiry', labels: { ...toLabels(IDENTITY), 'slipway.expires': '' } },
  { name: 'an id that is none', labels: { ...toLabels(IDENTITY), 'slipway.session': '../x' } },
])('$name: no session', ({ labels }) => {
  expect(fromLabels(labels)).toBeUndefined();
});

test.each([
  { name: nameOf(IDENTITY.id), want: IDENTITY.id },
  { name: 'slipway', want: undefined },
  { name: 'slipway-test', want: undefined },
  { name: 'slipway-0123abcxyz-toolbox', want: undefined },
  { name: 'my-slipway-0123abcxyz', want: undefined },
  { name: 'kind', want: undefined },
])('the name $name belongs to $want', ({ name, want }) => {
  expect(idOfName(name)).toBe(want);
});
