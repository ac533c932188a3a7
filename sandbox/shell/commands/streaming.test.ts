/**
 * Filters write what they can before their input ends: the second value is only sent once the first has come out at
 * the other end of the filter.
 */
import { expect, test } from 'vitest';
import { runCommandLine } from '../in-process-machine.ts';

test.each([
  ["awk '{print $1}'", 'a'],
  ["awk '$1 {n++; print n}'", '1'],
  ['awk -F, \'NR > 0 {printf "%s\\n", $1}\'', 'a b'],
  ['grep --line-buffered a', 'a b'],
  ["sed -u 's/a/c/'", 'c b'],
  ["sed -n '/a/p'", 'a b'],
  ['cut -c1', 'a'],
  ['tr a-z A-Z', 'A B'],
  ['jq -R .', '"a b"'],
  ['tee copy', 'a b'],
  ['uniq -c', '1 a b'],
])('%s', { timeout: 20_000 }, async (filter, want) => {
  const source = `{ echo 'a b'; ${filter.startsWith('uniq') ? 'echo x; ' : ''}until [ -e seen ]; do sleep 0.01; done; }`;
  const sink = `{ read line; touch seen; cat > rest; echo "$line"; }`;
  expect(await runCommandLine(`${source} | ${filter} | ${sink}`)).toBe(`${want}\n`);
});

test.each([
  ['jq -c .a', '{"a":[1]}', '[1]'],
  ['jq --unbuffered -r .a', '{"a":\n"x"}', 'x'],
  ['jq -c --arg n 3 "[.a, \\$n]"', '{"a":1}', '[1,"3"]'],
])('%s, value by value', { timeout: 20_000 }, async (filter, value, want) => {
  const source = `{ printf '%s\\n' '${value}'; until [ -e seen ]; do sleep 0.01; done; }`;
  const sink = `{ read line; touch seen; cat > rest; echo "$line"; }`;
  expect(await runCommandLine(`${source} | ${filter} | ${sink}`)).toBe(`${want}\n`);
});
