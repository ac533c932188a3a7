import { expect, it } from 'vitest';
import { replaceUrls } from './css-urls.ts';

const mark = async (url: string, isSheet: boolean) => `${isSheet ? 'sheet' : 'file'}:${url}`;

it.each([
  ['a { background: url(x.png) }', 'a { background: url("file:x.png") }'],
  [`a { background: url( "x y.png" ) no-repeat }`, `a { background: url("file:x y.png") no-repeat }`],
  [`@import 'more.css' screen;`, `@import url("sheet:more.css") screen;`],
  [`@import url(more.css);`, `@import url("sheet:more.css");`],
  [
    `@font-face { src: url('f.woff2') format("woff2") }`,
    `@font-face { src: url("file:f.woff2") format("woff2") }`,
  ],
  ['/* url(x.png) */ a { content: "url(y.png)" }', '/* url(x.png) */ a { content: "url(y.png)" }'],
  ['a { background: url(data:image/png;base64,AA==) }', 'a { background: url(data:image/png;base64,AA==) }'],
  ['a { fill: url(#gradient) }', 'a { fill: url(#gradient) }'],
  ['a { color: red }', 'a { color: red }'],
])('%s', async (css, want) => {
  expect(await replaceUrls(css, mark)).toBe(want);
});

it('what cannot be had stays as it is written', async () => {
  const css = `a { background: url('x.png') }`;
  expect(await replaceUrls(css, async () => undefined)).toBe(css);
});
