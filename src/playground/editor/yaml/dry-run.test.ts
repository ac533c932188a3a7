import { expect, test } from 'vitest';
import { StatusError } from '../../../../sandbox/cluster/api/status.ts';
import { fieldPath, problemsOf } from './dry-run.ts';
import { parseManifests } from './manifest.ts';

test.each([
  ['spec.containers[0].image', ['spec', 'containers', 0, 'image']],
  ['metadata.labels[app.kubernetes.io/name]', ['metadata', 'labels', 'app.kubernetes.io/name']],
  ['metadata.name', ['metadata', 'name']],
])('%s', (field, want) => expect(fieldPath(field)).toEqual(want));

const text = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: web\n';
const manifest = parseManifests(text).manifests[0]!;

test('a cause is shown at its field, or at the nearest that is there', () => {
  const { status } = new StatusError('Invalid', 'Pod "a" is invalid', {
    causes: [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.containers[0].image' }],
  });
  const [problem] = problemsOf(status, manifest);
  expect(text.slice(problem!.start, problem!.end)).toBe('name');
  expect(problem!.start).toBe(text.lastIndexOf('name'));
  expect(problem!.message).toBe('spec.containers[0].image: Required value');
});

test('a refusal without causes is shown at the kind', () => {
  const { status } = new StatusError('Forbidden', 'pods "a" is forbidden: exceeded quota');
  const [problem] = problemsOf(status, manifest);
  expect(text.slice(problem!.start, problem!.end)).toBe('kind');
});
