import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { everything, formatLabelSelector, parseSelector, selectorFromSet, selectorOf } from './labels.ts';

const labels = { app: 'web', tier: 'front', n: '5' };

describe('matching', () => {
  test.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier=front', true],
    ['app!=web', false],
    ['missing!=x', true],
    ['app in (web,api)', true],
    ['app notin (web)', false],
    ['missing notin (web)', true],
    ['app', true],
    ['!app', false],
    ['!missing', true],
    ['n>4', true],
    ['n<5', false],
    ['app>4', false],
    ['in in (in)', false],
    ['app in ()', false],
    ['missing=', false],
  ])('%j', (selector, want) => expect(parseSelector(selector).matches(labels)).toBe(want));
});

describe('what a real API server says', () => {
  const NAME =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
  test.each([
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['-a', `unable to parse requirement: <nil>: Invalid value: "-a": ${NAME}`],
    ['a,', "found '', expected: identifier after ','"],
    ['=', "found '=', expected: !, identifier, or 'end of string'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    [
      'a>b',
      "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a!', "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=!b', "unable to parse requirement: found '!', expected: identifier"],
  ])('%j', (selector, message) => expect(() => parseSelector(selector)).toThrow(message));
});

describe('LabelSelector', () => {
  test('undefined matches nothing, empty everything', () => {
    expect(selectorOf(undefined).matches(labels)).toBe(false);
    expect(selectorOf({}).matches(undefined)).toBe(true);
    expect(everything.empty).toBe(true);
  });

  test('expressions', () => {
    const selector = {
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['front', 'back'] },
        { key: 'canary', operator: 'DoesNotExist' },
      ],
    };
    expect(selectorOf(selector).matches(labels)).toBe(true);
    expect(formatLabelSelector(selector)).toBe('app=web,!canary,tier in (back,front)');
    expect(() => selectorOf({ matchExpressions: [{ key: 'a', operator: 'Like' }] })).toThrow(
      '"Like" is not a valid label selector operator',
    );
  });
});

test('text of a selector parses to the same selector', () => {
  const word = fc
    .stringMatching(/^[a-z]([a-z0-9]{0,5})$/)
    .filter((each) => each !== 'in' && each !== 'notin');
  const requirement = fc.oneof(
    fc.tuple(word, word).map(([key, value]) => `${key}=${value}`),
    fc
      .tuple(word, fc.array(word, { minLength: 1, maxLength: 3 }))
      .map(([key, list]) => `${key} in (${list.join(',')})`),
    word,
    word.map((key) => `!${key}`),
  );
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 4 }), (parts) => {
      const text = parseSelector(parts.join(',')).toString();
      expect(parseSelector(text).toString()).toBe(text);
    }),
  );
});

test('a plain map', () => {
  expect(selectorFromSet({ app: 'web' }).matches(labels)).toBe(true);
  expect(selectorFromSet({ app: 'api' }).matches(labels)).toBe(false);
});

test('a selector matches what each of its requirements says', () => {
  const key = fc.constantFrom<string>('a', 'b', 'c');
  const value = fc.constantFrom<string>('1', '2', '3', '');
  const requirement = fc.oneof(
    fc.tuple(key, value).map(([name, wanted]) => ({
      text: `${name}=${wanted}`,
      holds: (set: Record<string, string>) => set[name] === wanted,
    })),
    fc.tuple(key, value).map(([name, wanted]) => ({
      text: `${name}!=${wanted}`,
      holds: (set: Record<string, string>) => set[name] !== wanted,
    })),
    fc.tuple(key, fc.uniqueArray(value, { minLength: 1 }), fc.boolean()).map(([name, wanted, not]) => ({
      text: `${name} ${not ? 'notin' : 'in'} (${wanted.join(',')})`,
      holds: (set: Record<string, string>) => (name in set && wanted.includes(set[name]!)) !== not,
    })),
    fc.tuple(key, fc.boolean()).map(([name, not]) => ({
      text: not ? `!${name}` : name,
      holds: (set: Record<string, string>) => name in set !== not,
    })),
    fc.tuple(key, fc.integer({ min: 0, max: 3 }), fc.boolean()).map(([name, bound, less]) => ({
      text: `${name}${less ? '<' : '>'}${bound}`,
      holds: (set: Record<string, string>) =>
        /^\d$/.test(set[name] ?? '') && (less ? Number(set[name]) < bound : Number(set[name]) > bound),
    })),
  );
  const set = fc.dictionary(key, value, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(requirement, { minLength: 1, maxLength: 3 }), set, (requirements, labelled) => {
      const selector = parseSelector(requirements.map(({ text }) => text).join(','));
      const want = requirements.every(({ holds }) => holds(labelled));
      expect(selector.matches(labelled)).toBe(want);
      expect(parseSelector(selector.toString()).matches(labelled)).toBe(want);
    }),
    { seed: 5, numRuns: 1000 },
  );
});
