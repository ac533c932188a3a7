import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encode } from '../../../core/bytes.ts';
import { isTooDeep, jsonSyntaxError, MAX_DEPTH } from './json-syntax.ts';

describe('words of encoding/json', () => {
  test.each([
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['{"a":}', "invalid character '}' looking for beginning of value"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['nope', "invalid character 'o' in literal null (expecting 'u')"],
    ['truE', "invalid character 'E' in literal true (expecting 'e')"],
    ['{}x', "invalid character 'x' after top-level value"],
    ['01', "invalid character '1' after top-level value"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1ex', "invalid character 'x' in exponent of numeric literal"],
    ['"\\q"', "invalid character 'q' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\u0001"', "invalid character '\\x01' in string literal"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
  ])('%j', (text, want) => expect(jsonSyntaxError(encode(text))).toBe(want));

  test('of what nests too deep', () => {
    expect(jsonSyntaxError(encode('['.repeat(MAX_DEPTH + 1)))).toBe(
      "invalid character '[' exceeded max depth",
    );
    expect(isTooDeep(encode(`${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)}`))).toBe(false);
    expect(isTooDeep(encode('{"a":'.repeat(MAX_DEPTH + 1)))).toBe(true);
    expect(isTooDeep(encode(JSON.stringify('['.repeat(2 * MAX_DEPTH))))).toBe(false);
  });
});

test('there is an error exactly where the platform finds one', () => {
  const token = fc.constantFrom(...'{}[],:"\\ \n-+.eE019tfn', 'true', 'null', '"a"', '\\u00e9', '\\n', 'é');
  const nearly = fc.tuple(fc.json(), fc.nat(), token).map(([text, at, other]) => {
    const cut = at % (text.length + 1);
    return text.slice(0, cut) + other + text.slice(cut + 1);
  });
  const text = fc.oneof(
    fc.json(),
    nearly,
    fc.array(token, { maxLength: 12 }).map((each) => each.join('')),
  );
  fc.assert(
    fc.property(text, (each) => {
      let refused = false;
      try {
        JSON.parse(each);
      } catch {
        refused = true;
      }
      expect(jsonSyntaxError(encode(each)) !== undefined).toBe(refused);
    }),
    { seed: 1, numRuns: 2000 },
  );
});
