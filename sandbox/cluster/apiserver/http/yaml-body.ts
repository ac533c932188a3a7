/**
 * YAML bodies of requests and answers; loaded when somebody sends or wants one. What cannot be read is told in libyaml's words where js-yaml has others; a
 * document whose aliases would multiply it (a "billion laughs") is refused before anybody copies it.
 */
import { dump, load } from 'js-yaml';
import type { StatusError } from '../../api/status.ts';
import { MAX_DEPTH } from './json-syntax.ts';

/** Values that a document may come to once its aliases are written out. */
const MAX_VALUES = 1_000_000;

/** The value of the one document in `text`; null when there is none. `refuse` gets `line 2: what is wrong`. */
export function parseYaml(text: string, refuse: (why: string) => StatusError): unknown {
  let value: unknown;
  try {
    value = load(text, { maxDepth: MAX_DEPTH });
  } catch (error) {
    const { reason, message, mark } = error as Error & { reason?: string; mark?: { line: number } };
    const why = reason ?? message;
    if (/maxDepth/.test(why)) throw refuse(`exceeded max depth of ${MAX_DEPTH}`);
    throw refuse(mark ? `line ${mark.line + 1}: ${libyamlWords(why)}` : libyamlWords(why));
  }
  if (text.includes('*') && sizeOf(value, new Map()) > MAX_VALUES)
    throw refuse('document contains excessive aliasing');
  return value ?? null;
}

/** How many values there are in `value`, counting what stands in several places in each of them. */
function sizeOf(value: unknown, known: Map<object, number>): number {
  if (typeof value !== 'object' || value === null) return 1;
  const before = known.get(value);
  if (before !== undefined) return before;
  // An alias to what it stands in has no end.
  known.set(value, Infinity);
  let size = 1;
  for (const child of Object.values(value)) size += sizeOf(child, known);
  known.set(value, size);
  return size;
}

function libyamlWords(reason: string): string {
  if (reason.includes('within a flow collection')) return 'did not find expected node content';
  if (reason.includes('bad indentation')) return 'did not find expected key';
  if (reason.includes('unidentified alias'))
    return `unknown anchor ${/"(.*)"/.exec(reason)?.[1] ?? ''} referenced`;
  return reason;
}

/** YAML as a server writes it: keys in order, lists not indented. */
export function encodeYaml(value: unknown): string {
  // Undefined fields are left out, as in JSON.
  const plain: unknown = JSON.parse(JSON.stringify(value));
  return dump(plain, {
    noRefs: true,
    lineWidth: -1,
    sortKeys: true,
    seqNoIndent: true,
    quoteStyle: 'double',
  });
}
