import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coversAction, coversName, type Rule } from './authorizer.ts';
import { brokenDown, compacted, missingRules, ruleText } from './rule-cover.ts';

const some = (...values: string[]) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 });
const resourceRule: fc.Arbitrary<Rule> = fc.record(
  {
    verbs: some('get', 'list', 'delete', '*'),
    apiGroups: some('', 'apps', '*'),
    resources: some('pods', 'pods/log', '*/log', 'deployments', '*'),
    resourceNames: some('a', 'b'),
  },
  { requiredKeys: ['verbs', 'apiGroups', 'resources'] },
);
const pathRule: fc.Arbitrary<Rule> = fc.record({
  verbs: some('get', 'post', '*'),
  nonResourceURLs: some('/metrics', '/logs/*', '/logs/a', '*'),
});
const rules = fc.array(fc.oneof(resourceRule, pathRule), { maxLength: 4 });

/** Everything that can be asked with the words above. */
const ACTIONS = ['get', 'list', 'delete'].flatMap((verb) =>
  ['', 'apps'].flatMap((group) =>
    ['pods', 'pods/log', 'deployments'].flatMap((target) =>
      ['a', 'b', undefined].map((name) => ({ verb, group, target, name })),
    ),
  ),
);
const allows = (list: readonly Rule[], { verb, group, target, name }: (typeof ACTIONS)[number]) =>
  list.some(
    (rule) =>
      coversAction(rule, verb, group, target, target.split('/')[1]) && coversName(rule.resourceNames, name),
  );

describe('rules', () => {
  test('cover themselves', () =>
    fc.assert(
      fc.property(rules, (own) => {
        expect(missingRules(own, own)).toEqual([]);
      }),
    ));

  test('broken down allow the same', () =>
    fc.assert(
      fc.property(rules, fc.constantFrom(...ACTIONS), (own, action) => {
        expect(allows(brokenDown(own), action)).toBe(allows(own, action));
      }),
    ));

  test('that cover others allow whatever those allow', () =>
    fc.assert(
      fc.property(rules, rules, fc.constantFrom(...ACTIONS), (held, asked, action) => {
        if (missingRules(held, asked).length > 0 || !allows(asked, action)) return;
        expect(allows(held, action)).toBe(true);
      }),
    ));

  test('with what they lack cover what was asked, also when it is told in few words', () =>
    fc.assert(
      fc.property(rules, rules, (held, asked) => {
        const missing = missingRules(held, asked);
        expect(missingRules([...held, ...missing], asked)).toEqual([]);
        expect(missingRules([...held, ...compacted(missing)], asked)).toEqual([]);
      }),
    ));

  test('are written as the server writes them', () => {
    const [rule] = compacted([
      { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
      { verbs: ['list'], apiGroups: [''], resources: ['pods'] },
    ]);
    expect(ruleText(rule!)).toBe('{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}');
  });
});
