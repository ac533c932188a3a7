/** Snippets where we differ from bash, by their first line, and why. A gap that closes fails the test. */
export const GAPS: Record<string, string> = {
  'foo( { echo; }': 'the parser reports the token behind the one that bash stumbles over',
  '[[ a == ]]':
    'the parser takes `]]` for a missing operand at the end of the text, and bash -c exits 0 on this error',
};
