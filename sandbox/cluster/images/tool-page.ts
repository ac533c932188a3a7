/**
 * The web page of a tool, in one document without anything from elsewhere: so it works behind a port-forward, a proxy and
 * in a preview without an address of its own. Colours follow the reader's theme.
 */

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#c8ccd4, #464b55); --quiet: light-dark(#5b6270, #a4abb8);
  --bad: light-dark(#b3261e, #ff9a8f); --good: light-dark(#186a3b, #7fd6a0); }
html { background: light-dark(#fff, #16181d); color: light-dark(#1b1e24, #e8eaee); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 70rem; }
h1 { font-size: 1.2rem; margin: 0 0 .75rem; } h2 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
textarea, input, button, select { font: inherit; border: 1px solid var(--line); border-radius: .3rem; padding: .35rem .6rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.row { display: flex; gap: .5rem; align-items: center; flex-wrap: wrap; margin: .5rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); } .bad { color: var(--bad); } .good { color: var(--good); }
`;

/**
 * What each page's script has: `$` finds by id, `make` makes an element, `table` makes a table of cells (texts or
 * elements) whose columns are `[head, class]`.
 */
const SCRIPT = `
const $ = (id) => document.getElementById(id);
const make = (name, text, attributes) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  return element;
};
function table(heads, rows) {
  const element = make('table');
  const head = element.createTHead().insertRow();
  for (const [text, kind = ''] of heads) head.append(make('th', text, { scope: 'col', class: kind }));
  const body = element.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    cells.forEach((cell, index) => {
      const place = row.insertCell();
      place.className = heads[index][1] || '';
      place.append(cell);
    });
  }
  return element;
}
`;

export interface ToolPage {
  title: string;
  /** Colour of what is in focus, as `light-dark(…)`. */
  accent: string;
  style: string;
  /** HTML within `main`, below the title. */
  body: string;
  script: string;
}

export const toolPage = ({ title, accent, style, body, script }: ToolPage): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}:root { --accent: ${accent}; }${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
<script>${SCRIPT}${script}</script>
</body>
</html>
`;
