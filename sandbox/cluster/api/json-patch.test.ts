import { describe, expect, test } from 'vitest';
import { applyJsonPatch, CopySizeError, type JsonPatchOperation } from './json-patch.ts';

const document = { a: { b: [1, 2, 3], 'x/y': 'slash', '~t': 'tilde' }, c: 'd' };

describe('operations', () => {
  test.each<[string, JsonPatchOperation[], unknown]>([
    ['add a member', [{ op: 'add', path: '/e', value: 1 }], { ...document, e: 1 }],
    [
      'insert',
      [{ op: 'add', path: '/a/b/1', value: 9 }],
      { ...document, a: { ...document.a, b: [1, 9, 2, 3] } },
    ],
    [
      'append',
      [{ op: 'add', path: '/a/b/-', value: 4 }],
      { ...document, a: { ...document.a, b: [1, 2, 3, 4] } },
    ],
    ['remove', [{ op: 'remove', path: '/a' }], { c: 'd' }],
    ['remove an item', [{ op: 'remove', path: '/a/b/0' }], { ...document, a: { ...document.a, b: [2, 3] } }],
    ['replace', [{ op: 'replace', path: '/c', value: null }], { ...document, c: null }],
    ['replace all', [{ op: 'replace', path: '', value: 5 }], 5],
    [
      'escapes',
      [{ op: 'replace', path: '/a/x~1y', value: 1 }],
      { ...document, a: { ...document.a, 'x/y': 1 } },
    ],
    [
      'escaped tilde',
      [{ op: 'remove', path: '/a/~0t' }],
      { ...document, a: { b: [1, 2, 3], 'x/y': 'slash' } },
    ],
    ['move', [{ op: 'move', from: '/c', path: '/a/c' }], { a: { ...document.a, c: 'd' } }],
    ['copy', [{ op: 'copy', from: '/c', path: '/e' }], { ...document, e: 'd' }],
    ['test', [{ op: 'test', path: '/a/b', value: [1, 2, 3] }], document],
    [
      'absent replaced, as the real server does',
      [{ op: 'replace', path: '/z', value: 1 }],
      { ...document, z: 1 },
    ],
  ])('%s', (_name, patch, want) => {
    const before = structuredClone(document);
    expect(applyJsonPatch(document, patch)).toEqual(want);
    expect(document).toEqual(before);
  });
});

describe('refusals', () => {
  test.each<[JsonPatchOperation, string]>([
    [{ op: 'test', path: '/c', value: 'x' }, 'testing value /c failed: test failed'],
    [{ op: 'remove', path: '/z' }, "error in remove for path: '/z': Unable to remove nonexistent key: z"],
    [{ op: 'add', path: '/z/y', value: 1 }, 'add operation does not apply: doc is missing path: "/z/y"'],
    [{ op: 'add', path: '/a/b/9', value: 1 }, 'Unable to access invalid index: 9'],
    [{ op: 'foo', path: '/c' }, 'Unexpected kind: foo'],
  ])('%o', (operation, message) => expect(() => applyJsonPatch(document, [operation])).toThrow(message));
});

test('what no operation touches is shared', () => {
  const made = applyJsonPatch(document, [{ op: 'replace', path: '/c', value: 'e' }]) as typeof document;
  expect(made.a).toBe(document.a);
});

test('copies of copies do not grow without end', () => {
  const doubling = Array.from({ length: 40 }, (_, at) => ({
    op: 'copy',
    from: '/data',
    path: `/data/x${at}`,
  }));
  expect(() => applyJsonPatch({ data: { a: 'b' } }, doubling)).toThrow(CopySizeError);
});

test('members with names that mean something to JavaScript', () => {
  const patch = JSON.parse(
    '[{"op":"add","path":"/__proto__","value":{"a":1}},{"op":"add","path":"/constructor","value":2}]',
  );
  const result = applyJsonPatch({}, patch);
  expect(JSON.stringify(result)).toBe('{"__proto__":{"a":1},"constructor":2}');
  expect((result as { a?: unknown }).a).toBeUndefined();
});
