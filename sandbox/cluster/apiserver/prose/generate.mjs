/**
 * Makes `.slipway/prose.json`: what Kubernetes says about its kinds and their fields, for OpenAPI and
 * `kubectl explain`. The words come from the doc comments of the package kubernetes-models, whose 5.1.0 is made
 * from the OpenAPI of 1.36; texts that 1.35 has otherwise are in `corrections.json`. Plain Node 20, run by
 * `setup.mjs`; nothing is done when the file is there and as new as what it is made from.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..', '..', '..');
const output = join(root, '.slipway', 'prose.json');
const packages = ['kubernetes-models', '@kubernetes-models/apimachinery'].map((name) =>
  join(root, 'node_modules', name),
);
const facts = join(here, '..', '..', 'api', 'facts', 'kubernetes-1.35.json');
const corrections = join(here, 'corrections.json');

/** Writes the file unless it is up to date. */
export function writeProse() {
  const sources = [
    fileURLToPath(import.meta.url),
    facts,
    corrections,
    ...packages.map((each) => join(each, 'package.json')),
  ];
  const newest = Math.max(...sources.map((each) => statSync(each).mtimeMs));
  if (existsSync(output) && statSync(output).mtimeMs >= newest) return;
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, JSON.stringify(prose()));
}

/** By type: what it is, and its fields. */
function prose() {
  const names = Object.keys(JSON.parse(readFileSync(facts, 'utf8')).types);
  const byModel = new Map(names.map((name) => [modelName(name), name]));
  const found = {};
  for (const folder of packages)
    for (const path of declarations(folder)) {
      const source = readFileSync(path, 'utf8');
      const model = /as I(Io\w+)/.exec(source)?.[1];
      const name = model && byModel.get(model);
      if (name) found[name] = described(source, name);
    }
  const corrected = JSON.parse(readFileSync(corrections, 'utf8'));
  for (const [name, fields] of Object.entries(corrected)) {
    const [text, known] = found[name] ?? ['', {}];
    const { '': own = text, ...others } = fields;
    found[name] = [own, { ...known, ...others }];
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `io.k8s.api.core.v1.Container` → `IoK8sApiCoreV1Container`. */
const modelName = (name) =>
  name
    .split(/[.-]/)
    .map((part) => part[0].toUpperCase() + part.slice(1))
    .join('');

function* declarations(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* declarations(path);
    else if (entry.name.endsWith('.d.ts')) yield path;
  }
}

/** Groups whose field descriptions began with a capital before 1.36. */
const CAPITALS = /^io\.k8s\.api\.(admissionregistration|authentication|authorization)\./;

function described(source, name) {
  const start = source.search(/export (declare )?interface /);
  const before = /\/\*\*\n((?: \*[^\n]*\n)*?) \*\/\n$/.exec(source.slice(0, start))?.[1];
  const body = source.slice(start, source.indexOf('\n}', start));
  const fields = {};
  for (const [, comment, field] of body.matchAll(
    /^ {4}\/\*\*\n((?: {5}\*[^\n]*\n)*?) {5}\*\/\n {4}"?([\w$-]+)"?\??:/gm,
  )) {
    const text = textOf(comment);
    const lower = CAPITALS.test(name) && text.startsWith(field);
    fields[field] = lower ? text[0].toUpperCase() + text.slice(1) : text;
  }
  return [before ? textOf(before) : '', fields];
}

/** The text of a comment, without what keeps it from ending it or from being formatted. */
const textOf = (comment) =>
  comment
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^ *\* ?/, ''))
    .join('\n')
    .replace(/\\([*/@_`])/g, '$1')
    .replace(/\n*@deprecated$/, '');
