/**
 * CustomResourceDefinitions and custom resources put to a real API server. A scenario creates its definition
 * (if it has one), waits until it is served, and then takes its steps one after another.
 */
const GROUP = 'slipway.test';
const MERGE = 'application/merge-patch+json';
const APPLY = 'application/apply-patch+yaml';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

const object = (properties, more) => ({
  type: 'object',
  ...(Object.keys(properties).length > 0 && { properties }),
  ...more,
});
const string = (more) => ({ type: 'string', ...more });
const integer = (more) => ({ type: 'integer', ...more });
const array = (items, more) => ({ type: 'array', items, ...more });
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const rule = (text, more) => ({ rule: text, ...more });
const withRules = (schema, ...rules) => ({ ...schema, 'x-kubernetes-validations': rules });

/** A version with `spec` of the given schema. */
const version = (spec, more, root) => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: object({ spec }, root) },
  ...more,
});

/** A definition of `kind`; its plural is the kind with an s. */
const definition = (kind, versions, more = {}, names = {}) => {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { plural, kind, ...names },
      scope: 'Namespaced',
      versions: [versions].flat(),
      ...more,
    },
  };
};

const resource = (kind, v = 'v1') => `/apis/${GROUP}/${v}/namespaces/{namespace}/${kind.toLowerCase()}s`;
const item = (kind, fields, name = 'a', v = 'v1') => ({
  apiVersion: `${GROUP}/${v}`,
  kind,
  metadata: { name },
  ...fields,
});
const create = (title, kind, fields, query = 'dryRun=All', name = 'a') => ({
  title,
  method: 'POST',
  path: `${resource(kind)}?${query}`,
  body: item(kind, fields, name),
});
const patch = (title, kind, body, more = {}) => ({
  title,
  method: 'PATCH',
  path: `${resource(kind)}/a${more.sub ?? ''}?${more.query ?? ''}`,
  type: more.type ?? MERGE,
  body,
});
const get = (title, kind, more = {}) => ({
  title,
  method: 'GET',
  path: `${resource(kind, more.version)}${more.name === '' ? '' : `/${more.name ?? 'a'}`}${more.sub ?? ''}${more.query ? `?${more.query}` : ''}`,
  accept: more.accept,
});

/** A definition that is refused, or accepted with what its status shows. */
const refused = (title, body, query = 'dryRun=All') => ({
  title,
  method: 'POST',
  path: `${DEFINITIONS}?${query}`,
  body,
});
const refusedSchema = (title, spec, root, more) =>
  refused(title, definition('Refused', version(spec, more, root)));
const refusedRoot = (title, openAPIV3Schema, more) =>
  refused(title, definition('Refused', { ...version({}), schema: { openAPIV3Schema }, ...more }));
const refusedSpec = (title, more, names) =>
  refused(title, definition('Refused', version(object({})), more, names));

const definitions = {
  name: 'definitions',
  steps: [
    refused(
      'accepted: with defaults',
      definition('Accepted', version(object({ size: integer({ default: 1 }) }))),
    ),
    refused('name', {
      ...definition('Refused', version(object({}))),
      metadata: { name: 'other.slipway.test' },
    }),
    refusedSpec('group without a dot', { group: 'slipway' }),
    refusedSpec('group is missing', { group: '' }),
    refusedSpec('scope is unknown', { scope: 'Everywhere' }),
    refusedSpec('scope is missing', { scope: '' }),
    refusedSpec('no versions', { versions: [] }),
    refusedSpec('no schema', { versions: [{ name: 'v1', served: true, storage: true }] }),
    refusedSpec('two storage versions', {
      versions: [version(object({})), version(object({ a: string() }), { name: 'v2' })],
    }),
    refusedSpec('no storage version', { versions: [version(object({}), { storage: false })] }),
    refusedSpec('a version twice', {
      versions: [version(object({})), version(object({ a: string() }), { storage: false })],
    }),
    refusedSpec('name of a version', { versions: [version(object({}), { name: '1.0' })] }),
    refusedSpec('names are missing', {}, { plural: '', kind: '' }),
    refusedSpec(
      'names in upper case',
      {},
      { plural: 'Refuseds', singular: 'Refused', shortNames: ['RF'], categories: ['All'] },
    ),
    refusedSpec('kind with a dot', {}, { kind: 'Ref.used' }),
    refusedSpec('list kind is the kind', {}, { listKind: 'Refused' }),
    refusedSpec('preserveUnknownFields', { preserveUnknownFields: true }),
    refusedSpec('versions of another type', { versions: 'v1' }),
    refused(
      'unknown field, strictly',
      definition('Refused', version(object({})), { colour: 'red' }),
      'dryRun=All&fieldValidation=Strict',
    ),
    refused(
      'unknown field, with a warning',
      definition('Refused', version(object({})), { colour: 'red' }),
      'dryRun=All&fieldValidation=Warn',
    ),
    refused('no body', {}),

    refusedSchema('a field without type', object({ a: {} })),
    refusedSchema('a field of unknown type', object({ a: { type: 'text' } })),
    refusedSchema('type null', object({ a: { type: 'null' } })),
    refusedSchema('array without items', object({ a: { type: 'array' } })),
    refusedSchema('items without type', object({ a: array({}) })),
    refusedSchema('items as a list', object({ a: array([string()]) })),
    refusedSchema(
      'properties and additionalProperties',
      object({ a: string() }, { additionalProperties: string() }),
    ),
    refusedSchema('uniqueItems', object({ a: array(string(), { uniqueItems: true }) })),
    refusedSchema('reference', object({ a: { $ref: '#/definitions/a' } })),
    refusedSchema('definitions', object({ a: string() }, { definitions: { a: string() } })),
    refusedSchema('dependencies', object({ a: string() }, { dependencies: { a: ['b'] } })),
    refusedSchema('patternProperties', object({ a: string() }, { patternProperties: { a: string() } })),
    refusedSchema('id', object({ a: string({ id: 'a' }) })),
    refusedSchema('additionalItems', object({ a: array(string(), { additionalItems: string() }) })),
    refusedSchema('pattern', object({ a: string({ pattern: '(' }) })),
    refusedSchema('pattern with look-ahead', object({ a: string({ pattern: '^(?!x).*$' }) })),
    refusedSchema(
      'keywords of structure inside allOf',
      object(
        { a: string() },
        {
          allOf: [
            {
              description: 'd',
              title: 't',
              type: 'object',
              default: {},
              nullable: true,
              properties: { a: { type: 'string' } },
            },
          ],
        },
      ),
    ),
    refusedSchema(
      'inside anyOf what is not outside',
      object({ a: string() }, { anyOf: [{ properties: { b: { minLength: 1 } } }] }),
    ),
    refusedSchema(
      'additionalProperties inside not',
      object({ a: string() }, { not: { additionalProperties: { minLength: 1 } } }),
    ),
    refusedSchema('metadata is more than a name', object({}), {
      properties: { metadata: object({ labels: object({}) }) },
    }),
    refusedRoot(
      'metadata with name and labels',
      object({
        metadata: object({ name: string(), labels: { type: 'object', additionalProperties: string() } }),
      }),
    ),
    refusedRoot(
      'kind and apiVersion of other types',
      object({ kind: integer(), apiVersion: integer(), metadata: string() }),
    ),
    refusedRoot('root without type', { properties: { spec: object({}) } }),
    refusedRoot('root is an array', array(string())),
    refusedRoot('additionalProperties at the root', { type: 'object', additionalProperties: string() }),
    refusedRoot('nullable root', object({ spec: object({}) }, { nullable: true })),
    refusedRoot('root with status: other keywords', object({ spec: object({}) }, { minProperties: 1 }), {
      subresources: { status: {} },
    }),
    refusedRoot('default of metadata', object({ metadata: object({ name: string({ default: 'x' }) }) })),

    refusedSchema(
      'preserve-unknown-fields false',
      object({ a: { type: 'object', 'x-kubernetes-preserve-unknown-fields': false } }),
    ),
    refusedSchema(
      'int-or-string that preserves',
      object({ a: { 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true } }),
    ),
    refusedSchema(
      'int-or-string with a type',
      object({ a: { type: 'string', 'x-kubernetes-int-or-string': true } }),
    ),
    refusedSchema(
      'accepted: int-or-string with anyOf',
      object({ a: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] } }),
    ),
    refusedSchema(
      'embedded resource without type',
      object({ a: { 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true } }),
    ),
    refusedSchema(
      'embedded resource without properties',
      object({ a: { type: 'object', 'x-kubernetes-embedded-resource': true } }),
    ),
    refusedSchema('list type of a string', object({ a: string({ 'x-kubernetes-list-type': 'set' }) })),
    refusedSchema('unknown list type', object({ a: array(string(), { 'x-kubernetes-list-type': 'bag' }) })),
    refusedSchema(
      'map type of an array',
      object({ a: array(string(), { 'x-kubernetes-map-type': 'atomic' }) }),
    ),
    refusedSchema('unknown map type', object({ a: object({}, { 'x-kubernetes-map-type': 'loose' }) })),
    refusedSchema(
      'list map without keys',
      object({ a: array(object({ k: string() }), { 'x-kubernetes-list-type': 'map' }) }),
    ),
    refusedSchema(
      'list map with unknown key',
      object({
        a: array(object({ k: string() }), {
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['z', 'z'],
        }),
      }),
    ),
    refusedSchema(
      'list map with a key that may be absent',
      object({
        a: array(object({ k: string({ nullable: true }) }, { nullable: true }), {
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
        }),
      }),
    ),
    refusedSchema(
      'list map of strings',
      object({
        a: array(string(), { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] }),
      }),
    ),
    refusedSchema(
      'keys of an atomic list',
      object({
        a: array(object({ k: string() }, { required: ['k'] }), {
          'x-kubernetes-list-type': 'atomic',
          'x-kubernetes-list-map-keys': ['k'],
        }),
      }),
    ),
    refusedSchema(
      'keys without a list type',
      object({
        a: array(object({ k: string() }, { required: ['k'] }), { 'x-kubernetes-list-map-keys': ['k'] }),
      }),
    ),
    refusedSchema(
      'set of granular objects',
      object({ a: array(object({ k: string() }), { 'x-kubernetes-list-type': 'set' }) }),
    ),
    refusedSchema(
      'set of sets',
      object({
        a: array(array(string(), { 'x-kubernetes-list-type': 'set' }), { 'x-kubernetes-list-type': 'set' }),
      }),
    ),

    refusedSchema('default of another type', object({ a: integer({ default: 'one' }) })),
    refusedSchema('default beyond its bounds', object({ a: integer({ default: 5, maximum: 3 }) })),
    refusedSchema(
      'default with unknown fields',
      object({ a: object({ b: string() }, { default: { c: 1 } }) }),
    ),
    refusedSchema('default null', object({ a: string({ default: null }) })),
    refusedSchema(
      'default beside required',
      object({ a: object({ b: string() }, { required: ['b'], default: {} }) }),
    ),

    refusedSchema(
      'column: type, path and format',
      object({}),
      {},
      {
        additionalPrinterColumns: [
          { name: 'A', type: 'text', jsonPath: '.a', format: 'x' },
          { name: 'B', type: 'string', jsonPath: 'a' },
          { name: '', type: '', jsonPath: '' },
        ],
      },
    ),
    refusedSchema(
      'scale: paths',
      object({}),
      {},
      {
        subresources: {
          scale: {
            specReplicasPath: '.replicas',
            statusReplicasPath: 'status',
            labelSelectorPath: '.metadata.x',
          },
        },
      },
    ),
    refusedSchema(
      'scale: no paths',
      object({}),
      {},
      { subresources: { scale: { specReplicasPath: '', statusReplicasPath: '' } } },
    ),
    refusedSchema(
      'selectable fields',
      object({ a: string(), b: object({}), c: array(string()) }),
      {},
      {
        selectableFields: [
          { jsonPath: '.spec.a' },
          { jsonPath: '.spec.a' },
          { jsonPath: '.spec.b' },
          { jsonPath: '.spec.z' },
          { jsonPath: '.spec.c[0]' },
          { jsonPath: '' },
          { jsonPath: 'spec' },
        ],
      },
    ),
    refusedSpec('conversion: unknown strategy', { conversion: { strategy: 'Magic' } }),
    refusedSpec('conversion: webhook without a client', { conversion: { strategy: 'Webhook' } }),
    refusedSpec('conversion: none with a client', {
      conversion: {
        strategy: 'None',
        webhook: { conversionReviewVersions: ['v1'], clientConfig: { url: 'https://x' } },
      },
    }),
    refusedSchema('deprecation warning of what is not', object({}), {}, { deprecationWarning: 'old' }),
    refusedSchema('empty deprecation warning', object({}), {}, { deprecated: true, deprecationWarning: '' }),
    refusedSchema(
      'accepted: unknown format',
      object({ a: string({ format: 'colour' }), b: integer({ format: 'int32' }) }),
    ),
    refused('protected group', {
      ...definition('Refused', version(object({})), { group: 'x.k8s.io' }),
      metadata: { name: 'refuseds.x.k8s.io' },
    }),
    refused('protected group, badly approved', {
      ...definition('Refused', version(object({})), { group: 'x.k8s.io' }),
      metadata: { name: 'refuseds.x.k8s.io', annotations: { 'api-approved.kubernetes.io': 'yes' } },
    }),

    refusedSchema('rule: empty', withRules(object({ a: integer() }), rule(' '))),
    refusedSchema('rule: syntax', withRules(object({ a: integer() }), rule('self.a >'))),
    refusedSchema('rule: unknown name', withRules(object({ a: integer() }), rule('me.a > 1'))),
    refusedSchema('rule: unknown field', withRules(object({ a: integer() }), rule('self.b > 1'))),
    refusedSchema('rule: no bool', withRules(object({ a: integer() }), rule('self.a + 1'))),
    refusedSchema(
      'rule: types that do not go together',
      withRules(object({ a: integer() }), rule("self.a == 'x'")),
    ),
    refusedSchema(
      'rule: int and double',
      withRules(object({ a: { type: 'number' } }), rule('self.a + 1 > 2.0')),
    ),
    refusedSchema(
      'rule: unknown function',
      withRules(object({ a: string() }), rule('self.a.shout() == "A"')),
    ),
    refusedSchema(
      'rule: message with a line break',
      withRules(object({ a: integer() }), rule('self.a > 1', { message: 'a\nb' })),
    ),
    refusedSchema(
      'rule: line break without message',
      withRules(object({ a: integer() }), rule('self.a > 1 &&\nself.a < 3')),
    ),
    refusedSchema(
      'rule: message expression of another type',
      withRules(object({ a: integer() }), rule('self.a > 1', { messageExpression: 'self.a' })),
    ),
    refusedSchema(
      'rule: message expression that fails',
      withRules(object({ a: integer() }), rule('self.a > 1', { messageExpression: 'self.b' })),
    ),
    refusedSchema(
      'rule: reason',
      withRules(object({ a: integer() }), rule('self.a > 1', { reason: 'Because' })),
    ),
    refusedSchema(
      'rule: field path',
      withRules(object({ a: integer() }), rule('self.a > 1', { fieldPath: '.b' })),
    ),
    refusedSchema(
      'rule: optionalOldSelf without oldSelf',
      withRules(object({ a: integer() }), rule('self.a > 1', { optionalOldSelf: true })),
    ),
    refusedSchema(
      'rule: oldSelf in an atomic list',
      object({ a: array(withRules(object({ b: integer() }), rule('self.b >= oldSelf.b')), { maxItems: 5 }) }),
    ),
    refusedSchema(
      'rule: costs too much',
      object({ a: array(withRules(string(), rule('self.contains("x") || self.matches("^[a-z]+$")'))) }),
    ),
    refusedSchema(
      'rule: inside allOf',
      object({ a: integer() }, { allOf: [{ 'x-kubernetes-validations': [rule('true')] }] }),
    ),
    refusedSchema(
      'accepted: rules',
      withRules(
        object({
          a: integer(),
          b: string({ maxLength: 10 }),
          c: array(string({ maxLength: 5 }), { maxItems: 3 }),
        }),
        rule('!has(self.c) || self.c.all(x, x.startsWith("a"))'),
        rule('self.a >= oldSelf.a', { message: 'may not shrink' }),
      ),
    ),
  ],
};

const keywords = {
  name: 'keywords',
  definition: definition(
    'Keyword',
    version(
      object({
        string: string({ minLength: 2, maxLength: 4 }),
        letters: string({ pattern: '^[a-z]+$' }),
        choice: string({ enum: ['red', 'green'] }),
        number: { type: 'number', minimum: 1.5, maximum: 3.5, exclusiveMaximum: true },
        integer: integer({ minimum: 1, exclusiveMinimum: true, maximum: 10, multipleOf: 3 }),
        half: { type: 'number', multipleOf: 0.5 },
        bool: { type: 'boolean' },
        list: array(integer({ minimum: 0 }), { minItems: 1, maxItems: 3 }),
        map: { type: 'object', additionalProperties: integer(), minProperties: 1, maxProperties: 2 },
        nested: object({ deep: object({ name: string() }, { required: ['name', 'other'] }) }),
        nothing: string({ nullable: true }),
        never: string({ nullable: false }),
        port: { 'x-kubernetes-int-or-string': true },
        any: open,
        one: integer({ oneOf: [{ minimum: 10 }, { maximum: 5 }] }),
        some: integer({ anyOf: [{ minimum: 10 }, { maximum: 5 }] }),
        all: integer({ allOf: [{ minimum: 2 }, { multipleOf: 2 }] }),
        not: string({ not: { enum: ['x'] } }),
        either: object({ a: string(), b: string() }, { oneOf: [{ required: ['a'] }, { required: ['b'] }] }),
        words: array(string(), { 'x-kubernetes-list-type': 'set' }),
        ports: array(
          object(
            { name: string(), port: integer(), protocol: string({ default: 'TCP' }) },
            { required: ['port'] },
          ),
          { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['port', 'protocol'] },
        ),
        named: array(object({ name: string() }, { required: ['name'] }), {
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
        }),
        limited: integer({ enum: [1, 2] }),
        small: integer({ format: 'int32' }),
        large: integer({ format: 'int64' }),
      }),
    ),
  ),
  steps: [
    create('accepted: everything right', 'Keyword', {
      spec: {
        string: 'abc',
        letters: 'abc',
        choice: 'red',
        number: 2,
        integer: 3,
        half: 1.5,
        bool: true,
        list: [1],
        map: { a: 1 },
        nothing: null,
        port: 'http',
        one: 12,
        some: 1,
        all: 4,
        not: 'y',
        either: { a: 'x' },
        words: ['a'],
        ports: [{ port: 80 }],
        small: 1,
      },
    }),
    create('too short', 'Keyword', { spec: { string: 'a' } }),
    create('too long', 'Keyword', { spec: { string: 'abcde' } }),
    create('code points count', 'Keyword', { spec: { string: '😀😀😀😀' } }),
    create('pattern', 'Keyword', { spec: { letters: 'ABC' } }),
    create('enum', 'Keyword', { spec: { choice: 'blue' } }),
    create('enum of numbers', 'Keyword', { spec: { limited: 3 } }),
    create('minimum', 'Keyword', { spec: { number: 1 } }),
    create('exclusive maximum', 'Keyword', { spec: { number: 3.5 } }),
    create('exclusive minimum and multiple', 'Keyword', { spec: { integer: 1 } }),
    create('maximum and multiple', 'Keyword', { spec: { integer: 11 } }),
    create('multiple of a half', 'Keyword', { spec: { half: 0.7 } }),
    create('string for boolean', 'Keyword', { spec: { bool: 'yes' } }),
    create('fraction for integer', 'Keyword', { spec: { integer: 4.5 } }),
    create('whole float for integer', 'Keyword', { spec: { integer: 6.0 } }),
    create('string for number', 'Keyword', { spec: { number: '2' } }),
    create('number for string', 'Keyword', { spec: { string: 12 } }),
    create('object for list', 'Keyword', { spec: { list: { a: 1 } } }),
    create('list for object', 'Keyword', { spec: { nested: [] } }),
    create('too few items', 'Keyword', { spec: { list: [] } }),
    create('too many items, and one is wrong', 'Keyword', { spec: { list: [1, -2, 3, 'x'] } }),
    create('too few properties', 'Keyword', { spec: { map: {} } }),
    create('too many properties', 'Keyword', { spec: { map: { a: 1, b: 2, c: 'x' } } }),
    create('required, twice', 'Keyword', { spec: { nested: { deep: {} } } }),
    create('null where it may not be is dropped', 'Keyword', {
      spec: { never: null, nothing: null, list: [null] },
    }),
    create('int-or-string of neither', 'Keyword', { spec: { port: true } }),
    create('oneOf: none', 'Keyword', { spec: { one: 7 } }),
    create('anyOf: none', 'Keyword', { spec: { some: 7 } }),
    create('allOf: some', 'Keyword', { spec: { all: 3 } }),
    create('allOf: none', 'Keyword', { spec: { all: 1 } }),
    create('not', 'Keyword', { spec: { not: 'x' } }),
    create('oneOf: both', 'Keyword', { spec: { either: { a: 'x', b: 'y' } } }),
    create('oneOf: neither', 'Keyword', { spec: { either: {} } }),
    create('set with duplicates', 'Keyword', { spec: { words: ['a', 'b', 'a', 'a'] } }),
    create('list map with duplicates', 'Keyword', {
      spec: { ports: [{ port: 80 }, { port: 80, protocol: 'TCP' }] },
    }),
    create('list map with a duplicate key', 'Keyword', { spec: { named: [{ name: 'a' }, { name: 'a' }] } }),
    create('int32 overflow', 'Keyword', { spec: { small: 3000000000 } }),
    create('many problems', 'Keyword', {
      spec: { string: 'a', bool: 1, choice: 'x', list: ['a'], nested: { deep: {} } },
    }),
    create('unknown fields are pruned', 'Keyword', {
      spec: {
        string: 'abc',
        colour: 'red',
        nested: { deep: { name: 'n', other: 1 } },
        any: { kept: { a: 1 } },
      },
      extra: 1,
    }),
    create(
      'unknown fields, strictly',
      'Keyword',
      {
        spec: { string: 'abc', colour: 'red', list: [1], map: { a: 1 }, ports: [{ port: 1, x: 1 }] },
        extra: 1,
      },
      'dryRun=All&fieldValidation=Strict',
    ),
    create(
      'unknown fields, with warnings',
      'Keyword',
      { spec: { string: 'abc', colour: 'red', zzz: 1 }, extra: 1 },
      'dryRun=All&fieldValidation=Warn',
    ),
    create(
      'unknown fields, ignored',
      'Keyword',
      { spec: { string: 'abc', colour: 'red' } },
      'dryRun=All&fieldValidation=Ignore',
    ),
    {
      ...create('unknown metadata, strictly', 'Keyword', {}, 'dryRun=All&fieldValidation=Strict'),
      body: item('Keyword', { metadata: { name: 'a', colour: 'red' } }),
    },
    create('spec of another type', 'Keyword', { spec: 'x' }),
    { ...create('name', 'Keyword', {}), body: item('Keyword', {}, 'A_b') },
    {
      ...create('no name', 'Keyword', {}),
      body: { apiVersion: `${GROUP}/v1`, kind: 'Keyword', metadata: {} },
    },
    {
      ...create('labels and annotations', 'Keyword', {}),
      body: item('Keyword', {
        metadata: { name: 'a', labels: { 'a b': 'c d' }, annotations: { 'x y': '1' } },
      }),
    },
    {
      ...create('labels of another type', 'Keyword', {}),
      body: item('Keyword', { metadata: { name: 'a', labels: { a: 1 } } }),
    },
    { ...create('another kind', 'Keyword', {}), body: { ...item('Keyword', {}), kind: 'Other' } },
    {
      ...create('another version', 'Keyword', {}),
      body: { ...item('Keyword', {}), apiVersion: `${GROUP}/v2` },
    },
    { ...create('no kind', 'Keyword', {}), body: { metadata: { name: 'a' } } },
    {
      ...create('finalizers', 'Keyword', {}),
      body: item('Keyword', { metadata: { name: 'a', finalizers: ['mine'] } }),
    },
  ],
};

const FORMATS = {
  byte: ['YQ==', '???'],
  date: ['2026-01-02', '2026-13-02'],
  'date-time': ['2026-01-02T03:04:05Z', 'yesterday'],
  duration: ['1h30m', 'soon'],
  email: ['a@b.c', 'nobody'],
  hostname: ['a.example.com', '-a-'],
  ipv4: ['10.0.0.1', '10.0.0.256'],
  ipv6: ['::1', '10.0.0.1'],
  cidr: ['10.0.0.0/8', '10.0.0.0/99'],
  mac: ['00:11:22:33:44:55', '00:11'],
  uri: ['https://x.y/z', 'not a uri'],
  uuid: ['12345678-1234-1234-1234-123456789012', '1234'],
  uuid4: ['12345678-1234-4234-8234-123456789012', '12345678-1234-1234-1234-123456789012'],
  isbn10: ['0321751043', '0321751044'],
  isbn13: ['978-0321751041', '978-0321751042'],
  creditcard: ['4111111111111111', '1234'],
  ssn: ['123-45-6789', '12-345-6789'],
  hexcolor: ['#ff00ff', 'purple'],
  rgbcolor: ['rgb(1,2,3)', 'rgb(1,2)'],
  password: ['secret', ''],
  bsonobjectid: ['507f1f77bcf86cd799439011', 'xyz'],
  'k8s-short-name': ['a-b', 'A.b'],
  'k8s-long-name': ['a-b.c', 'A.b'],
  colour: ['anything', 'anything else'],
};
const formats = {
  name: 'formats',
  definition: definition(
    'Format',
    version(object(Object.fromEntries(Object.keys(FORMATS).map((name) => [name, string({ format: name })])))),
  ),
  steps: [
    create('accepted: right ones', 'Format', {
      spec: Object.fromEntries(Object.entries(FORMATS).map(([name, [right]]) => [name, right])),
    }),
    ...Object.entries(FORMATS).map(([name, [, wrong]]) =>
      create(`format ${name}`, 'Format', { spec: { [name]: wrong } }),
    ),
  ],
};

const defaults = {
  name: 'defaults',
  definition: definition(
    'Default',
    version(
      object(
        {
          size: integer({ default: 3 }),
          strategy: object(
            { type: string({ default: 'Rolling' }), more: object({ a: integer({ default: 1 }) }) },
            { default: {} },
          ),
          list: array(object({ port: integer({ default: 80 }), name: string() })),
          map: { type: 'object', additionalProperties: object({ x: string({ default: 'y' }) }) },
          null: string({ default: 'd' }),
          nullable: string({ default: 'd', nullable: true }),
          tags: array(string(), { default: ['a', 'b'] }),
        },
        { default: {} },
      ),
    ),
  ),
  steps: [
    create('all of them', 'Default', {}),
    create('in lists and maps', 'Default', {
      spec: { list: [{}, { name: 'n' }], map: { a: {}, b: { x: 'z' } }, strategy: { more: {} } },
    }),
    create('null is defaulted, unless it may be null', 'Default', { spec: { null: null, nullable: null } }),
    create('what is given stays', 'Default', { spec: { size: 0, tags: [] } }),
    create('stored', 'Default', { spec: { list: [{ name: 'x' }] } }, ''),
    patch('after a merge patch', 'Default', { spec: { size: null, strategy: { type: 'X' } } }),
    get('read', 'Default'),
  ],
};

const rules = {
  name: 'rules',
  definition: definition(
    'Rule',
    version(
      withRules(
        object({
          min: integer(),
          max: integer(),
          name: withRules(
            string({ maxLength: 20 }),
            rule('self == oldSelf', { message: 'name is immutable' }),
          ),
          grow: withRules(integer(), rule('self >= oldSelf')),
          once: withRules(
            string({ maxLength: 20 }),
            rule('!oldSelf.hasValue() || oldSelf.value() == self', {
              optionalOldSelf: true,
              message: 'may be set once',
            }),
          ),
          never: withRules(
            string({ maxLength: 20 }),
            rule('oldSelf.hasValue()', { optionalOldSelf: true, message: 'not at birth' }),
          ),
          items: array(
            withRules(
              object({ key: string({ maxLength: 10 }), value: integer() }, { required: ['key'] }),
              rule('!has(oldSelf.value) || self.value >= oldSelf.value', { message: 'value may not shrink' }),
            ),
            { maxItems: 5, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['key'] },
          ),
          words: withRules(
            array(string({ maxLength: 10 }), { maxItems: 5 }),
            rule('self.all(w, w.startsWith("a"))', { messageExpression: '"bad words, first " + self[0]' }),
          ),
          time: withRules(string({ format: 'date-time' }), rule('self > timestamp("2020-01-01T00:00:00Z")')),
          wait: withRules(
            string({ format: 'duration' }),
            rule('self < duration("1h")', { message: 'too long' }),
          ),
          port: withRules(
            { 'x-kubernetes-int-or-string': true },
            rule('type(self) == int ? self < 65536 : self.matches("^[a-z]+$")', { message: 'bad port' }),
          ),
          labels: withRules(
            { type: 'object', additionalProperties: string({ maxLength: 5 }), maxProperties: 3 },
            rule('self.all(k, k != "x")', { message: 'no x' }),
          ),
          quantity: withRules(
            string({ maxLength: 10 }),
            rule('isQuantity(self) && quantity(self).isLessThan(quantity("1Gi"))', {
              message: 'less than 1Gi',
            }),
          ),
          url: withRules(
            string({ maxLength: 50 }),
            rule('isURL(self) && url(self).getScheme() == "https"', { message: 'https only' }),
          ),
          ip: withRules(
            string({ maxLength: 40 }),
            rule('isIP(self) && ip(self).family() == 4', { message: 'IPv4 only' }),
          ),
          embedded: object(
            { namespace: string({ maxLength: 5 }), 'x-y': string({ maxLength: 5 }) },
            {
              'x-kubernetes-validations': [
                rule('!has(self.__namespace__) || self.x__dash__y != self.__namespace__', {
                  message: 'must differ',
                }),
              ],
            },
          ),
          divide: withRules(integer(), rule('10 / self > 1')),
        }),
        rule('!has(self.min) || !has(self.max) || self.min <= self.max', {
          message: 'min may not exceed max',
          reason: 'FieldValueForbidden',
          fieldPath: '.min',
        }),
        rule('!has(self.max) || self.max < 100'),
        rule('!has(self.min) || self.min != 13', {
          reason: 'FieldValueRequired',
          message: 'no unlucky numbers',
          fieldPath: '.min',
        }),
      ),
      {},
      {
        'x-kubernetes-validations': [
          rule("self.metadata.name != 'forbidden'", {
            message: 'that name is taken',
            reason: 'FieldValueDuplicate',
          }),
        ],
      },
    ),
  ),
  steps: [
    create('accepted: all hold', 'Rule', {
      spec: {
        min: 1,
        max: 2,
        name: 'x',
        words: ['ab'],
        time: '2026-01-01T00:00:00Z',
        wait: '5m',
        port: 80,
        labels: { a: 'b' },
        quantity: '1Mi',
        url: 'https://a.b',
        ip: '1.2.3.4',
      },
    }),
    create('reason and field path', 'Rule', { spec: { min: 3, max: 2 } }),
    create('no message', 'Rule', { spec: { max: 200 } }),
    create('reason required', 'Rule', { spec: { min: 13 } }),
    create('message expression', 'Rule', { spec: { words: ['b', 'a', 'c'] } }),
    create('time', 'Rule', { spec: { time: '2010-01-01T00:00:00Z' } }),
    create('duration', 'Rule', { spec: { wait: '2h' } }),
    create('int or string: int', 'Rule', { spec: { port: 70000 } }),
    create('int or string: string', 'Rule', { spec: { port: 'A' } }),
    create('map', 'Rule', { spec: { labels: { x: 'y' } } }),
    create('quantity', 'Rule', { spec: { quantity: '2Gi' } }),
    create('url', 'Rule', { spec: { url: 'http://a.b' } }),
    create('ip', 'Rule', { spec: { ip: '::1' } }),
    create('reserved names', 'Rule', { spec: { embedded: { namespace: 'a', 'x-y': 'a' } } }),
    create('division by zero', 'Rule', { spec: { divide: 0 } }),
    create('no such key', 'Rule', { spec: { embedded: { namespace: 'a' } } }),
    create('not at birth', 'Rule', { spec: { never: 'x' } }),
    { ...create('rule of the root', 'Rule', {}), body: item('Rule', {}, 'forbidden') },
    create('rules wait until the schema holds', 'Rule', { spec: { min: 'x', max: 200 } }),
    create(
      'stored',
      'Rule',
      { spec: { name: 'x', grow: 3, once: 'x', items: [{ key: 'a', value: 1 }, { key: 'b' }], max: 50 } },
      '',
    ),
    patch('immutable', 'Rule', { spec: { name: 'y' } }, { query: 'dryRun=All' }),
    patch('may grow', 'Rule', { spec: { grow: 4 } }, { query: 'dryRun=All' }),
    patch('may not shrink', 'Rule', { spec: { grow: 2 } }, { query: 'dryRun=All' }),
    patch('is set once', 'Rule', { spec: { once: 'y' } }, { query: 'dryRun=All' }),
    patch(
      'items are matched by key',
      'Rule',
      {
        spec: {
          items: [
            { key: 'b', value: 5 },
            { key: 'a', value: 0 },
          ],
        },
      },
      { query: 'dryRun=All' },
    ),
    patch(
      'new items have no old self',
      'Rule',
      { spec: { items: [{ key: 'c', value: 0 }] } },
      { query: 'dryRun=All' },
    ),
  ],
};

const ratchetedDefinition = (limit) =>
  definition(
    'Ratchet',
    version(
      object({
        name: string(limit ? { maxLength: 3 } : {}),
        count: integer(
          limit
            ? { maximum: 5, 'x-kubernetes-validations': [rule('self < 4', { message: 'less than four' })] }
            : {},
        ),
        list: array(object({ a: integer(limit ? { minimum: 5 } : {}) }), {}),
        other: string(),
        need: object({ a: string(), b: string() }, limit ? { required: ['b'] } : {}),
      }),
    ),
  );
const ratcheting = {
  name: 'ratcheting',
  definition: ratchetedDefinition(false),
  steps: [
    create(
      'stored while it was right',
      'Ratchet',
      { spec: { name: 'long name', count: 9, list: [{ a: 1 }], need: { a: 'x' } } },
      '',
    ),
    {
      title: 'the schema is tightened',
      method: 'PATCH',
      path: `${DEFINITIONS}/ratchets.${GROUP}`,
      type: MERGE,
      body: { spec: { versions: ratchetedDefinition(true).spec.versions } },
      settle: true,
    },
    patch('what did not change is tolerated', 'Ratchet', { spec: { other: 'x' } }),
    patch('what changes is not', 'Ratchet', { spec: { name: 'still long' } }),
    patch('a rule of what changes is not', 'Ratchet', { spec: { count: 8 } }),
    patch('a list that changes', 'Ratchet', { spec: { list: [{ a: 1 }, { a: 2 }] } }),
    patch('required, where something changed', 'Ratchet', { spec: { need: { a: 'y' } } }),
    patch('made good', 'Ratchet', { spec: { name: 'abc', count: 3 } }),
    create(
      'a new object has to be right',
      'Ratchet',
      { spec: { name: 'long name', count: 9 } },
      'dryRun=All',
      'b',
    ),
  ],
};

const status = {
  name: 'status and scale',
  definition: definition(
    'Machine',
    {
      name: 'v1',
      served: true,
      storage: true,
      schema: {
        openAPIV3Schema: object({
          spec: object({ replicas: integer({ default: 1 }), colour: string() }),
          status: object({
            replicas: integer({ minimum: 0 }),
            selector: string(),
            phase: string({ enum: ['Up', 'Down'] }),
          }),
        }),
      },
      subresources: {
        status: {},
        scale: {
          specReplicasPath: '.spec.replicas',
          statusReplicasPath: '.status.replicas',
          labelSelectorPath: '.status.selector',
        },
      },
      additionalPrinterColumns: [
        { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
        { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'How it is' },
        { name: 'Colour', type: 'string', jsonPath: '.spec.colour', priority: 1 },
        { name: 'Born', type: 'date', jsonPath: '.spec.colour' },
        { name: 'Selector', type: 'boolean', jsonPath: '.status.selector' },
      ],
      selectableFields: [{ jsonPath: '.spec.colour' }, { jsonPath: '.spec.replicas' }],
    },
    {},
    { shortNames: ['mach'], categories: ['all', 'machines'] },
  ),
  steps: [
    create(
      'status is dropped at creation',
      'Machine',
      { spec: { colour: 'red' }, status: { phase: 'Up', replicas: 3 } },
      '',
    ),
    patch('status is dropped in an update', 'Machine', { spec: { colour: 'blue' }, status: { phase: 'Up' } }),
    patch(
      'spec is dropped in a status update',
      'Machine',
      { spec: { colour: 'green' }, status: { phase: 'Up', replicas: 2, selector: 'a=b' } },
      { sub: '/status' },
    ),
    patch(
      'status is validated',
      'Machine',
      { status: { phase: 'Sideways', replicas: -1 } },
      { sub: '/status' },
    ),
    patch('metadata does not count as a generation', 'Machine', { metadata: { labels: { a: 'b' } } }),
    get('scale', 'Machine', { sub: '/scale' }),
    patch('scaled', 'Machine', { spec: { replicas: 5 } }, { sub: '/scale' }),
    patch('scaled below zero', 'Machine', { spec: { replicas: -5 } }, { sub: '/scale' }),
    get('after it', 'Machine'),
    {
      title: 'put without a version',
      method: 'PUT',
      path: `${resource('Machine')}/a`,
      body: item('Machine', { spec: {} }),
    },
    get('table', 'Machine', { name: '', accept: TABLE }),
    get('table of one', 'Machine', { accept: TABLE }),
    get('by a selectable field', 'Machine', { name: '', query: 'fieldSelector=spec.colour%3Dblue' }),
    get('by a number', 'Machine', { name: '', query: 'fieldSelector=spec.replicas%3D4' }),
    get('by a field that cannot be selected', 'Machine', { name: '', query: 'fieldSelector=spec.size%3D1' }),
    { title: 'discovery', method: 'GET', path: `/apis/${GROUP}/v1` },
    { title: 'discovery of the group', method: 'GET', path: `/apis/${GROUP}` },
    { title: 'the definition', method: 'GET', path: `${DEFINITIONS}/machines.${GROUP}` },
    {
      title: 'scope may not change',
      method: 'PATCH',
      path: `${DEFINITIONS}/machines.${GROUP}?dryRun=All`,
      type: MERGE,
      body: { spec: { scope: 'Cluster' } },
    },
    {
      title: 'names may not change',
      method: 'PATCH',
      path: `${DEFINITIONS}/machines.${GROUP}?dryRun=All`,
      type: MERGE,
      body: { spec: { names: { plural: 'things', kind: 'Thing' } } },
    },
    {
      title: 'group may not change',
      method: 'PATCH',
      path: `${DEFINITIONS}/machines.${GROUP}?dryRun=All`,
      type: MERGE,
      body: { spec: { group: 'other.test' } },
    },
    {
      title: 'a stored version must stay',
      method: 'PATCH',
      path: `${DEFINITIONS}/machines.${GROUP}?dryRun=All`,
      type: MERGE,
      body: { spec: { versions: [version(object({}), { name: 'v2' })] } },
    },
    {
      title: 'apply without a manager',
      method: 'PATCH',
      path: `${resource('Machine')}/a`,
      type: APPLY,
      body: item('Machine', { spec: { colour: 'x' } }),
    },
    {
      title: 'apply in conflict',
      method: 'PATCH',
      path: `${resource('Machine')}/a?fieldManager=me`,
      type: APPLY,
      body: item('Machine', { spec: { colour: 'x' } }),
    },
    {
      title: 'apply by force',
      method: 'PATCH',
      path: `${resource('Machine')}/a?fieldManager=me&force=true`,
      type: APPLY,
      body: item('Machine', { spec: { colour: 'x' } }),
    },
    {
      title: 'apply what does not fit',
      method: 'PATCH',
      path: `${resource('Machine')}/a?fieldManager=me&force=true`,
      type: APPLY,
      body: item('Machine', { spec: { replicas: 'x' } }),
    },
    {
      title: 'apply an unknown field',
      method: 'PATCH',
      path: `${resource('Machine')}/a?fieldManager=me&force=true`,
      type: APPLY,
      body: item('Machine', { spec: { colour: 'x', sise: 1 } }),
    },
    {
      title: 'strategic merge patch',
      method: 'PATCH',
      path: `${resource('Machine')}/a`,
      type: 'application/strategic-merge-patch+json',
      body: { spec: { colour: 'x' } },
    },
    { title: 'a verb that is not there', method: 'POST', path: `${resource('Machine')}/a/status`, body: {} },
    { title: 'a subresource that is not there', method: 'GET', path: `${resource('Machine')}/a/log` },
  ],
};

const versions = {
  name: 'versions',
  definition: definition('Multi', [
    version(object({ size: integer(), old: string() }), {
      storage: false,
      deprecated: true,
      deprecationWarning: 'slipway.test/v1 Multi is old',
    }),
    version(object({ size: integer({ default: 7 }), extra: string() }), { name: 'v2' }),
    version(object({ size: integer() }), { name: 'v1beta1', storage: false, deprecated: true }),
    version(object({}), { name: 'v1alpha1', served: false, storage: false }),
  ]),
  steps: [
    create('in a version that is not stored', 'Multi', { spec: { old: 'x' } }, ''),
    get('in the stored version', 'Multi', { version: 'v2' }),
    get('in another version', 'Multi', { version: 'v1beta1' }),
    get('in a version that is not served', 'Multi', { version: 'v1alpha1' }),
    {
      title: 'a field of the stored version',
      method: 'PATCH',
      path: `${resource('Multi', 'v2')}/a`,
      type: MERGE,
      body: { spec: { extra: 'e' } },
    },
    get('without what it does not know', 'Multi'),
    { title: 'discovery of the group', method: 'GET', path: `/apis/${GROUP}` },
  ],
};

const conflicts = {
  name: 'conflicts',
  definition: definition('First', version(object({})), {}, { shortNames: ['fi'], singular: 'first' }),
  steps: [
    { title: 'the first', method: 'GET', path: `${DEFINITIONS}/firsts.${GROUP}` },
    {
      ...refused(
        'the second is created',
        definition(
          'Second',
          version(object({})),
          {},
          { shortNames: ['fi', 'se'], singular: 'first', kind: 'First' },
        ),
        '',
      ),
      settle: true,
    },
    { title: 'and not accepted', method: 'GET', path: `${DEFINITIONS}/seconds.${GROUP}` },
    { title: 'nor served', method: 'GET', path: `/apis/${GROUP}/v1/namespaces/{namespace}/seconds` },
    { title: 'the second goes', method: 'DELETE', path: `${DEFINITIONS}/seconds.${GROUP}` },
  ],
};

const embedded = {
  name: 'embedded',
  definition: definition(
    'Holder',
    version(
      object({
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          'x-kubernetes-preserve-unknown-fields': true,
        },
        strict: object({ spec: object({ a: string() }) }, { 'x-kubernetes-embedded-resource': true }),
      }),
    ),
    { scope: 'Cluster' },
  ),
  steps: [
    {
      title: 'accepted',
      method: 'POST',
      path: `/apis/${GROUP}/v1/holders?dryRun=All`,
      body: item('Holder', {
        spec: {
          template: {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: 'x', labels: { a: 'b' } },
            spec: { any: 1 },
          },
        },
      }),
    },
    {
      title: 'without a kind',
      method: 'POST',
      path: `/apis/${GROUP}/v1/holders?dryRun=All`,
      body: item('Holder', { spec: { template: { spec: {} }, strict: { apiVersion: 'a/b/c', kind: '' } } }),
    },
    {
      title: 'with bad metadata',
      method: 'POST',
      path: `/apis/${GROUP}/v1/holders?dryRun=All`,
      body: item('Holder', {
        spec: { template: { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { 'a b': 'c' } } } },
      }),
    },
    {
      title: 'with metadata of another type',
      method: 'POST',
      path: `/apis/${GROUP}/v1/holders?dryRun=All`,
      body: item('Holder', { spec: { template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 1 } } } }),
    },
    {
      title: 'with unknown metadata',
      method: 'POST',
      path: `/apis/${GROUP}/v1/holders?dryRun=All&fieldValidation=Strict`,
      body: item('Holder', {
        spec: {
          strict: { apiVersion: 'v1', kind: 'Pod', metadata: { colour: 'x' }, spec: { a: 'b', c: 'd' } },
        },
      }),
    },
    {
      title: 'in a namespace',
      method: 'POST',
      path: `${resource('Holder')}?dryRun=All`,
      body: item('Holder', {}),
    },
  ],
};

const cleanup = {
  name: 'cleanup',
  definition: definition('Gone', version(object({ a: string() }))),
  steps: [
    {
      ...create('an object that stays', 'Gone', {}, ''),
      body: item('Gone', { metadata: { name: 'a', finalizers: ['slipway.test/keep'] }, spec: {} }),
    },
    create('an object that goes', 'Gone', { spec: {} }, '', 'b'),
    {
      title: 'the definition is deleted',
      method: 'DELETE',
      path: `${DEFINITIONS}/gones.${GROUP}`,
      settle: true,
    },
    { title: 'it waits', method: 'GET', path: `${DEFINITIONS}/gones.${GROUP}` },
    get('its objects are deleted', 'Gone', { name: '' }),
    create('nothing new is created', 'Gone', { spec: {} }, '', 'c'),
    patch('the finalizer goes', 'Gone', { metadata: { finalizers: null } }, {}),
    { title: 'it is gone', method: 'GET', path: `${DEFINITIONS}/gones.${GROUP}`, settle: 'before' },
    get('and its resource', 'Gone', { name: '' }),
  ],
};

export const scenarios = [
  definitions,
  keywords,
  formats,
  defaults,
  rules,
  ratcheting,
  status,
  versions,
  conflicts,
  embedded,
  cleanup,
];
