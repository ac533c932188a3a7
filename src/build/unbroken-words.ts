/**
 * Keeps `-l`, `--dry-run` and `kind-worker` in one piece where a command wraps: browsers break a line after a hyphen. For
 * Expressive Code, in blocks of `sh`; the text stays as it is, or what is copied would not be what is read.
 */
import type { ExpressiveCodePlugin } from '@astrojs/starlight/expressive-code';

/** A narrow phone shows little more of a line; a longer word has to break somewhere. */
const MAX_CHARACTERS = 18;

type Line = Parameters<
  NonNullable<NonNullable<ExpressiveCodePlugin['hooks']>['postprocessRenderedLine']>
>[0]['renderData']['lineAst'];
type Node = Line['children'][number];

/** Set in `prose.css`. */
const CLASS = 'unbroken';

export const unbrokenWords = (): ExpressiveCodePlugin => ({
  name: 'unbroken words',
  hooks: {
    postprocessRenderedLine({ codeBlock, renderData }) {
      if (codeBlock.language === 'sh') keepWhole(renderData.lineAst);
    },
  },
});

function keepWhole(parent: Line): void {
  parent.children = parent.children.flatMap((node): Node[] => {
    if (node.type === 'element') keepWhole(node);
    return node.type === 'text' ? parts(node.value).map(nodeOf) : [node];
  });
}

interface Part {
  text: string;
  unbroken: boolean;
}

/** `text` in pieces; of a word that is too long at least the name before its value stays whole. */
export function parts(text: string): Part[] {
  const found: Part[] = [];
  for (const word of text.split(/(\s+)/)) {
    if (word === '') continue;
    const whole = word.length <= MAX_CHARACTERS ? word : (/^[\w-]+=?/.exec(word)?.[0] ?? '');
    const unbroken = whole.includes('-') && whole.length <= MAX_CHARACTERS;
    const rest = unbroken ? word.slice(whole.length) : word;
    if (unbroken) found.push({ text: whole, unbroken });
    const last = found.at(-1);
    if (rest !== '' && last && !last.unbroken) last.text += rest;
    else if (rest !== '') found.push({ text: rest, unbroken: false });
  }
  return found;
}

const nodeOf = ({ text, unbroken }: Part): Node => {
  const node = { type: 'text' as const, value: text };
  return unbroken
    ? { type: 'element', tagName: 'span', properties: { className: [CLASS] }, children: [node] }
    : node;
};
