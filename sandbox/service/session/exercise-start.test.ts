import { expect, test } from 'vitest';
import type { AddOn } from '../add-ons/add-on.ts';
import { readExerciseStart } from './exercise-start.ts';

const START = { id: 'a/b', version: '1', files: {}, manifests: [], namespace: 'shop', nodes: 1 };
const addOn = (name: string, proven?: string): AddOn => ({
  name,
  title: name,
  version: 'v1',
  namespaces: [],
  steps: [],
  ...(proven ? { proven } : {}),
});
const DECLARED = [addOn('mesh', '2026-11-27'), addOn('knative')];

test.each([
  { name: 'none', start: START, want: START },
  { name: 'an empty list', start: { ...START, addons: [] }, want: START },
  {
    name: 'a proven one',
    start: { ...START, addons: ['mesh'] },
    want: { ...START, addons: ['mesh'] },
  },
])('add-ons: $name', ({ start, want }) => {
  expect(readExerciseStart({ start }, DECLARED)).toEqual(want);
});

test.each([
  { addons: ['knative'], says: 'no run on a real cluster has been recorded yet with knative' },
  { addons: ['linkerd'], says: 'a real cluster cannot have linkerd' },
  { addons: 'mesh', says: 'expected a list of names, received "mesh"' },
  { addons: [1], says: 'expected a list of names, received [1]' },
])('add-ons $addons are refused', ({ addons, says }) => {
  expect(() => readExerciseStart({ start: { ...START, addons } }, DECLARED)).toThrow(says);
});
