import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { share } from './share.ts';

describe('share', () => {
  test('what is equal is the same', () => {
    const previous = { a: { b: [1, { c: 2 }] }, d: 'x' };
    expect(share(previous, structuredClone(previous))).toBe(previous);
  });

  test('what changed is new, and what stands beside it is shared', () => {
    const previous = { spec: { replicas: 1, template: { image: 'a' } }, labels: { app: 'web' } };
    const next = share(previous, { spec: { replicas: 2, template: { image: 'a' } }, labels: { app: 'web' } });
    expect(next.spec.template).toBe(previous.spec.template);
    expect(next.labels).toBe(previous.labels);
    expect(next.spec).toEqual({ replicas: 2, template: { image: 'a' } });
  });

  test.each([
    [{ a: 1 }, {}],
    [{}, { a: undefined }],
    [[1, 2], [1]],
    [[], {}],
    [{ a: null }, { a: 0 }],
  ])('%j differs from %j', (previous, next) => {
    expect(share(previous, next)).not.toBe(previous);
    expect(share(previous, next)).toStrictEqual(next);
  });

  test('the result always equals what was asked for, and neither argument changes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (previous, next) => {
        const [before, wanted] = [structuredClone(previous), structuredClone(next)];
        expect(share(previous, next)).toStrictEqual(wanted);
        expect(previous).toStrictEqual(before);
        expect(next).toStrictEqual(wanted);
      }),
    );
  });
});
