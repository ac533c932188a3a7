/**
 * A YAML file as manifests: one syntax tree a document, with the position of every field. Broken text gives a
 * tree too, as far as it can be read, and the syntax errors.
 */
import {
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Pair,
  type ParsedNode,
  type Scalar,
} from 'yaml';
import type { Path } from './schema.ts';

/** Half-open, in characters from the start of the file. */
export interface Span {
  start: number;
  end: number;
}

export interface SyntaxProblem extends Span {
  message: string;
}

export interface Manifest {
  document: Document.Parsed;
  span: Span;
  apiVersion: string | undefined;
  kind: string | undefined;
  name: string | undefined;
  namespace: string | undefined;
}

export interface ManifestFile {
  manifests: Manifest[];
  syntaxProblems: SyntaxProblem[];
}

export function parseManifests(text: string): ManifestFile {
  const documents = parseAllDocuments(text, { lineCounter: new LineCounter(), prettyErrors: false });
  const parsed = Array.isArray(documents) ? documents : [];
  return {
    manifests: parsed.map((document, at) => ({
      document,
      // A document reaches to where the next begins, its comments and the empty lines at its end included.
      span: { start: at === 0 ? 0 : parsed[at - 1]!.range[2], end: document.range[2] },
      apiVersion: textAt(document, ['apiVersion']),
      kind: textAt(document, ['kind']),
      name: textAt(document, ['metadata', 'name']),
      namespace: textAt(document, ['metadata', 'namespace']),
    })),
    syntaxProblems: parsed.flatMap(({ errors }) =>
      errors.map((error) => ({ start: error.pos[0], end: error.pos[1], message: error.message })),
    ),
  };
}

function textAt(document: Document.Parsed, path: string[]): string | undefined {
  const value = document.getIn(path);
  return typeof value === 'string' ? value : undefined;
}

/** The manifest that `offset` lies in. The last one also has what follows it. */
export const manifestAt = (file: ManifestFile, offset: number): Manifest | undefined =>
  file.manifests.findLast(({ span }) => offset >= span.start) ?? file.manifests[0];

export interface Place {
  path: Path;
  /** On the field's name rather than its value. */
  onKey: boolean;
  span: Span;
}

/** The innermost field or value at `offset`. */
export function placeAt(manifest: Manifest, offset: number): Place | undefined {
  const { contents } = manifest.document;
  return contents ? placeIn(contents, offset, []) : undefined;
}

function placeIn(node: ParsedNode, offset: number, path: Path): Place | undefined {
  if (isMap(node)) {
    for (const pair of node.items as Pair<ParsedNode, ParsedNode | null>[]) {
      const name = keyName(pair);
      if (name === undefined) continue;
      if (covers(pair.key, offset)) return { path: [...path, name], onKey: true, span: spanOf(pair.key) };
      if (pair.value && covers(pair.value, offset)) {
        return placeIn(pair.value, offset, [...path, name]);
      }
    }
  } else if (isSeq(node)) {
    for (const [at, item] of node.items.entries()) {
      if (covers(item as ParsedNode, offset)) return placeIn(item as ParsedNode, offset, [...path, at]);
    }
  } else if (covers(node, offset)) return { path, onKey: false, span: spanOf(node) };
  return undefined;
}

/**
 * Where the field at `path` stands: its name, or the value of a list's member. When it is absent, the nearest
 * that is there on the way to it.
 */
export function spanAt(manifest: Manifest, path: Path): Span {
  let node: unknown = manifest.document.contents;
  let span: Span = isCollection(node) ? spanOfFirst(node as ParsedNode) : manifest.span;
  for (const step of path) {
    if (isMap(node)) {
      const pair = (node.items as Pair<ParsedNode, ParsedNode | null>[]).find(
        (item) => keyName(item) === String(step),
      );
      if (!pair) break;
      span = spanOf(pair.key);
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number' && node.items[step]) {
      node = node.items[step];
      span = spanOfFirst(node as ParsedNode);
    } else break;
  }
  return span;
}

/** A field's name as text; undefined for a key that is not a plain value. */
export const keyName = (pair: unknown): string | undefined =>
  isPair(pair) && isScalar(pair.key) && pair.key.value !== null && pair.key.value !== undefined
    ? String((pair.key as Scalar).value)
    : undefined;

export const spanOf = (node: ParsedNode): Span => ({ start: node.range[0], end: node.range[1] });

/** The first field's name stands for a map: marking all of it would shout. */
function spanOfFirst(node: ParsedNode): Span {
  const first = isMap(node) ? (node.items[0]?.key as ParsedNode | undefined) : undefined;
  return spanOf(first ?? node);
}

const covers = (node: ParsedNode, offset: number) => offset >= node.range[0] && offset <= node.range[1];
