import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyMergePatch, createMergePatch, createThreeWayJsonMergePatch } from './merge-patch.ts';

/** Examples of RFC 7386, appendix A. */
describe('RFC 7386', () => {
  test.each<[unknown, unknown, unknown]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j and %j', (target, patch, want) => expect(applyMergePatch(target, patch)).toEqual(want));
});

const leaf = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.string({ maxLength: 2 }),
  fc.array(fc.integer(), { maxLength: 2 }),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, tie('object')),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
})).object;

test('the difference of two objects, applied to the first, is the second', () =>
  fc.assert(
    fc.property(json, json, (from, to) => {
      expect(applyMergePatch(from, createMergePatch(from, to))).toEqual(to);
    }),
  ));

test('three ways: what was dropped goes, what others set stays', () => {
  const original = { a: 1, gone: 1, nested: { x: 1, y: 1 } };
  const modified = { a: 2, nested: { x: 1 } };
  const current = { a: 1, gone: 1, theirs: 1, nested: { x: 1, y: 1, z: 1 } };
  const patch = createThreeWayJsonMergePatch(original, modified, current);
  expect(applyMergePatch(current, patch)).toEqual({ a: 2, theirs: 1, nested: { x: 1, z: 1 } });
});

test('members with names that mean something to JavaScript', () => {
  const merged = applyMergePatch(
    { data: {} },
    JSON.parse('{"data":{"__proto__":{"a":"1"},"constructor":"2"}}'),
  );
  expect(JSON.stringify(merged)).toBe('{"data":{"__proto__":{"a":"1"},"constructor":"2"}}');
});
