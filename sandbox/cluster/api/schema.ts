/**
 * The types and resources of the API: what `runtime.Scheme`, the structural schemas and discovery know
 * in a real API server. The built-in ones come from `facts/`; CustomResourceDefinitions add theirs to a
 * registry of their own cluster (`TypeRegistry.extend`), never to the shared one.
 *
 * Types are resolved lazily: a cluster that meets ten kinds pays for ten.
 */
import defaultsJson from './facts/defaults-1.35.json' with { type: 'json' };
import shapesJson from './facts/go-shapes-1.35.json' with { type: 'json' };
import kubernetesJson from './facts/kubernetes-1.35.json' with { type: 'json' };
import type { KubernetesObject } from './object.ts';
import type { GroupVersionResource } from './request.ts';
import type { FieldError } from './validation/field-errors.ts';

export type TypeKind =
  | 'struct'
  | 'map'
  | 'list'
  | 'string'
  | 'bytes'
  | 'int32'
  | 'int64'
  | 'double'
  | 'boolean'
  | 'intOrString'
  | 'quantity'
  | 'time'
  | 'microTime'
  | 'duration'
  /** RawExtension, FieldsV1, JSON: any value, opaque to defaults and merge. */
  | 'any';

/** A type as it is used in one place: named structs are shared, lists and maps belong to their field. */
export interface TypeInfo {
  readonly kind: TypeKind;
  /** OpenAPI name, `io.k8s.api.apps.v1.DeploymentSpec`; undefined for anonymous lists, maps and scalars. */
  readonly name: string | undefined;
  /** As Go's `reflect` prints it in decoding errors: `v1.DeploymentSpec`, `[]v1.Container`, `int32`. */
  readonly goType: string;
  /** Of a struct, by JSON name, in the order of their names. Empty for other kinds. */
  readonly fields: ReadonlyMap<string, FieldInfo>;
  /** Those of `fields` that the server always writes. */
  readonly always: readonly FieldInfo[];
  /** Of a list or map: the type of its values. */
  readonly element: TypeInfo | undefined;
  /** Of a list: how server-side apply merges it. */
  readonly listType: 'atomic' | 'set' | 'map';
  readonly listMapKeys: readonly string[];
  /** Server-side apply replaces the struct or map as a whole. */
  readonly atomic: boolean;
  /** Allowed values, sorted. */
  readonly enum: readonly string[] | undefined;
  /** Unknown fields are kept (CRDs' `x-kubernetes-preserve-unknown-fields`). */
  readonly preserveUnknown: boolean;
  readonly gvk: { group: string; version: string; kind: string } | undefined;
  /** Embedded messages: `[field number, message name]`, whose fields JSON inlines. */
  readonly protoInline: Readonly<Record<string, readonly [number, string]>> | undefined;
}

export interface FieldInfo {
  readonly name: string;
  readonly type: TypeInfo;
  readonly required: boolean;
  /** Schema default (`+default`). */
  readonly default: unknown;
  readonly patchStrategy: readonly ('merge' | 'replace' | 'retainKeys')[];
  readonly patchMergeKey: string | undefined;
  /** Protobuf field number; undefined for fields of an embedded message. */
  readonly proto: number | undefined;
  /** A Go pointer: zero values are kept, absence differs from zero. */
  readonly pointer: boolean;
  /** No `omitempty`, or a struct value: always present in the server's JSON. */
  readonly always: boolean;
}

export interface SubresourceInfo {
  name: string;
  kind: string;
  group: string;
  version: string;
  verbs: string[];
}

/** What is special about custom resources, beside their types. */
export interface CustomResourceInfo {
  listKind: string;
  /** Key space and version of what is stored. */
  storage: { space: string; group: string; version: string };
  /** A stored object in the resource's own version, and an object of that version as it is stored. */
  read(stored: KubernetesObject): KubernetesObject;
  write(object: KubernetesObject): KubernetesObject;
  /** What whoever uses it is warned of. */
  deprecation: string | undefined;
  table: {
    columns: { name: string; type: string; format: string; description: string; priority: number }[];
    cellsOf(object: any, context: { nowMs: number }): (string | number | boolean | null)[];
  };
  /** Fields that selectors may name, beside names and namespaces. */
  selectable: Record<string, (object: any) => string>;
  scale: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string } | undefined;
  /** `openAPIV3Schema` of the version. */
  schema: Record<string, any>;
}

/** Kinds whose objects are not Go structs to a real server: they come with code of their own. */
export interface KindHooks {
  /** Throws `DecodingError`. */
  decode?(
    body: unknown,
    options: { duplicates?: ReadonlySet<string> },
  ): { object: KubernetesObject; strict: string[] };
  withDefaults?(object: KubernetesObject): KubernetesObject;
  /** Every problem. */
  validate?(
    object: KubernetesObject,
    old: KubernetesObject | undefined,
    subresource: string | undefined,
    warn: (text: string) => void,
  ): FieldError[];
}

export interface ResourceInfo extends GroupVersionResource {
  /** Of custom resources. */
  custom?: CustomResourceInfo;
  kind: string;
  singular: string;
  namespaced: boolean;
  verbs: string[];
  shortNames: string[];
  categories: string[];
  subresources: SubresourceInfo[];
}

/** A column of a Table: name, OpenAPI type, format (`name` for the name), priority (1 is wide only). */
export type Column = readonly [name: string, type: string, format: string, priority: number];

interface RawField {
  type?: string;
  format?: string;
  ref?: string;
  items?: RawField;
  values?: RawField;
  enum?: string[];
  default?: unknown;
  listType?: 'atomic' | 'set' | 'map';
  listMapKeys?: string[];
  mapType?: 'atomic' | 'granular';
  patchStrategy?: string;
  patchMergeKey?: string;
  proto?: number;
}

/** A type as the facts write it; CRDs are translated into this. */
export interface RawType extends RawField {
  required?: string[];
  fields?: Record<string, RawField>;
  gvk?: { group: string; version: string; kind: string };
  oneOf?: unknown[];
  protoInline?: Record<string, [number, string]>;
  preserveUnknown?: boolean;
}

interface RawResource {
  name: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  subresources?: { name: string; kind: string; group?: string; version?: string; verbs: string[] }[];
}

export interface KubernetesFacts {
  version: string;
  groups: { group: string; version: string; resources: RawResource[] }[];
  types: Record<string, RawType>;
  protobuf: Record<string, Record<string, [number, string]>>;
}

export interface DefaultsFacts {
  version: string;
  columns: Record<string, Column[]>;
  enums: Record<string, string[]>;
  defaults: Record<string, unknown>;
  clusterRoles: any[];
  clusterRoleBindings: any[];
  roles: any[];
  roleBindings: any[];
  priorityClasses: any[];
}

const facts = kubernetesJson as KubernetesFacts;
/** What a fresh 1.35 API server has: columns, bootstrap RBAC, priority classes. */
export const serverDefaults = defaultsJson as DefaultsFacts;
/** Per type and field: `p` pointer, `r` no omitempty, `v` struct value, then `:` and the named Go type. */
const shapes = (shapesJson as { types: Record<string, Record<string, string>> }).types;

/** `1.35.4`. */
export const KUBERNETES_VERSION = facts.version;
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
/** Kinds of metav1 that every group and version serves. */
const META_KINDS = new Set([
  'DeleteOptions',
  'Status',
  'WatchEvent',
  'APIResourceList',
  'CreateOptions',
  'UpdateOptions',
  'PatchOptions',
]);

const NO_FIELDS: ReadonlyMap<string, FieldInfo> = new Map();
const NO_KEYS: readonly string[] = [];

const WELL_KNOWN: Record<string, [TypeKind, string]> = {
  [META + 'Time']: ['time', 'v1.Time'],
  [META + 'MicroTime']: ['microTime', 'v1.MicroTime'],
  [META + 'Duration']: ['duration', 'v1.Duration'],
  [META + 'FieldsV1']: ['any', 'v1.FieldsV1'],
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': ['intOrString', 'intstr.IntOrString'],
  'io.k8s.apimachinery.pkg.api.resource.Quantity': ['quantity', 'resource.Quantity'],
  'io.k8s.apimachinery.pkg.runtime.RawExtension': ['any', 'runtime.RawExtension'],
};

/** `io.k8s.api.apps.v1.Deployment` → `v1.Deployment`. */
const goName = (name: string) => name.split('.').slice(-2).join('.');

const gvrKey = (group: string, version: string, name: string) => `${group}/${version}/${name}`;

export class TypeRegistry {
  static #builtin: TypeRegistry | undefined;

  /** Kubernetes' own types and resources; shared and never changed. */
  static builtin(): TypeRegistry {
    return (this.#builtin ??= new TypeRegistry(undefined));
  }

  #base: TypeRegistry | undefined;
  #raw = new Map<string, RawType>();
  #types = new Map<string, TypeInfo>();
  #atomicTypes = new Map<string, TypeInfo>();
  #byKind = new Map<string, string>();
  #resources = new Map<string, ResourceInfo>();
  #resourceByKind = new Map<string, ResourceInfo>();
  #columns = new Map<string, readonly Column[]>();
  #all: ResourceInfo[] | undefined;
  #version = 0;
  #hooks = new Map<string, KindHooks>();

  private constructor(base: TypeRegistry | undefined) {
    this.#base = base;
    if (base) return;
    for (const [name, raw] of Object.entries(facts.types)) this.#addRaw(name, raw);
    for (const { group, version, resources } of facts.groups)
      for (const raw of resources) this.#index(resourceFrom(group, version, raw));
    for (const [path, columns] of Object.entries(serverDefaults.columns)) this.#columns.set(path, columns);
  }

  /** A registry that knows what this one knows, and can learn more without this one noticing. */
  extend(): TypeRegistry {
    return new TypeRegistry(this);
  }

  /** Counts changes; what was derived from the registry is stale when it moved. */
  get generation(): number {
    return this.#version + (this.#base?.generation ?? 0);
  }

  #addRaw(name: string, raw: RawType): void {
    this.#raw.set(name, raw);
    if (raw.gvk) this.#byKind.set(gvrKey(raw.gvk.group, raw.gvk.version, raw.gvk.kind), name);
  }

  #index(resource: ResourceInfo): void {
    this.#resources.set(gvrKey(resource.group, resource.version, resource.resource), resource);
    const kind = gvrKey(resource.group, resource.version, resource.kind);
    if (!this.#resourceByKind.has(kind)) this.#resourceByKind.set(kind, resource);
  }

  #changed(): void {
    this.#version++;
    this.#all = undefined;
    this.#types.clear();
    this.#atomicTypes.clear();
  }

  #own(): void {
    if (!this.#base) throw new Error('TypeRegistry.builtin() is shared; extend() it first');
  }

  addType(name: string, type: RawType): void {
    this.#own();
    this.#addRaw(name, type);
    this.#changed();
  }

  addResource(resource: ResourceInfo, columns?: readonly Column[]): void {
    this.#own();
    this.#index(resource);
    if (columns) this.#columns.set(gvrKey(resource.group, resource.version, resource.resource), columns);
    this.#changed();
  }

  /** Forgets a resource that `addResource` added, and its type. */
  removeResource({ group, version, resource }: GroupVersionResource): void {
    this.#own();
    const key = gvrKey(group, version, resource);
    const info = this.#resources.get(key);
    if (!info) return;
    const kind = gvrKey(group, version, info.kind);
    this.#resources.delete(key);
    this.#resourceByKind.delete(kind);
    this.#columns.delete(key);
    const type = this.#byKind.get(kind);
    if (type) this.#raw.delete(type);
    this.#byKind.delete(kind);
    this.#changed();
  }

  /** Code for a kind; undefined takes it away. */
  setHooks(group: string, version: string, kind: string, hooks: KindHooks | undefined): void {
    this.#own();
    if (hooks) this.#hooks.set(gvrKey(group, version, kind), hooks);
    else this.#hooks.delete(gvrKey(group, version, kind));
  }

  hooksOf(group: string, version: string, kind: string): KindHooks | undefined {
    return this.#hooks.size === 0 ? undefined : this.#hooks.get(gvrKey(group, version, kind));
  }

  /** Every resource, the built-in ones first. */
  resources(): readonly ResourceInfo[] {
    return (this.#all ??= [...(this.#base?.resources() ?? []), ...this.#resources.values()]);
  }

  resourceOf(group: string, version: string, resource: string): ResourceInfo | undefined {
    return this.#resourceAt(gvrKey(group, version, resource));
  }

  #resourceAt(key: string): ResourceInfo | undefined {
    return this.#resources.get(key) ?? (this.#base && this.#base.#resourceAt(key));
  }

  resourceForKind(group: string, version: string, kind: string): ResourceInfo | undefined {
    return this.#resourceOfKindAt(gvrKey(group, version, kind));
  }

  #resourceOfKindAt(key: string): ResourceInfo | undefined {
    return this.#resourceByKind.get(key) ?? (this.#base && this.#base.#resourceOfKindAt(key));
  }

  /** Table columns; undefined for a resource without its own. */
  columnsOf({ group, version, resource }: GroupVersionResource): readonly Column[] | undefined {
    return (
      this.#columns.get(gvrKey(group, version, resource)) ??
      this.#base?.columnsOf({ group, version, resource })
    );
  }

  typeForKind(group: string, version: string, kind: string): TypeInfo | undefined {
    const own = this.#typeOfKindAt(gvrKey(group, version, kind));
    if (own) return own;
    return META_KINDS.has(kind) ? this.typeOf(META + kind) : undefined;
  }

  #typeOfKindAt(key: string): TypeInfo | undefined {
    const name = this.#byKind.get(key);
    return name ? this.typeOf(name) : this.#base && this.#base.#typeOfKindAt(key);
  }

  /** The type of an object by its own `apiVersion` and `kind`. */
  typeOfObject(object: { apiVersion?: string; kind?: string }): TypeInfo | undefined {
    const { group, version } = parseApiVersion(object.apiVersion ?? '');
    return this.typeForKind(group, version, object.kind ?? '');
  }

  typeOf(name: string): TypeInfo | undefined {
    const known = this.#types.get(name);
    if (known) return known;
    const raw = this.#raw.get(name);
    if (!raw) return this.#base?.typeOf(name);
    const type = new NamedType(name, raw, this, raw.mapType === 'atomic');
    this.#types.set(name, type);
    return type;
  }

  /** The same struct, used in a field marked `mapType: atomic`. */
  atomicTypeOf(name: string): TypeInfo | undefined {
    const known = this.#atomicTypes.get(name);
    if (known) return known;
    const raw = this.#raw.get(name);
    if (!raw) return this.#base?.atomicTypeOf(name);
    const type = new NamedType(name, raw, this, true);
    this.#atomicTypes.set(name, type);
    return type;
  }

  /** Fields of a protobuf message that has no schema of its own: name → [number, type]. */
  protobufMessage(name: string): Readonly<Record<string, readonly [number, string]>> | undefined {
    return facts.protobuf[name];
  }
}

function resourceFrom(group: string, version: string, raw: RawResource): ResourceInfo {
  return {
    group,
    version,
    resource: raw.name,
    kind: raw.kind,
    singular: raw.singular,
    namespaced: raw.namespaced,
    verbs: raw.verbs,
    shortNames: raw.shortNames ?? [],
    categories: raw.categories ?? [],
    subresources: (raw.subresources ?? []).map((sub) => ({
      name: sub.name,
      kind: sub.kind,
      group: sub.group || group,
      version: sub.version || version,
      verbs: sub.verbs,
    })),
  };
}

class NamedType implements TypeInfo {
  readonly kind: TypeKind;
  readonly name: string;
  readonly goType: string;
  readonly element: TypeInfo | undefined = undefined;
  readonly listType = 'atomic';
  readonly listMapKeys = NO_KEYS;
  readonly atomic: boolean;
  readonly enum = undefined;
  readonly preserveUnknown: boolean;
  readonly gvk: TypeInfo['gvk'];
  readonly protoInline: TypeInfo['protoInline'];
  #raw: RawType;
  #registry: TypeRegistry;
  #fields: ReadonlyMap<string, FieldInfo> | undefined;
  #always: readonly FieldInfo[] | undefined;

  constructor(name: string, raw: RawType, registry: TypeRegistry, atomic: boolean) {
    const wellKnown = WELL_KNOWN[name];
    this.kind = wellKnown?.[0] ?? (raw.fields ? 'struct' : 'any');
    this.name = name;
    this.goType = wellKnown?.[1] ?? goName(name);
    this.atomic = atomic || this.kind === 'any';
    this.preserveUnknown = raw.preserveUnknown ?? false;
    this.gvk = raw.gvk;
    this.protoInline = raw.protoInline;
    this.#raw = raw;
    this.#registry = registry;
  }

  get fields(): ReadonlyMap<string, FieldInfo> {
    return (this.#fields ??= this.#resolve());
  }

  get always(): readonly FieldInfo[] {
    return (this.#always ??= [...this.fields.values()].filter((field) => field.always));
  }

  #resolve(): ReadonlyMap<string, FieldInfo> {
    if (!this.#raw.fields || this.kind !== 'struct') return NO_FIELDS;
    const shape = shapes[this.name];
    const required = new Set(this.#raw.required);
    const fields = new Map<string, FieldInfo>();
    for (const [name, raw] of Object.entries(this.#raw.fields)) {
      const path = `${this.name}.${name}`;
      const [flags = '', goType] = (shape?.[name] ?? '').split(':');
      const patchStrategy = (raw.patchStrategy?.split(',') ?? []) as FieldInfo['patchStrategy'];
      const type = useOf(this.#registry, raw, goType, serverDefaults.enums[path], patchStrategy);
      const isRequired = required.has(name);
      fields.set(name, {
        name,
        type,
        required: isRequired,
        default: raw.default ?? serverDefaults.defaults[path],
        patchStrategy,
        patchMergeKey: raw.patchMergeKey,
        proto: raw.proto,
        // Without a Go shape (CRDs, apiextensions) what was written is kept as it is.
        pointer: shape ? flags.includes('p') : true,
        always: flags.includes('r') || flags.includes('v'),
      });
    }
    return fields;
  }
}

/** The type of a field, list item or map value. */
function useOf(
  registry: TypeRegistry,
  raw: RawField,
  goType: string | undefined,
  values: string[] | undefined,
  patchStrategy: FieldInfo['patchStrategy'],
): TypeInfo {
  if (raw.ref) {
    const type = raw.mapType === 'atomic' ? registry.atomicTypeOf(raw.ref) : registry.typeOf(raw.ref);
    return type ?? anonymous('any', 'interface {}');
  }
  switch (raw.type) {
    case 'array': {
      const element = useOf(registry, raw.items ?? {}, goType, values, []);
      const merges = patchStrategy.includes('merge');
      const listType = raw.listType ?? (merges ? (raw.patchMergeKey ? 'map' : 'set') : 'atomic');
      const keys = raw.listMapKeys ?? (raw.patchMergeKey ? [raw.patchMergeKey] : NO_KEYS);
      return { ...anonymous('list', `[]${element.goType}`), element, listType, listMapKeys: keys };
    }
    case 'object': {
      if (!raw.values && !(raw as RawType).fields) return anonymous('any', 'map[string]interface {}');
      const element = useOf(registry, raw.values!, undefined, undefined, []);
      const named = element.kind === 'quantity' ? 'v1.ResourceList' : `map[string]${element.goType}`;
      return {
        ...anonymous('map', named),
        element,
        atomic: raw.mapType === 'atomic',
      };
    }
    case 'boolean':
      return anonymous('boolean', 'bool');
    case 'integer': {
      const kind = raw.format === 'int32' ? 'int32' : 'int64';
      return anonymous(kind, goType ?? kind);
    }
    case 'number':
      return anonymous('double', 'float64');
    case 'string':
      if (raw.format === 'byte') return anonymous('bytes', '[]uint8');
      return { ...anonymous('string', goType ?? 'string'), enum: values ?? raw.enum };
    default:
      return anonymous('any', 'interface {}');
  }
}

function anonymous(kind: TypeKind, goType: string): TypeInfo {
  return {
    kind,
    name: undefined,
    goType,
    fields: NO_FIELDS,
    always: [],
    element: undefined,
    listType: 'atomic',
    listMapKeys: NO_KEYS,
    atomic: kind === 'any',
    enum: undefined,
    preserveUnknown: kind === 'any',
    gvk: undefined,
    protoInline: undefined,
  };
}

/** `apps/v1` → group and version; `v1` is the core group. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const at = apiVersion.indexOf('/');
  return at < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, at), version: apiVersion.slice(at + 1) };
}

/** The inverse of `parseApiVersion`. */
export function apiVersionOf(group: string, version: string): string {
  return group ? `${group}/${version}` : version;
}
