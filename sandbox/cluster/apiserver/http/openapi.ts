/**
 * OpenAPI v3, one document a group and version, generated from the schema facts and from the schemas of
 * custom resources: what kubectl validates, merges and explains with.
 *
 * Left out: descriptions of operations and of their parameters.
 */
import type { FieldInfo, ResourceInfo, TypeInfo, TypeRegistry } from '../../api/schema.ts';
import { objectFieldText, type Describe } from '../prose/prose.ts';

type Json = Record<string, any>;

/** `/openapi/v3`: where the documents are. `hashOf` changes when a document does. */
export function openApiIndex(types: TypeRegistry, hashOf: (path: string) => string): object {
  const paths: Json = {};
  for (const path of documentPaths(types))
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(path)}` };
  return { paths };
}

/** `api/v1`, `apis/apps/v1`, … */
export function documentPaths(types: TypeRegistry): string[] {
  const paths = types.resources().map(({ group, version }) => documentPath(group, version));
  return [...new Set(paths)].sort();
}

const documentPath = (group: string, version: string) =>
  group ? `apis/${group}/${version}` : `api/${version}`;

/** The document at `path` of the index; undefined where there is none. */
export function openApiDocument(
  types: TypeRegistry,
  path: string,
  version: string,
  describe: Describe,
): object | undefined {
  const resources = types
    .resources()
    .filter((resource) => documentPath(resource.group, resource.version) === path);
  if (resources.length === 0) return undefined;
  const schemas = new Schemas(types, describe);
  const paths: Json = {};
  for (const resource of resources) addPaths(paths, resource, `/${path}`, schemas);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version },
    paths,
    components: {
      schemas: schemas.collected(),
      securitySchemes: {
        BearerToken: {
          type: 'apiKey',
          description: 'Bearer Token authentication',
          name: 'authorization',
          in: 'header',
        },
      },
    },
  };
}

const PATCHES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];
const REF = '#/components/schemas/';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

const query = (name: string, type = 'string') => ({
  name,
  in: 'query',
  schema: { type, uniqueItems: true },
});
const WRITE = [query('dryRun'), query('fieldManager'), query('fieldValidation')];
const READ = [
  query('allowWatchBookmarks', 'boolean'),
  query('continue'),
  query('fieldSelector'),
  query('labelSelector'),
  query('limit', 'integer'),
  query('resourceVersion'),
  query('resourceVersionMatch'),
  query('sendInitialEvents', 'boolean'),
  query('timeoutSeconds', 'integer'),
  query('watch', 'boolean'),
];
const DELETE = [
  query('dryRun'),
  query('gracePeriodSeconds', 'integer'),
  query('orphanDependents', 'boolean'),
  query('propagationPolicy'),
];

function addPaths(paths: Json, resource: ResourceInfo, base: string, schemas: Schemas): void {
  const { group, version, kind, verbs } = resource;
  const gvk = { group, version, kind };
  const type = schemas.nameOf(group, version, kind, resource);
  const listType = schemas.nameOf(group, version, resource.custom?.listKind ?? `${kind}List`, resource);
  const scope = resource.namespaced ? `${base}/namespaces/{namespace}` : base;
  const operation = (action: string, parameters: object[], answer: string | undefined, body?: string) => ({
    ...(body && { requestBody: { content: content(body, action === 'patch' ? PATCHES : ['*/*']) } }),
    parameters,
    responses: {
      200: { description: 'OK', ...(answer && { content: content(answer, ['application/json']) }) },
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  });
  const pathParameter = (name: string) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', uniqueItems: true },
  });
  const namespace = resource.namespaced ? [pathParameter('namespace')] : [];

  const collection: Json = { parameters: namespace };
  if (verbs.includes('list')) collection.get = operation('list', READ, listType ?? type);
  if (verbs.includes('create')) collection.post = operation('post', WRITE, type, type);
  if (verbs.includes('deletecollection'))
    collection.delete = operation('deletecollection', DELETE, `${META}Status`);
  if (resource.namespaced && verbs.includes('list'))
    paths[`${base}/${resource.resource}`] = { get: operation('list', READ, listType ?? type) };
  paths[`${scope}/${resource.resource}`] = collection;

  const item: Json = { parameters: [...namespace, pathParameter('name')] };
  if (verbs.includes('get')) item.get = operation('get', [], type);
  if (verbs.includes('update')) item.put = operation('put', WRITE, type, type);
  if (verbs.includes('patch'))
    item.patch = operation('patch', [...WRITE, query('force', 'boolean')], type, `${META}Patch`);
  if (verbs.includes('delete')) item.delete = operation('delete', DELETE, `${META}Status`);
  if (Object.keys(item).length > 1) paths[`${scope}/${resource.resource}/{name}`] = item;
  for (const view of resource.subresources) {
    const viewType = schemas.nameOf(view.group, view.version, view.kind, resource);
    const own: Json = { parameters: [...namespace, pathParameter('name')] };
    const viewed = (action: string, parameters: object[], body?: string) => ({
      ...operation(action, parameters, viewType, body),
      'x-kubernetes-group-version-kind': { group: view.group, version: view.version, kind: view.kind },
    });
    if (view.verbs.includes('get')) own.get = viewed('get', []);
    if (view.verbs.includes('update')) own.put = viewed('put', WRITE, viewType);
    if (view.verbs.includes('patch'))
      own.patch = viewed('patch', [...WRITE, query('force', 'boolean')], `${META}Patch`);
    if (view.verbs.includes('create')) own.post = viewed('post', WRITE, viewType);
    if (Object.keys(own).length > 1) paths[`${scope}/${resource.resource}/{name}/${view.name}`] = own;
  }
}

function content(type: string, mediaTypes: string[]): Json {
  return Object.fromEntries(mediaTypes.map((each) => [each, { schema: { $ref: REF + type } }]));
}

/** Collects the schemas that the paths of a document reach. */
class Schemas {
  readonly #types: TypeRegistry;
  readonly #describe: Describe;
  readonly #wanted = new Set<string>();
  /** Schemas of custom resources, which are no Go types. */
  readonly #custom = new Map<string, Json>();

  constructor(types: TypeRegistry, describe: Describe) {
    this.#types = types;
    this.#describe = describe;
    for (const name of ['Status', 'DeleteOptions', 'Patch']) this.#wanted.add(META + name);
  }

  /** The schema of a kind of `resource`, which becomes part of the document. */
  nameOf(group: string, version: string, kind: string, resource: ResourceInfo): string | undefined {
    const { custom } = resource;
    if (custom && group === resource.group) return this.#customName(version, kind, resource);
    const name = this.#types.typeForKind(group, version, kind)?.name;
    if (name) this.#wanted.add(name);
    return name;
  }

  #customName(version: string, kind: string, { group, custom, kind: own }: ResourceInfo): string {
    const nameOf = (of: string) => `${group.split('.').reverse().join('.')}.${version}.${of}`;
    const name = nameOf(kind);
    if (this.#custom.has(name)) return name;
    const isList = kind === custom!.listKind;
    const meta = META + (isList ? 'ListMeta' : 'ObjectMeta');
    this.#wanted.add(meta);
    const text = (field: string) => ({ description: objectFieldText(field)!, type: 'string' });
    const gvk = { 'x-kubernetes-group-version-kind': [{ group, kind, version }] };
    const whole = {
      apiVersion: text('apiVersion'),
      kind: text('kind'),
      metadata: {
        description: `Standard ${isList ? 'list' : "object's"} metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#${isList ? 'types-kinds' : 'metadata'}`,
        allOf: [{ $ref: REF + meta }],
      },
    };
    if (isList) {
      const items = {
        description: `List of ${own.toLowerCase()}s. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
        type: 'array',
        items: { allOf: [{ $ref: REF + nameOf(own) }] },
      };
      const description = `${own}List is a list of ${own}`;
      this.#custom.set(name, {
        description,
        type: 'object',
        required: ['items'],
        properties: { ...whole, items },
        ...gvk,
      });
    } else {
      const schema = published(custom!.schema);
      this.#custom.set(name, { ...schema, properties: { ...schema.properties, ...whole }, ...gvk });
    }
    return name;
  }

  collected(): Json {
    const out: Json = Object.fromEntries(this.#custom);
    // A Set iterates over what is added while it does.
    for (const name of this.#wanted) {
      const type = this.#types.typeOf(name);
      out[name] = type ? this.#definition(type) : { type: 'object' };
    }
    return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #definition(type: TypeInfo): Json {
    const description = this.#describe(type.name!);
    const schema: Json = { ...(description && { description }), ...shapeOf(type) };
    if (type.kind !== 'struct') return schema;
    schema.type = 'object';
    const required: string[] = [];
    const properties: Json = {};
    for (const field of type.fields.values()) {
      properties[field.name] = this.#property(type, field);
      if (field.required) required.push(field.name);
    }
    if (required.length > 0) schema.required = required;
    schema.properties = properties;
    if (type.preserveUnknown) schema['x-kubernetes-preserve-unknown-fields'] = true;
    if (type.gvk) {
      const { group, version, kind } = type.gvk;
      schema['x-kubernetes-group-version-kind'] = [{ group, kind, version }];
    }
    return schema;
  }

  #property(owner: TypeInfo, field: FieldInfo): Json {
    const { type, patchMergeKey, patchStrategy } = field;
    const description = this.#describe(owner.name!, field.name);
    const schema: Json = { ...(description && { description }), ...this.#use(type) };
    if (field.default !== undefined) schema.default = field.default;
    if (type.kind === 'list' && type.listType !== 'atomic') {
      schema['x-kubernetes-list-type'] = type.listType;
      if (type.listMapKeys.length > 0) schema['x-kubernetes-list-map-keys'] = type.listMapKeys;
    }
    if (patchMergeKey) schema['x-kubernetes-patch-merge-key'] = patchMergeKey;
    if (patchStrategy.length > 0) schema['x-kubernetes-patch-strategy'] = patchStrategy.join(',');
    return schema;
  }

  #use(type: TypeInfo): Json {
    if (type.name) {
      this.#wanted.add(type.name);
      return { allOf: [{ $ref: REF + type.name }] };
    }
    if (type.kind === 'list') return { type: 'array', items: this.#use(type.element!) };
    if (type.kind === 'map') return { type: 'object', additionalProperties: this.#use(type.element!) };
    return { ...shapeOf(type), ...(type.enum && { enum: type.enum }) };
  }
}

/** A custom resource's schema as it is published: what is either number or text says so in its own words. */
function published(schema: Json): Json {
  const out: Json = { ...schema };
  if (schema['x-kubernetes-int-or-string'] && !schema.anyOf && !schema.allOf)
    out.anyOf = [{ type: 'integer' }, { type: 'string' }];
  if (schema.items) out.items = published(schema.items);
  if (typeof schema.additionalProperties === 'object')
    out.additionalProperties = published(schema.additionalProperties);
  if (schema.properties)
    out.properties = Object.fromEntries(
      Object.entries<Json>(schema.properties).map(([name, field]) => [name, published(field)]),
    );
  return out;
}

/** JSON's view of a type without fields. */
function shapeOf({ kind }: TypeInfo): Json {
  switch (kind) {
    case 'string':
      return { type: 'string' };
    case 'bytes':
      return { type: 'string', format: 'byte' };
    case 'int32':
    case 'int64':
      return { type: 'integer', format: kind };
    case 'double':
      return { type: 'number', format: 'double' };
    case 'boolean':
      return { type: 'boolean' };
    case 'intOrString':
      return { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] };
    case 'quantity':
      return { oneOf: [{ type: 'string' }, { type: 'number' }] };
    case 'time':
    case 'microTime':
      return { type: 'string', format: 'date-time' };
    case 'duration':
      return { type: 'string' };
    default:
      return { type: 'object' };
  }
}
