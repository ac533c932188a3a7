/** Addresses in a style sheet: `url(…)` and `@import`. By their tokens, without the grammar around them. */

/** Comments and plain strings match too, so that what looks like an address in them stays. */
const TOKENS =
  /\/\*[^]*?\*\/|(@import\s+)(?:"([^"\n]*)"|'([^'\n]*)')|\burl\(\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^"'()\s]*))\s*\)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/gi;

/** `css` with each address replaced by what `load` makes of it; undefined leaves it as it is. */
export async function replaceUrls(
  css: string,
  load: (url: string, isSheet: boolean) => Promise<string | undefined>,
): Promise<string> {
  const pieces: (string | Promise<string>)[] = [];
  let from = 0;
  for (const match of css.matchAll(TOKENS)) {
    const [whole, atImport = '', ...urls] = match;
    const url = urls.find((one) => one !== undefined);
    if (!url || /^(?:data:|blob:|#)/i.test(url)) continue;
    const isSheet =
      atImport !== '' || /@import\s+$/i.test(css.slice(Math.max(0, match.index - 16), match.index));
    pieces.push(css.slice(from, match.index));
    pieces.push(
      load(url, isSheet).then((loaded) => (loaded === undefined ? whole : `${atImport}url("${loaded}")`)),
    );
    from = match.index + whole.length;
  }
  pieces.push(css.slice(from));
  return (await Promise.all(pieces)).join('');
}
