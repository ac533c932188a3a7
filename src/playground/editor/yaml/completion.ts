/**
 * What can be written at the cursor. The line being typed is rarely valid YAML, so it is replaced by a field
 * with a name of our own, the text is parsed, and the path to that field is where the cursor stands.
 */
import { isMap, isPair, isSeq, visit, type Pair } from 'yaml';
import { keyName, manifestAt, parseManifests, type Manifest } from './manifest.ts';
import { resolve, schemaAt, typeName, type Definitions, type Path, type Schema } from './schema.ts';

const MARK = 'slipwaycursor';

export interface CursorContext {
  /** Of the map whose field is typed, or of the field whose value is. */
  path: Path;
  at: 'key' | 'value';
  manifest: Manifest;
  /** Fields that the map has already. */
  present: string[];
  /** What is typed of the word so far; completion replaces it. */
  word: string;
  /** Spaces before the field's name, a list's dash counted as one: further lines line up with it. */
  indent: number;
}

/** Undefined where nothing is known to complete: in a comment, a block of text, a flow collection. */
export function cursorContext(text: string, offset: number): CursorContext | undefined {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const newline = text.indexOf('\n', offset);
  const lineEnd = newline === -1 ? text.length : newline;
  const before = text.slice(lineStart, offset);
  const key = /^(\s*(?:- +)*)((?!-)[\w./-]*)$/.exec(before);
  const value = /^(\s*(?:- +)*)([\w./-]+):\s+(\S*)$/.exec(before);
  const match = key ?? value;
  if (!match) return undefined;
  const [, lead = ''] = match;
  const typed = key ? `${lead}${MARK}: x` : `${lead}${value![2]}: ${MARK}`;
  const file = parseManifests(text.slice(0, lineStart) + typed + text.slice(lineEnd));
  const manifest = manifestAt(file, lineStart + lead.length);
  if (!manifest) return undefined;
  const found = findMark(manifest, key ? 'key' : 'value');
  if (!found) return undefined;
  return {
    ...found,
    manifest,
    at: key ? 'key' : 'value',
    word: key ? match[2]! : value![3]!,
    indent: lead.length,
  };
}

function findMark(manifest: Manifest, at: 'key' | 'value'): { path: Path; present: string[] } | undefined {
  let found: { path: Path; present: string[] } | undefined;
  visit(manifest.document, {
    Pair(_, pair, ancestors) {
      const name = keyName(pair);
      const value = (pair.value as { value?: unknown } | null)?.value;
      if (at === 'key' ? name !== MARK : value !== MARK) return;
      const map = ancestors.at(-1);
      const path: (string | number)[] = [];
      for (const [depth, ancestor] of ancestors.entries()) {
        if (isPair(ancestor)) path.push(keyName(ancestor) ?? '');
        if (isSeq(ancestor)) path.push(ancestor.items.indexOf(ancestors[depth + 1] as never));
      }
      if (at === 'value') path.push(name ?? '');
      const present = isMap(map)
        ? (map.items as Pair[]).map(keyName).filter((one): one is string => one !== undefined && one !== MARK)
        : [];
      found = { path, present };
      return visit.BREAK;
    },
  });
  return found;
}

export interface Completion {
  label: string;
  kind: 'field' | 'value';
  /** In Monaco's snippet syntax. */
  insert: string;
  detail: string;
  documentation: string;
  /** Required fields come first. */
  required: boolean;
}

export function complete(context: CursorContext, root: Schema, definitions: Definitions): Completion[] {
  const schema = schemaAt(root, context.path, definitions);
  if (!schema) return [];
  return context.at === 'key' ? fields(context, schema, definitions) : values(schema);
}

function fields({ present, indent }: CursorContext, schema: Schema, definitions: Definitions): Completion[] {
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => !present.includes(name))
    .map(([name, reference]) => {
      const field = resolve(reference, definitions);
      return {
        label: name,
        kind: 'field',
        insert: `${name}:${after(field, ' '.repeat(indent))}`,
        detail: typeName(field, definitions),
        documentation: field.description ?? '',
        required: schema.required?.includes(name) ?? false,
      };
    });
}

/** What follows a field's colon: the beginning of its value, with the cursor where the learner goes on. */
function after(field: Schema, indent: string): string {
  if (field.type === 'array') return `\n${indent}  - $0`;
  if (field.properties || field.type === 'object') return `\n${indent}  $0`;
  return ' $0';
}

function values(schema: Schema): Completion[] {
  const options = schema.enum ?? (schema.type === 'boolean' ? [true, false] : []);
  return options.map((option) => ({
    label: String(option),
    kind: 'value',
    insert: String(option),
    detail: '',
    documentation: '',
    required: option === schema.default,
  }));
}
