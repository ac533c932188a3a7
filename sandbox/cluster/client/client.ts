/**
 * A typed client of the API for one identity: what client-go's clientsets are to Kubernetes' components.
 * Everything it returns is immutable and shared with whoever else reads it: copy before changing.
 */
import type { Disposable } from '../../core/disposable.ts';
import type { KubernetesObject, ObjectList } from '../api/object.ts';
import type {
  ApiRequest,
  ApiTransport,
  PatchType,
  RequestOptions,
  UserInfo,
  Verb,
  WatchEvent,
} from '../api/request.ts';
import { apiVersionOf, type ResourceType } from './resources.ts';

/** Names an object of a resource. Any object's `metadata` is one. */
export interface ObjectName {
  name?: string;
  namespace?: string;
}

/** What a list or watch covers: all namespaces unless one is given. */
export interface Scope extends RequestOptions {
  namespace?: string;
}

/** Options of a single write; `subresource` such as `status`, `scale`, `binding`. */
export interface WriteOptions extends RequestOptions {
  subresource?: string;
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
}

/** A JSON patch operation (RFC 6902). */
export interface JsonPatchOperation {
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  path: string;
  from?: string;
  value?: unknown;
}

/** The body that goes with each kind of patch. */
export interface PatchBodies {
  'application/json-patch+json': JsonPatchOperation[];
  'application/merge-patch+json': Record<string, unknown>;
  'application/strategic-merge-patch+json': Record<string, unknown>;
  'application/apply-patch+yaml': Record<string, unknown>;
}

export interface ClientOptions {
  user: UserInfo;
  /** Its part before the first `/` is the field manager of writes that name none. */
  userAgent?: string;
  onWarning?: (text: string) => void;
}

export class Client {
  readonly #transport: ApiTransport;
  readonly #options: ClientOptions;

  constructor(transport: ApiTransport, options: ClientOptions) {
    this.#transport = transport;
    this.#options = options;
  }

  /** The same API as somebody else. */
  as(options: ClientOptions): Client {
    return new Client(this.#transport, options);
  }

  get<T extends KubernetesObject>(
    type: ResourceType<T>,
    name: ObjectName,
    options: WriteOptions = {},
  ): Promise<T> {
    return this.#one('get', type, name, undefined, options);
  }

  list<T extends KubernetesObject>(type: ResourceType<T>, scope: Scope = {}): Promise<ObjectList<T>> {
    return this.#transport.request(this.#collection('list', type, scope)) as Promise<ObjectList<T>>;
  }

  /** Creates `object`, which the API takes over: do not change it afterwards. */
  create<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    options: RequestOptions = {},
  ): Promise<T> {
    const request = this.#request('create', type, options);
    request.namespace = object.metadata.namespace;
    request.body = typed(type, object);
    return this.#transport.request(request) as Promise<T>;
  }

  /** Posts to a subresource of an object, such as a Binding or an Eviction. Answers what the API answers. */
  createSubresource(
    type: ResourceType,
    name: ObjectName,
    subresource: string,
    body: KubernetesObject,
    options: RequestOptions = {},
  ): Promise<KubernetesObject> {
    return this.#one('create', type, name, body, { ...options, subresource });
  }

  update<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    return this.#one('update', type, object.metadata, typed(type, object), options);
  }

  updateStatus<T extends KubernetesObject>(type: ResourceType<T>, object: T): Promise<T> {
    return this.update(type, object, { subresource: 'status' });
  }

  patch<T extends KubernetesObject, P extends PatchType>(
    type: ResourceType<T>,
    name: ObjectName,
    patchType: P,
    body: PatchBodies[P],
    options: WriteOptions = {},
  ): Promise<T> {
    return this.#one('patch', type, name, body, options, patchType);
  }

  /** Server-side apply. */
  apply<T extends KubernetesObject>(type: ResourceType<T>, object: T, options: ApplyOptions): Promise<T> {
    return this.#one(
      'patch',
      type,
      object.metadata,
      typed(type, object),
      options,
      'application/apply-patch+yaml',
    );
  }

  /** Deletes an object. Answers the object while it is still there (finalizers, grace), else a Status. */
  delete(type: ResourceType, name: ObjectName, options: RequestOptions = {}): Promise<KubernetesObject> {
    return this.#one('delete', type, name, undefined, options);
  }

  deleteCollection(type: ResourceType, scope: Scope): Promise<KubernetesObject | ObjectList> {
    return this.#transport.request(this.#collection('deletecollection', type, scope));
  }

  /** See `ApiTransport.watch`. */
  watch<T extends KubernetesObject>(
    type: ResourceType<T>,
    scope: Scope,
    onEvents: (events: WatchEvent<T>[]) => void,
    onEnd: (error?: Error) => void,
  ): Disposable {
    const request = this.#collection('watch', type, scope);
    return this.#transport.watch(request, onEvents as (events: WatchEvent[]) => void, onEnd);
  }

  #one<T>(
    verb: Verb,
    type: ResourceType,
    { name, namespace }: ObjectName,
    body: unknown,
    { subresource, ...options }: WriteOptions,
    patchType?: PatchType,
  ): Promise<T> {
    const request = this.#request(verb, type, options);
    request.name = name;
    request.namespace = namespace;
    if (subresource) request.subresource = subresource;
    if (body !== undefined) request.body = body;
    if (patchType) request.patchType = patchType;
    return this.#transport.request(request) as Promise<T>;
  }

  #collection(verb: Verb, type: ResourceType, { namespace, ...options }: Scope): ApiRequest {
    const request = this.#request(verb, type, options);
    request.namespace = namespace;
    return request;
  }

  #request(verb: Verb, type: ResourceType, options: RequestOptions): ApiRequest {
    return {
      verb,
      group: type.group,
      version: type.version,
      resource: type.resource,
      options,
      user: this.#options.user,
      userAgent: this.#options.userAgent,
      onWarning: this.#options.onWarning,
    };
  }
}

/** The object with `apiVersion` and `kind`, which items of lists and objects built in code may lack. */
function typed<T extends KubernetesObject>(type: ResourceType, object: T): T {
  if (object.apiVersion && object.kind) return object;
  return { apiVersion: apiVersionOf(type), kind: type.kind, ...object };
}
