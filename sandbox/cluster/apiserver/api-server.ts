/**
 * The embedded kube-apiserver, version 1.35: what stands between a request and the store. Controllers in
 * the same process use it as an `ApiTransport`; `origin()` is the same API over HTTP messages, for the
 * page, the shell's kubectl and, behind a socket, the real one.
 *
 * Left out: API priority and fairness (nobody competes), etcd's own limits.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { toDisposable, type Disposable } from '../../core/disposable.ts';
import type { Random } from '../../core/random.ts';
import type { FieldSet } from '../api/field-set.ts';
import { applyDefaults } from '../api/defaults.ts';
import type { KubernetesObject, ObjectList } from '../api/object.ts';
import type { ApiRequest, ApiTransport, RequestOptions, UserInfo, Verb, WatchEvent } from '../api/request.ts';
import { apiVersionOf, TypeRegistry, type ResourceInfo } from '../api/schema.ts';
import { notFound, StatusError } from '../api/status.ts';
import { mutate, validate } from './admission/admission.ts';
import { Pending, RequestNotes } from './admission/pending.ts';
import type { AggregatedApi } from './aggregated-api.ts';
import { AuditLog, type AuditOptions } from './audit/audit-log.ts';
import { TokenAuthenticator } from './authentication/tokens.ts';
import { Authorizer, forbidden, type Decision } from './authorization/authorizer.ts';
import { review, REVIEWS } from './authorization/reviews.ts';
import { bootstrap } from './bootstrap/bootstrap.ts';
import { Connections } from './http/connections.ts';
import { createHttpOrigin, type ApiHttpOrigin } from './http/http-origin.ts';
import { RequestMetrics } from './http/request-metrics.ts';
import { WatchLines } from './http/watch-lines.ts';
import { fromStorage, servedAsStored, storageOf } from './registry/conversion.ts';
import { validateObject } from './registry/validation.ts';
import type { NodeConnector } from './node-connector.ts';
import { CustomResources } from './registry/custom-resources.ts';
import { ManagedFieldsLedger } from './registry/managed-fields-ledger.ts';
import { Registry, type Intent } from './registry/registry.ts';
import { isRevision, revisionProblem } from './registry/revision.ts';
import type { RequestContext } from './registry/strategy.ts';
import { strategyOf } from './registry/strategies.ts';
import { handlerOf } from './registry/subresources.ts';
import { decodeObject } from '../api/strict-decoding.ts';
import { serverSideApply } from '../api/server-side-apply.ts';
import { Selection } from './storage/selection.ts';
import { Store, type StoreSnapshot } from './storage/store.ts';
import { expired, WatchHub } from './storage/watch-hub.ts';

export interface ApiServerOptions {
  clock: Clock;
  random: Random;
  nodeConnector?: NodeConnector;
  audit?: AuditOptions;
  /** State to continue from, instead of a fresh cluster's. */
  snapshot?: StoreSnapshot;
}

const NO_OPTIONS: RequestOptions = Object.freeze({});
const identity = (object: KubernetesObject) => object;

export class ApiServer implements ApiTransport, Disposable {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  /** Built-in kinds, and those of this cluster's CustomResourceDefinitions. */
  readonly types: TypeRegistry;
  readonly managedFields: ManagedFieldsLedger;
  /** Where logs, exec, attach, port-forward and proxy requests go on to. */
  readonly connections: Connections;
  /** Set once there are nodes: they need the API before they can be asked anything. */
  nodeConnector: NodeConnector | undefined;
  readonly authorizer: Authorizer;
  readonly tokens: TokenAuthenticator;
  readonly audit: AuditLog;
  readonly metrics: RequestMetrics;
  /** Of events on their way to clients over HTTP. */
  readonly watchLines = new WatchLines();
  readonly #registry: Registry;
  readonly #watches: WatchHub;
  readonly #customResources: CustomResources;
  readonly #aggregated = new Map<string, AggregatedApi>();

  constructor({ clock, random, nodeConnector, audit, snapshot }: ApiServerOptions) {
    this.clock = clock;
    this.random = random;
    this.store = new Store();
    this.nodeConnector = nodeConnector;
    this.authorizer = new Authorizer(this.store);
    this.tokens = new TokenAuthenticator(this.store, clock, random);
    this.audit = new AuditLog(clock, random, audit);
    this.metrics = new RequestMetrics(clock);
    this.connections = new Connections(this.store, () => this.nodeConnector);
    this.types = TypeRegistry.builtin().extend();
    this.managedFields = new ManagedFieldsLedger(this.types);
    this.#registry = new Registry(strategyOf, {
      applyDefaults: (object, { types }, trusted) => applyDefaults(object, types, trusted),
      mutate: (operation, draft, old, context) => mutate(operation, draft, context, old),
      validate: validateObject,
      admit: validate,
      apply: (old, context) => this.#apply(old, context),
      withManagedFields: (object) => this.managedFields.complete(object),
      recordWrite: (object, old, context, intent) => this.#recordWrite(object, old, context, intent),
    });
    if (snapshot) this.#load(snapshot);
    else bootstrap(this.store, clock, random);
    this.#watches = new WatchHub(this.store, clock);
    this.#customResources = new CustomResources(this.types, this.store, clock, {
      removed: (space) => this.#watches.endAllOf(space),
      request: (own) => this.#answer(own, new RequestNotes()),
    });
  }

  // Waits for code that a cluster loads when it first needs it, and for webhooks.
  async request(request: ApiRequest): Promise<KubernetesObject | ObjectList> {
    const loading = this.#customResources.load(request);
    if (loading) await loading;
    if (!this.audit.audits(request.user)) return this.#eventually(request);
    const receivedMs = this.clock.now();
    const annotations = {};
    try {
      const response = await this.#eventually(request, annotations);
      const code = request.verb === 'create' ? 201 : 200;
      this.audit.record({ request, receivedMs, code, response, annotations });
      return response;
    } catch (error) {
      this.audit.record({ request, receivedMs, code: 500, error, annotations });
      throw error;
    }
  }

  /** Answers, and begins anew as often as admission has to wait for something. */
  #eventually(
    request: ApiRequest,
    annotations?: Record<string, string>,
  ): KubernetesObject | ObjectList | Promise<KubernetesObject | ObjectList> {
    const notes = new RequestNotes();
    try {
      return this.#answer(request, notes, annotations);
    } catch (error) {
      if (!(error instanceof Pending)) throw error;
      return this.#again(error, request, notes, annotations);
    }
  }

  async #again(
    pending: Pending,
    request: ApiRequest,
    notes: RequestNotes,
    annotations?: Record<string, string>,
  ): Promise<KubernetesObject | ObjectList> {
    for (let waiting = pending; ;)
      try {
        await waiting.settled;
        return this.#answer(request, notes, annotations);
      } catch (error) {
        if (!(error instanceof Pending)) throw error;
        waiting = error;
      }
  }

  #answer(
    request: ApiRequest,
    notes: RequestNotes,
    annotations?: Record<string, string>,
  ): KubernetesObject | ObjectList {
    const context = this.#contextOf(request, notes, annotations);
    const { reason } = this.authorize(request);
    if (annotations) {
      annotations['authorization.k8s.io/decision'] = 'allow';
      annotations['authorization.k8s.io/reason'] = reason;
    }
    return this.#handle(context);
  }

  /**
   * Lets a request through that goes on to a node: logs, exec, proxy. Throws Forbidden. Audited as begun,
   * since it may last as long as somebody looks.
   */
  admitConnection(request: ApiRequest): void {
    this.#admit(request, request.verb === 'create' ? 101 : 200);
  }

  /**
   * Audits a request that is refused before it reaches its object: its body cannot be read, or nobody serves its path.
   * Throws Forbidden for who may not make it at all, since the real server asks for that first.
   *
   * @param error what it is answered with; undefined where that is no Status
   */
  refuse(request: ApiRequest, code: number, error?: StatusError): void {
    this.#admit(request, code, error);
  }

  #admit(request: ApiRequest, code: number, failure?: StatusError): void {
    const audited = this.audit.audits(request.user);
    const receivedMs = this.clock.now();
    let reason: string;
    try {
      ({ reason } = this.authorize(request));
    } catch (error) {
      if (audited) this.audit.record({ request, receivedMs, code: 403, error });
      throw error;
    }
    if (!audited) return;
    const annotations = { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': reason };
    this.audit.record({ request, receivedMs, code, error: failure, annotations });
  }

  /** Throws Forbidden unless the user of the request may do it. */
  authorize({ user, verb, group, resource, subresource, namespace, name }: ApiRequest): Decision {
    const attributes = { user, verb, group, resource, subresource, namespace, name };
    const decision = this.authorizer.authorize(attributes);
    if (!decision.allowed) throw forbidden(attributes);
    return decision;
  }

  watch(
    request: ApiRequest,
    onEvents: (events: WatchEvent[]) => void,
    onEnd: (error?: Error) => void,
  ): Disposable {
    const loading = this.#customResources.load(request);
    if (loading) return this.#watchLater(loading, request, onEvents, onEnd);
    const { resource, options } = this.#contextOf(request, new RequestNotes());
    this.authorize(request);
    if (!resource.verbs.includes('watch')) throw methodNotAllowed();
    const { resourceVersion } = options;
    if (resourceVersion && !isRevision(resourceVersion))
      throw new StatusError(undefined, revisionProblem(resourceVersion));
    return this.#watches.open({
      resource: storageOf(resource).space,
      selection: Selection.of(request, resource),
      options,
      since: this.#customResources.since(storageOf(resource).space),
      convert: servedAsStored(resource) ? identity : (object) => fromStorage(object, resource),
      apiVersion: apiVersionOf(resource.group, resource.version),
      kind: resource.kind,
      onEvents,
      onEnd,
    });
  }

  /** A watch that begins when what it needs is loaded. */
  #watchLater(
    loading: Promise<void>,
    request: ApiRequest,
    onEvents: (events: WatchEvent[]) => void,
    onEnd: (error?: Error) => void,
  ): Disposable {
    let open: Disposable | undefined;
    let disposed = false;
    loading
      .then(() => {
        if (!disposed) open = this.watch(request, onEvents, onEnd);
      })
      .catch(onEnd);
    return toDisposable(() => {
      disposed = true;
      open?.dispose();
    });
  }

  /** Serves a group and version that another server answers for, as long as its APIService is there. */
  aggregate(api: AggregatedApi): void {
    for (const [name, type] of Object.entries(api.types)) this.types.addType(name, type);
    for (const resource of api.resources) this.types.addResource(resource, api.columns);
    this.#aggregated.set(`${api.group}/${api.version}`, api);
  }

  /** The API over HTTP, as `user` sees it. */
  origin(user: UserInfo): ApiHttpOrigin {
    return createHttpOrigin(this, user);
  }

  /** The present state, with managed fields. */
  snapshot(): StoreSnapshot {
    const { revision, resources } = this.store.snapshot();
    const complete = (objects: KubernetesObject[]) =>
      objects.map((object) => this.managedFields.complete(object));
    return {
      revision,
      resources: Object.fromEntries(
        Object.entries(resources).map(([space, objects]) => [space, complete(objects)]),
      ),
    };
  }

  /**
   * Makes the state at an earlier revision the present one. Revisions go on growing; every watch ends with
   * 410, so that whoever watches lists again. Programs are somebody else's to reboot.
   */
  rewind(revision: number): void {
    const before = this.store.revision;
    this.store.rewind(revision);
    this.#watches.endAll(expired(`too old resource version: ${before} (${this.store.revision})`));
  }

  /** Takes a snapshot's state; the managed fields of its objects go where they are kept here. */
  #load({ revision, resources }: StoreSnapshot): void {
    const own = (object: KubernetesObject): KubernetesObject => {
      const { managedFields, ...metadata } = object.metadata;
      if (!managedFields) return object;
      const stripped = { ...object, metadata };
      this.managedFields.set(stripped, managedFields);
      return stripped;
    };
    this.store.load({
      revision,
      resources: Object.fromEntries(
        Object.entries(resources).map(([space, objects]) => [space, objects.map(own)]),
      ),
    });
  }

  dispose(): void {
    this.#customResources.dispose();
    this.#watches.dispose();
  }

  /** Server-side apply in the version of the request; what it takes over goes with the write. */
  #apply(old: KubernetesObject | undefined, context: RequestContext): KubernetesObject {
    const { request, resource, options } = context;
    const { object, changed } = serverSideApply({
      live: old && this.managedFields.complete(old),
      config: request.body as KubernetesObject,
      registry: this.types,
      manager: options.fieldManager!,
      force: options.force,
      subresource: request.subresource,
      time: timestamp(this.clock.now()),
      ignored: IGNORED_BY_APPLY[request.subresource ?? ''],
    });
    if (changed) context.ownership = object.metadata.managedFields ?? [];
    // What nobody may apply is as in any other write.
    const decoded = decodeObject(object, resource, this.types, {
      fieldValidation: options.fieldValidation,
      onWarning: request.onWarning,
      duplicates: request.duplicates,
      trusted: old,
    });
    if (old && !(request.body as KubernetesObject).metadata?.resourceVersion)
      return { ...decoded, metadata: { ...decoded.metadata, resourceVersion: undefined } };
    return decoded;
  }

  #recordWrite(
    object: KubernetesObject,
    old: KubernetesObject | undefined,
    { request, options, ownership }: RequestContext,
    { object: intent, managedFields: sent }: Intent,
  ): void {
    if (ownership) return this.managedFields.set(object, ownership);
    // A client that sends an empty list takes every claim away.
    if (sent?.every(({ manager }) => manager === undefined)) return this.managedFields.set(object, undefined);
    this.managedFields.record(object, old, {
      intent: sent ? { ...intent, metadata: { ...intent.metadata, managedFields: [...sent] } } : intent,
      manager: options.fieldManager ?? managerOf(request.userAgent),
      subresource: request.subresource,
      time: timestamp(this.clock.now()),
    });
  }

  #contextOf(request: ApiRequest, notes: RequestNotes, annotations?: Record<string, string>): RequestContext {
    const { group, version, resource: name } = request;
    const resource = this.types.resourceOf(group, version, name);
    if (!resource || (request.namespace && !resource.namespaced && !isNamespaceItself(request)))
      throw noSuchResource();
    const deprecation = resource.custom?.deprecation ?? DEPRECATIONS[`${group}/${version}/${name}`];
    if (deprecation) request.onWarning?.(deprecation);
    const context: RequestContext = {
      request,
      options: request.options ?? NO_OPTIONS,
      resource,
      store: this.store,
      types: this.types,
      clock: this.clock,
      random: this.random,
      authorizer: this.authorizer,
      notes,
      connector: this.nodeConnector,
      warn: (text) => request.onWarning?.(text),
    };
    return annotations ? { ...context, annotations } : context;
  }

  #handle(context: RequestContext): KubernetesObject | ObjectList {
    const { request, resource } = context;
    const registry = this.#registry;
    checkVerb(request, resource);
    if (resource.custom && request.verb === 'create') this.#customResources.checkCreate(request);
    const elsewhere =
      this.#aggregated.size > 0 && this.#aggregated.get(`${resource.group}/${resource.version}`);
    if (elsewhere) {
      const service = `${resource.version}.${resource.group}`;
      if (!this.store.get('apiregistration.k8s.io/apiservices', service)) throw noSuchResource();
      return elsewhere.request(request);
    }
    const answers = REVIEWS[`${resource.group}/${resource.resource}`];
    if (answers) {
      const body = decodeObject(request.body, resource, this.types);
      return review(answers, context, body, this.authorizer, this.tokens);
    }
    const handler = handlerOf(context);
    if (handler) return handler(context, registry, this.tokens);
    switch (request.verb) {
      case 'get':
        return registry.get(context);
      case 'list':
        return registry.list(context);
      case 'create':
        return registry.create(context);
      case 'update':
        return registry.update(context);
      case 'patch':
        return registry.patch(context);
      case 'delete':
        return registry.delete(context);
      case 'deletecollection':
        return registry.deleteCollection(context);
      case 'watch':
        throw new Error('watches are opened with watch()');
    }
  }
}

/** Fields that an endpoint resets, and that applying to it therefore does not own. */
const IGNORED_BY_APPLY: Record<string, FieldSet> = {
  '': { 'f:status': {} },
  status: { 'f:spec': {}, 'f:metadata': { 'f:labels': {}, 'f:annotations': {} } },
};

/** The field manager of a client that names none: its program, `kubectl` of `kubectl/v1.35.4 (linux/amd64)`. */
function managerOf(userAgent = ''): string {
  const slash = userAgent.indexOf('/');
  return (slash < 0 ? userAgent : userAgent.slice(0, slash)) || 'unknown';
}

/** Resources that warn whoever uses them. */
const DEPRECATIONS: Record<string, string> = {
  '/v1/componentstatuses': 'v1 ComponentStatus is deprecated in v1.19+',
  '/v1/endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
};

/** Clients may give a namespace's own name as its namespace too. */
const isNamespaceItself = ({ group, resource, namespace, name }: ApiRequest): boolean =>
  group === '' && resource === 'namespaces' && namespace === name;

const OF_ONE_OBJECT = new Set<Verb>(['get', 'update', 'patch', 'delete']);

function checkVerb({ verb, name, subresource }: ApiRequest, resource: ResourceInfo): void {
  if (subresource) {
    const known = resource.subresources.find((each) => each.name === subresource);
    if (resource.custom) return checkCustomVerb(verb, name, resource, known);
    if (!known) throw noSuchResource();
    if (!known.verbs.includes(verb)) throw methodNotAllowed();
    return;
  }
  if (!resource.verbs.includes(verb) || OF_ONE_OBJECT.has(verb) !== (name !== undefined))
    throw methodNotAllowed();
}

/** The handler of custom resources has words of its own for what it does not serve. */
function checkCustomVerb(
  verb: Verb,
  name: string | undefined,
  { group, resource }: ResourceInfo,
  known: { verbs: readonly string[] } | undefined,
): void {
  if (!known) throw notFound({ group, resource }, name ?? '');
  if (known.verbs.includes(verb)) return;
  const why = `${verb} is not supported on resources of kind "${resource}.${group}"`;
  throw new StatusError('MethodNotAllowed', why, { group, kind: resource });
}

function noSuchResource(): StatusError {
  return new StatusError('NotFound', 'the server could not find the requested resource', {});
}

function methodNotAllowed(): StatusError {
  return new StatusError(
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}
