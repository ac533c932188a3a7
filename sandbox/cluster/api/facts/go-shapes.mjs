/**
 * Makes `go-shapes-1.35.json` from the Go modules k8s.io/api and k8s.io/apimachinery of the release:
 * `node go-shapes.mjs API_DIR APIMACHINERY_DIR`. The schemas do not say which fields are pointers, which
 * are written even when empty and how their types are called, and what a server makes of an object and
 * how it words a decoding error depends on it.
 *
 * For each type the fields that are not plain: `p` a pointer, `v` a struct by value, `z` one with omitzero,
 * `r` without omitempty; then `:` and the Go type's name where it has one of its own.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const [api, apimachinery] = process.argv.slice(2);
const factsUrl = new URL('kubernetes-1.35.json', import.meta.url);
const { types, version } = JSON.parse(readFileSync(factsUrl, 'utf8'));
const meta = `${apimachinery}/pkg/apis/meta/v1`;
const IMPORTED = { v1: `${api}/core/v1`, metav1: meta };

function sourceOf(name) {
  const inApi = /^io\.k8s\.api\.(\w+)\.(\w+)\.(\w+)$/.exec(name);
  if (inApi) return [`${api}/${inApi[1]}/${inApi[2]}`, inApi[3]];
  const inMeta = /^io\.k8s\.apimachinery\.pkg\.apis\.meta\.v1\.(\w+)$/.exec(name);
  return inMeta ? [meta, inMeta[1]] : [];
}

const packages = new Map();

/** Struct name → lines of `[Go name, Go type, JSON tag]`. */
function structsOf(directory) {
  const known = packages.get(directory);
  if (known) return known;
  const structs = new Map();
  for (const file of readdirSync(directory)) {
    if (!file.endsWith('.go') || /_test\.go$|generated|^zz_/.test(file)) continue;
    const source = readFileSync(`${directory}/${file}`, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    for (const [, name, body] of source.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
      const fields = [];
      for (const line of body.replace(/\/\/[^\n]*/g, '').split('\n')) {
        const match = /^(?:(\w+)\s+)?([*[\]\w.]+)(?:\s+`(.*)`)?$/.exec(line.trim());
        if (match) fields.push([match[1], match[2], /json:"([^"]*)"/.exec(match[3] ?? '')?.[1]]);
      }
      structs.set(name, fields);
    }
  }
  packages.set(directory, structs);
  return structs;
}

function fieldsOf(directory, name) {
  return (structsOf(directory).get(name) ?? []).flatMap((field) => {
    const [goName, goType, tag] = field;
    const embedded = tag === undefined ? goName === undefined : tag.split(',').includes('inline');
    if (!embedded) return tag ? [field] : [];
    const [first, second] = goType.replace(/^\*/, '').split('.');
    if ((second ?? first) === 'TypeMeta') return [];
    return second ? fieldsOf(IMPORTED[first], second) : fieldsOf(directory, first);
  });
}

function shapeOf(field, goType, options, version) {
  const pointer = goType.startsWith('*');
  const base = goType.replace(/^\*/, '');
  const always = !options.includes('omitempty');
  let flags = '';
  if (/^(\[\]|map)|ResourceList$/.test(base)) flags += (pointer ? 'p' : '') + (always ? 'r' : '');
  else if (types[field.ref]?.fields) flags += pointer ? '' : options.includes('omitzero') ? 'z' : 'v';
  else {
    flags += pointer ? 'p' : field.ref ? (options.includes('omitzero') ? 'z' : 'v') : '';
    if (always && !pointer) flags += 'r';
  }
  const scalar = field.type === 'array' ? base.slice(2) : base;
  const plain = ['string', 'int', 'int32', 'int64', 'byte'].includes(scalar);
  let named = '';
  if (field.type === 'integer') named = base === field.format ? '' : base;
  else if (
    (field.type === 'string' && field.format !== 'byte') ||
    (field.type === 'array' && !field.items.ref)
  )
    named = plain
      ? ''
      : scalar.includes('.')
        ? scalar.replace(/^(meta|api|core)v1\./, 'v1.')
        : `${version}.${scalar}`;
  return flags + (named ? `:${named}` : '');
}

const shapes = {};
for (const [name, type] of Object.entries(types)) {
  const [directory, struct] = sourceOf(name);
  if (!type.fields || !directory || !existsSync(directory)) continue;
  const shape = {};
  for (const [, goType, tag] of fieldsOf(directory, struct)) {
    const [json, ...options] = tag.split(',');
    const code =
      type.fields[json] && shapeOf(type.fields[json], goType, options, directory.split('/').at(-1));
    if (code) shape[json] = code;
  }
  shapes[name] = Object.fromEntries(Object.entries(shape).sort(([a], [b]) => (a < b ? -1 : 1)));
}
const out = {
  types: Object.fromEntries(Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1))),
  version,
};
writeFileSync(new URL('go-shapes-1.35.json', import.meta.url), JSON.stringify(out));
