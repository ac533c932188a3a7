/**
 * Manifests: YAML or JSON with several documents, as kubectl reads them (apimachinery `YAMLOrJSONDecoder` over
 * sigs.k8s.io/yaml). YAML is 1.1 as Go has it: `yes` is true, `0644` is octal, `1e3` a number, a date text.
 * Documents are cut at `---` first, so line numbers in errors count from the document's first line, as the
 * real ones do. js-yaml's complaints are told in Go's words.
 */
import {
  boolCoreTag,
  boolYaml11Tag,
  defineScalarTag,
  FAILSAFE_SCHEMA,
  load,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
  YAMLException,
} from 'js-yaml';
import { CommandError } from './errors.ts';

const INTEGER = /^([-+]?)(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/;
const FLOAT = /^[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/;

const goInteger = defineScalarTag<number>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: [...'-+0123456789'],
  identify: (value) => Number.isInteger(value),
  resolve: (source) => {
    const match = INTEGER.exec(source);
    if (!match) return NOT_RESOLVED;
    const digits = match[2]!.replaceAll('_', '');
    const octal = /^0[0-7]+$/.test(digits);
    // A leading zero with a digit 8 or 9 is a float to Go, with the same value.
    return (match[1] === '-' ? -1 : 1) * (octal ? Number.parseInt(digits, 8) : Number(digits));
  },
});

const goFloat = defineScalarTag<number>('tag:yaml.org,2002:float', {
  implicit: true,
  implicitFirstChars: [...'-+.0123456789'],
  identify: (value) => typeof value === 'number',
  resolve: (source) => (FLOAT.test(source) ? Number(source.replaceAll('_', '')) : NOT_RESOLVED),
});

const SCHEMA = FAILSAFE_SCHEMA.withTags(nullYaml11Tag, boolYaml11Tag, goInteger, goFloat, mergeTag);

/** As go.yaml.in/yaml/v3 reads it: only `true` and `false` are booleans, and `y` is a letter. */
const SCHEMA_V3 = FAILSAFE_SCHEMA.withTags(nullYaml11Tag, boolCoreTag, goInteger, goFloat, mergeTag);

/** Malformed YAML; the message is Go's (`yaml: line 3: …`). */
export class YamlError extends Error {}

/** One document. Throws `YamlError`. */
export const parseYaml = (text: string): unknown => parse(text, SCHEMA);

/** One document as kustomize reads resources. Throws `YamlError`. */
export const parseYamlV3 = (text: string): unknown => parse(text, SCHEMA_V3);

function parse(text: string, schema: typeof SCHEMA): unknown {
  if (/^(?:\s*(?:#.*)?\n?)*$/.test(text)) return undefined;
  try {
    return load(text, { schema, json: true } as Parameters<typeof load>[1]);
  } catch (error) {
    if (error instanceof YAMLException) throw new YamlError(goWords(error, text));
    throw error;
  }
}

/** goyaml's message for what js-yaml found. */
function goWords(error: YAMLException, text: string): string {
  const line = error.mark?.line ?? 0;
  const column = error.mark?.column ?? 0;
  const lines = text.split('\n');
  const at = lines[line]?.[column] ?? '';
  const last = text.endsWith('\n') ? lines.length - 1 : lines.length;
  // goyaml counts a scanner's lines from one and a parser's from zero, and leaves line zero out.
  const scanner = (words: string, where = line) => `yaml: ${where > 0 ? `line ${where + 1}: ` : ''}${words}`;
  const parser = (words: string, where = line) => `yaml: ${where > 0 ? `line ${where}: ` : ''}${words}`;
  const reason = error.reason ?? error.message;
  const tabAt = lines.findIndex((content) => /^ *\t/.test(content));
  if (reason.includes('tab characters') || (at === '\t' && tabAt >= 0)) {
    const where = tabAt >= 0 ? tabAt : line;
    // After a value the tab stands in what could be its next line.
    const inScalar = /[^:\s-]\s*$/.test(lines[where - 1] ?? '');
    return scanner(
      inScalar
        ? 'found a tab character that violates indentation'
        : 'found character that cannot start any token',
      where,
    );
  }
  if (reason.includes('unidentified alias'))
    return `yaml: unknown anchor '${/"(.*)"/.exec(reason)?.[1]}' referenced`;
  const openFlow = /[[{][^\]}"']*$/.test(text);
  if (reason.includes('within a flow collection') || (reason.includes('deficient indentation') && openFlow)) {
    const open = /[[{](?=[^\]}]*$)/.exec(text)?.[0] ?? '[';
    return parser(`did not find expected ',' or '${open === '[' ? ']' : '}'}'`, last);
  }
  if (reason.includes('quoted scalar') || reason.includes('deficient indentation'))
    return scanner('found unexpected end of stream', last);
  if (reason.includes('implicit key') || reason.includes('can not read'))
    return scanner("could not find expected ':'");
  if (reason.includes('directive')) return scanner('found unknown directive name');
  if (reason.includes('bad indentation of a sequence entry')) return parser(expectedAfterEntry(lines, line));
  if (/^[@`%]$/.test(at)) return scanner('found character that cannot start any token');
  if (at === ':') return scanner('mapping values are not allowed in this context');
  if (reason.includes('end of the stream')) {
    const sequence = /^- /m.test(text) && !/^ *- /.test(lines[line] ?? '');
    return parser(sequence ? NO_ENTRY : 'did not find expected <document start>');
  }
  if (reason.includes('bad indentation')) return parser('did not find expected key');
  return scanner(reason);
}

const NO_ENTRY = "did not find expected '-' indicator";

/** A list as far left as its key ends without a word; then it is the key's mapping that complains. */
function expectedAfterEntry(lines: readonly string[], line: number): string {
  const column = (at: number) => lines[at]!.search(/\S/);
  for (let dash = line - 1; dash >= 0; dash--) {
    if (!/^ *- /.test(lines[dash]!) || column(dash) >= column(line)) continue;
    for (let key = dash - 1; key >= 0; key--)
      if (/^ *[^-\s]/.test(lines[key]!) && column(key) <= column(dash))
        return column(key) === column(dash) ? 'did not find expected key' : NO_ENTRY;
  }
  return NO_ENTRY;
}

/** Cuts a stream into documents as apimachinery's YAMLReader does: at lines that begin with `---`. */
export function splitDocuments(text: string): string[] {
  const documents: string[] = [];
  let current: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('---') && /^---\s*(?:#.*)?$/.test(line)) {
      if (current.length > 0) documents.push(`${current.join('\n')}\n`);
      current = [];
    } else current.push(line);
  }
  if (current.length > 0) documents.push(current.join('\n'));
  return documents;
}

/**
 * The objects of a manifest in order, empty documents left out; an error ends them.
 * @param source the file's name for errors, `STDIN` for standard input.
 */
export function* readManifest(source: string, text: string): Generator<unknown> {
  const trimmed = text.trimStart();
  const name = source === 'STDIN' ? 'STDIN' : source;
  if (trimmed.startsWith('{')) {
    for (const document of jsonDocuments(name, trimmed)) yield document;
    return;
  }
  for (const document of splitDocuments(text)) {
    let value: unknown;
    try {
      value = parseYaml(document);
    } catch (error) {
      if (error instanceof YamlError)
        throw new CommandError(`error parsing ${name}: error converting YAML to JSON: ${error.message}`);
      throw error;
    }
    if (value !== undefined && value !== null) yield value;
  }
}

/** Whole JSON values one after another. */
function* jsonDocuments(source: string, text: string): Generator<unknown> {
  let rest = text.trim();
  while (rest !== '') {
    const end = endOfJson(rest);
    const document = rest.slice(0, end);
    try {
      yield JSON.parse(document);
    } catch {
      const why =
        end === rest.length && !balanced(document) ? 'unexpected EOF' : 'invalid character in JSON text';
      throw new CommandError(`error parsing ${source}: ${why}`);
    }
    rest = rest.slice(end).trim();
  }
}

/** Where the first JSON object of `text` ends (exclusive), or its length. */
function endOfJson(text: string): number {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

const balanced = (text: string) => endOfJson(`${text} `) <= text.length && /[}\]]$/.test(text);
