import { expect, test } from 'vitest';
import { parsePromQL } from './parse.ts';

test.each([
  ['', '1:1: parse error: no expression found in input'],
  ['# nothing', '1:10: parse error: no expression found in input'],
  ['1 +', '1:4: parse error: unexpected end of input'],
  ['sum(x', '1:6: parse error: unclosed left parenthesis'],
  ['x)', "1:2: parse error: unexpected right parenthesis ')'"],
  ['foo bar', '1:5: parse error: unexpected identifier "bar"'],
  ['foo\n  bar', '2:3: parse error: unexpected identifier "bar"'],
  ['a = 3', '1:3: parse error: unexpected "="'],
  ['a * / b', '1:5: parse error: unexpected <op:/>'],
  ['foo{app="a"', '1:12: parse error: unexpected end of input inside braces'],
  ['foo{app=}', '1:9: parse error: unexpected "}" in label matching, expected string'],
  ['foo{app}', '1:8: parse error: unexpected "}" in label matching, expected label matching operator'],
  [
    'foo{app="a" b="c"}',
    '1:13: parse error: unexpected identifier "b" in label matching, expected "," or "}"',
  ],
  ['foo{app="a}', '1:9: parse error: unterminated quoted string'],
  ['foo[5m', '1:7: parse error: unexpected end of input in duration expression'],
  [
    'foo[]',
    '1:5: parse error: unexpected "]" in subquery or range selector, expected number, duration, step(), or range()',
  ],
  ['foo[5x]', '1:5: parse error: bad number or duration syntax: "5x"'],
  ['sum by app (foo)', '1:8: parse error: unexpected identifier "app" in grouping opts, expected "("'],
  [
    'sum by (app foo)',
    '1:13: parse error: unexpected identifier "foo" in grouping opts, expected "," or ")"',
  ],
  [
    'foo offset',
    '1:11: parse error: unexpected end of input in offset, expected number, duration, step(), or range()',
  ],
  ['rates(foo[5m])', '1:1: parse error: unknown function with name "rates"'],
  ['rate(foo[5m],)', '1:14: parse error: trailing commas not allowed in function call args'],
  [
    'rate(foo)',
    '1:6: parse error: expected type range vector in call to function "rate", got instant vector',
  ],
  [
    'sum(foo[5m])',
    '1:5: parse error: expected type instant vector in aggregation expression, got range vector',
  ],
  [
    'topk(foo)',
    '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1',
  ],
  ['topk("1", foo)', '1:6: parse error: expected type scalar in aggregation parameter, got string'],
  ['floor()', '1:1: parse error: expected 1 argument(s) in call to "floor", got 0'],
  ['round(a, 1, 2)', '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3'],
  ['{}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
  ['{app=~".*"}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
  ['foo{__name__="bar"}', '1:1: parse error: metric name must not be set twice: "foo" or "bar"'],
  ['foo{app=~"("}', '1:5: parse error: error parsing regexp: missing closing ): `(`'],
  ['1 > 2', '1:3: parse error: comparisons between scalars must use BOOL modifier'],
  ['a + bool b', '1:3: parse error: bool modifier can only be used on comparison operators'],
  ['1 and 2', '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
  ['a and on(b) group_left c', '1:1: parse error: no grouping allowed for "and" operation'],
  ['a + on(b) group_left(b) c', '1:3: parse error: label "b" must not occur in ON and GROUP clause at once'],
  ['a[5m] + 1', '1:1: parse error: binary expression must contain only scalar and instant vector types'],
  [
    '-"a"',
    '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string"',
  ],
  ['(a)[5m]', '1:1: parse error: ranges only allowed for vector selectors'],
  ['a offset 1m [5m]', '1:1: parse error: no offset modifiers allowed before range'],
  ['a offset 1m offset 2m', '1:1: parse error: offset may not be set multiple times'],
  ['a[0s]', '1:3: parse error: duration must be greater than 0'],
])('refuses %j', (query, message) => {
  expect(messageOf(query)).toBe(message);
});

function messageOf(query: string): string {
  try {
    parsePromQL(query);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}
