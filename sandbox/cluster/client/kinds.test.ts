/**
 * Writes and checks `kinds.ts`. `UPDATE=1 npx vitest run --project unit sandbox/cluster/client/kinds`
 * rewrites it after the facts or the table of resources have changed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RESOURCES } from './resources.ts';

interface Field {
  type?: string;
  ref?: string;
  items?: Field;
  values?: Field;
}
interface TypeFacts {
  gvk?: { group: string; version: string; kind: string };
  required?: string[];
  fields?: Record<string, Field>;
}
interface ResourceFacts {
  name: string;
  kind: string;
  namespaced: boolean;
}
const FACTS = new URL('../api/facts/kubernetes-1.35.json', import.meta.url);
const { groups, types } = JSON.parse(readFileSync(FACTS, 'utf8')) as {
  groups: { group: string; version: string; resources: ResourceFacts[] }[];
  types: Record<string, TypeFacts>;
};

/** Types that `api/object.ts` declares or that are plain values on the wire. */
const KNOWN: Record<string, string> = {
  ObjectMeta: 'ObjectMeta',
  Time: 'string',
  MicroTime: 'string',
  Quantity: 'string | number',
  IntOrString: 'number | string',
  FieldsV1: 'Record<string, unknown>',
  RawExtension: 'Record<string, unknown>',
};

const shortName = (ref: string) => ref.slice(ref.lastIndexOf('.') + 1);

function generate(): string {
  const wanted: string[] = [];
  const names = new Map<string, string>();
  /** TypeScript's name of a type: its own, prefixed by its group where two groups share it. */
  const nameOf = (ref: string): string => {
    const short = shortName(ref);
    if (KNOWN[short] && ref.startsWith('io.k8s.apimachinery')) return KNOWN[short];
    let name = names.get(ref);
    if (name === undefined) {
      const taken = new Set(names.values());
      const group = ref.split('.').at(-3)!;
      name = taken.has(short) ? `${group[0]!.toUpperCase()}${group.slice(1)}${short}` : short;
      names.set(ref, name);
      wanted.push(ref);
    }
    return name;
  };
  const typeOf = (field: Field): string => {
    if (field.ref) return nameOf(field.ref);
    if (field.type === 'array') {
      const items = typeOf(field.items ?? {});
      return items.includes(' ') ? `(${items})[]` : `${items}[]`;
    }
    if (field.type === 'object') return `Record<string, ${field.values ? typeOf(field.values) : 'unknown'}>`;
    if (field.type === 'integer') return 'number';
    return field.type ?? 'unknown';
  };

  for (const { group, version, kind } of Object.values(RESOURCES)) {
    const found = Object.entries(types).find(
      ([, { gvk }]) => gvk?.group === group && gvk.version === version && gvk.kind === kind,
    );
    if (!found) throw new Error(`the facts have no type for ${group}/${version} ${kind}`);
    nameOf(found[0]);
  }
  const out = [
    '/**',
    ' * The kinds that components of the cluster work with, as objects of the API. Generated from',
    ' * `api/facts/kubernetes-1.35.json` by `kinds.test.ts`, which also checks that it is up to date.',
    ' * `spec` of a kind is declared as present: an object without one does not pass the API.',
    ' */',
    "import type { KubernetesObject, ObjectMeta } from '../api/object.ts';",
  ];
  for (let ref; (ref = wanted.shift());) {
    const { fields = {}, required = [], gvk } = types[ref]!;
    const name = names.get(ref)!;
    const isObject = gvk && fields.metadata?.ref?.endsWith('.ObjectMeta');
    out.push('', `export interface ${name}${isObject ? ' extends KubernetesObject' : ''} {`);
    for (const [key, field] of Object.entries(fields)) {
      if (isObject && (key === 'apiVersion' || key === 'kind')) continue;
      const must = required.includes(key) || (isObject && (key === 'spec' || key === 'metadata'));
      const quoted = /^[A-Za-z_]\w*$/.test(key) ? key : `'${key}'`;
      out.push(`  ${quoted}${must ? '' : '?'}: ${typeOf(field)};`);
    }
    out.push('}');
  }
  return out.join('\n') + '\n';
}

const path = new URL('./kinds.ts', import.meta.url);

test('kinds.ts is what the facts say', () => {
  const source = generate();
  if (process.env.UPDATE) writeFileSync(path, source);
  expect(readFileSync(path, 'utf8')).toBe(source);
});

test.each(Object.entries(RESOURCES))('%s is a resource of the facts', (_name, type) => {
  const group = groups.find((g) => g.group === type.group && g.version === type.version);
  const resource = group?.resources.find((r) => r.name === type.resource);
  expect(resource).toMatchObject({ kind: type.kind, namespaced: type.namespaced });
});
