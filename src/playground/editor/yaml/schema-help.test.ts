import { describe, expect, test } from 'vitest';
import { complete, cursorContext } from './completion.ts';
import { manifestAt, parseManifests, placeAt } from './manifest.ts';
import { schemaProblems } from './schema-problems.ts';
import { schemaAt, typeName, type Definitions } from './schema.ts';

const definitions: Definitions = {
  Deployment: {
    type: 'object',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { allOf: [{ $ref: '#/components/schemas/ObjectMeta' }], description: 'of the Deployment' },
      spec: { $ref: '#/components/schemas/Spec' },
    },
  },
  ObjectMeta: {
    type: 'object',
    description: 'of any object',
    properties: {
      name: { type: 'string' },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
    },
  },
  Spec: {
    type: 'object',
    required: ['selector'],
    properties: {
      replicas: { type: 'integer' },
      paused: { type: 'boolean' },
      selector: { type: 'object' },
      containers: { type: 'array', items: { $ref: '#/components/schemas/Container' } },
    },
  },
  Container: {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string' },
      imagePullPolicy: { type: 'string', enum: ['Always', 'IfNotPresent', 'Never'] },
      port: { 'x-kubernetes-int-or-string': true },
      memory: { oneOf: [{ type: 'string' }, { type: 'number' }] },
      args: { type: 'array', items: { type: 'string' } },
    },
  },
};
const root = definitions['Deployment']!;

describe('problems', () => {
  const cases: { name: string; yaml: string; want: string[] }[] = [
    { name: 'a good one', yaml: 'spec: {selector: {a: b}, replicas: 2}', want: [] },
    {
      name: 'an unknown field, with the near one',
      yaml: 'spec:\n  replica: 2\n  selector: {}\n',
      want: ['replica: unknown field "replica"; did you mean "replicas"?'],
    },
    {
      name: 'a type',
      yaml: 'spec:\n  replicas: two\n  selector: {}\n',
      want: ['two: expected integer, got string ("two")'],
    },
    {
      name: 'a list where a map belongs',
      yaml: 'spec:\n  - a\n',
      want: ['spec: expected object, got list'],
    },
    {
      name: 'an enum, in a list',
      yaml: 'spec:\n  selector: {}\n  containers:\n    - name: web\n      imagePullPolicy: Sometimes\n',
      want: ['Sometimes: unsupported value "Sometimes": expected one of "Always", "IfNotPresent", "Never"'],
    },
    {
      name: 'a required field',
      yaml: 'spec:\n  selector: {}\n  containers:\n    - port: 80\n',
      want: ['port: missing required field "name"'],
    },
    {
      name: 'values of two types, and open maps',
      yaml: 'metadata: {labels: {any: thing}}\nspec:\n  selector: {x: {y: 1}}\n  containers:\n    - {name: a, port: http, memory: 64Mi}\n    - {name: b, port: 80, memory: 1}\n',
      want: [],
    },
    {
      name: 'a label that is a number',
      yaml: 'metadata: {labels: {v: 1}}',
      want: ['1: expected string, got number (1)'],
    },
  ];
  test.each(cases)('$name', ({ yaml, want }) => {
    const manifest = parseManifests(yaml).manifests[0]!;
    const problems = schemaProblems(manifest, root, definitions);
    expect(problems.map((p) => `${yaml.slice(p.start, p.end)}: ${p.message}`)).toEqual(want);
  });
});

describe('completion', () => {
  /** `|` is the cursor. */
  const at = (marked: string) => {
    const offset = marked.indexOf('|');
    const context = cursorContext(marked.replace('|', ''), offset);
    return context && { context, labels: complete(context, root, definitions).map((item) => item.label) };
  };
  const cases: { name: string; yaml: string; want: string[] | undefined }[] = [
    { name: 'top level', yaml: 'kind: Deployment\n|', want: ['apiVersion', 'metadata', 'spec'] },
    {
      name: 'nested, leaves out what is there',
      yaml: 'spec:\n  replicas: 2\n  |',
      want: ['paused', 'selector', 'containers'],
    },
    {
      name: 'half a word between other lines',
      yaml: 'spec:\n  re|\n  selector: {}\n',
      want: ['replicas', 'paused', 'containers'],
    },
    {
      name: 'first field of a list member',
      yaml: 'spec:\n  containers:\n    - |',
      want: ['name', 'imagePullPolicy', 'port', 'memory', 'args'],
    },
    {
      name: 'a later field of the second member',
      yaml: 'spec:\n  containers:\n    - name: a\n    - name: b\n      i|',
      want: ['imagePullPolicy', 'port', 'memory', 'args'],
    },
    {
      name: 'enum',
      yaml: 'spec:\n  containers:\n    - imagePullPolicy: |',
      want: ['Always', 'IfNotPresent', 'Never'],
    },
    { name: 'boolean, half written', yaml: 'spec:\n  paused: t|', want: ['true', 'false'] },
    {
      name: 'the second document',
      yaml: 'kind: A\n---\nspec:\n  |',
      want: ['replicas', 'paused', 'selector', 'containers'],
    },
    { name: 'nothing between documents', yaml: 'kind: A\n--|', want: undefined },
    { name: 'nothing in a comment', yaml: 'spec:\n  # |', want: undefined },
  ];
  test.each(cases)('$name', ({ yaml, want }) => expect(at(yaml)?.labels).toEqual(want));

  test('says which document it is in', () => {
    const { context } = at(
      'apiVersion: v1\nkind: A\n---\napiVersion: apps/v1\nkind: Deployment\nspec:\n  |',
    )!;
    expect([context.manifest.apiVersion, context.manifest.kind]).toEqual(['apps/v1', 'Deployment']);
  });

  test('a map opens a line below its field, a list with a dash', () => {
    const { context } = at('spec:\n  |')!;
    const inserts = Object.fromEntries(complete(context, root, definitions).map((c) => [c.label, c.insert]));
    expect(inserts).toEqual({
      replicas: 'replicas: $0',
      paused: 'paused: $0',
      selector: 'selector:\n    $0',
      containers: 'containers:\n    - $0',
    });
  });
});

describe('places', () => {
  test('the field under the cursor, with the description nearest to it', () => {
    const text = 'kind: Deployment\nmetadata:\n  name: web\n';
    const manifest = parseManifests(text).manifests[0]!;
    const place = placeAt(manifest, text.indexOf('metadata') + 2)!;
    expect(place.path).toEqual(['metadata']);
    expect(place.onKey).toBe(true);
    expect(schemaAt(root, place.path, definitions)?.description).toBe('of the Deployment');
  });

  test('each document has what stands before it', () => {
    const text = 'a: 1\n---\n# about b\nb: 2\n';
    const file = parseManifests(text);
    expect(manifestAt(file, text.indexOf('about'))).toBe(file.manifests[1]);
  });

  test('broken text is reported where it breaks, and the rest is still read', () => {
    const file = parseManifests('kind: Pod\nspec: [\n---\nkind: Service\n');
    expect(file.syntaxProblems.length).toBeGreaterThan(0);
    expect(file.manifests[0]!.kind).toBe('Pod');
  });
});

test.each([
  [{ type: 'array', items: { type: 'string' } }, '[]string'],
  [{ type: 'object', additionalProperties: { type: 'string' } }, 'map[string]string'],
  [{ 'x-kubernetes-int-or-string': true }, 'integer or string'],
])('type name %#', (schema, want) => expect(typeName(schema, {})).toBe(want));
