import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  difference,
  equalSets,
  type FieldSet,
  formatPath,
  intersection,
  isMember,
  members,
  recursiveDifference,
  union,
} from './field-set.ts';

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"c"}', 'v:"x"');
const tree = (depth: number): fc.Arbitrary<FieldSet> =>
  depth === 0
    ? fc.constant({})
    : fc
        .tuple(fc.boolean(), fc.dictionary(element, tree(depth - 1), { maxKeys: 3, noNullPrototype: true }))
        .map(([self, below]) => (self && Object.keys(below).length > 0 ? { '.': {}, ...below } : below));
/** Roots are not members themselves. */
const set = tree(4).map(({ '.': _self, ...children }) => children as FieldSet);

const texts = (value: FieldSet | undefined) => new Set(members(value).map((path) => path.join('/')));

describe('the tree computes as a set of paths', () => {
  test('union', () =>
    fc.assert(
      fc.property(set, set, (a, b) => {
        expect(texts(union(a, b))).toEqual(texts(a).union(texts(b)));
      }),
    ));
  test('difference', () =>
    fc.assert(
      fc.property(set, set, (a, b) => {
        expect(texts(difference(a, b))).toEqual(texts(a).difference(texts(b)));
      }),
    ));
  test('intersection', () =>
    fc.assert(
      fc.property(set, set, (a, b) => {
        expect(texts(intersection(a, b))).toEqual(texts(a).intersection(texts(b)));
      }),
    ));
  test('equality', () =>
    fc.assert(
      fc.property(set, (a) => {
        expect(equalSets(a, structuredClone(a))).toBe(true);
        expect(union(a, structuredClone(a))).toBe(Object.keys(a).length > 0 ? a : undefined);
      }),
    ));
});

test('recursive difference takes what is below too', () => {
  const owned = { 'f:spec': { 'f:x': {} }, 'f:status': { '.': {}, 'f:y': {} } };
  expect(recursiveDifference(owned, { 'f:status': {} })).toEqual({ 'f:spec': { 'f:x': {} } });
});

test('members', () => {
  expect(isMember({})).toBe(true);
  expect(isMember({ 'f:a': {} })).toBe(false);
  expect(isMember({ '.': {}, 'f:a': {} })).toBe(true);
});

test('paths as conflicts print them', () => {
  const ports = 'k:{"containerPort":80,"protocol":"TCP"}';
  const path = ['f:spec', 'f:containers', 'k:{"name":"c"}', 'f:ports', ports, 'f:name'];
  expect(formatPath(path)).toBe('.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].name');
  expect(formatPath(['f:metadata', 'f:finalizers', 'v:"a/b"'])).toBe('.metadata.finalizers[="a/b"]');
});
