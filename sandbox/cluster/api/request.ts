/**
 * A request to the API after its URL was understood, with objects instead of bytes. Controllers in the
 * same process send these directly; the HTTP front end parses bytes into them. One code path answers both.
 */
import type { Disposable } from '../../core/disposable.ts';
import type { KubernetesObject, ObjectList } from './object.ts';

/** A resource of the API. The core group is `''`. */
export interface GroupVersionResource {
  group: string;
  version: string;
  /** Lower-case plural: `deployments`. */
  resource: string;
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** Who asks (`authentication.k8s.io` UserInfo). */
export interface UserInfo {
  username: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

export type PatchType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml';

/** Query parameters and DeleteOptions, under their names in the API. */
export interface RequestOptions {
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  timeoutSeconds?: number;
  allowWatchBookmarks?: boolean;
  sendInitialEvents?: boolean;
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  /** Server-side apply: take over fields of other managers. */
  force?: boolean;
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  preconditions?: { uid?: string; resourceVersion?: string };
}

export interface ApiRequest extends GroupVersionResource {
  verb: Verb;
  /** Undefined: cluster-scoped, or all namespaces. */
  namespace?: string;
  /** Undefined for collections. */
  name?: string;
  subresource?: string;
  /** The object of a create or update; the parsed patch of a patch. Taken over by the server: do not change it afterwards. */
  body?: unknown;
  patchType?: PatchType;
  options?: RequestOptions;
  user: UserInfo;
  userAgent?: string;
  /** Path and query, of a request that came over HTTP. */
  requestURI?: string;
  /** Paths of fields that occurred twice in the body's source. */
  duplicates?: ReadonlySet<string>;
  /** Receives `Warning` header texts. */
  onWarning?: (text: string) => void;
  /** Called when an update or apply created its object (201 over HTTP). */
  onCreated?: () => void;
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** `object` is the object, for BOOKMARK only its metadata, for ERROR a Status. */
export interface WatchEvent<T extends KubernetesObject = KubernetesObject> {
  type: WatchEventType;
  object: T;
}

/** The API as somebody inside the process reaches it. */
export interface ApiTransport {
  /** Every verb but watch. Rejects with `StatusError`. Results are immutable and shared: copy before changing. */
  request(request: ApiRequest): Promise<KubernetesObject | ObjectList>;
  /**
   * Delivers events in order of revision, in batches, each batch in a microtask of its own or later.
   * Throws `StatusError` when the watch cannot start; `onEnd` says that the server ended it (with the
   * error, e.g. 410 Expired, or undefined for a timeout). Dispose to stop; `onEnd` is then not called.
   */
  watch(
    request: ApiRequest,
    onEvents: (events: WatchEvent[]) => void,
    onEnd: (error?: Error) => void,
  ): Disposable;
}
