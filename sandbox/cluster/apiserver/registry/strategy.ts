/**
 * What is special about a kind, as the `strategy.go` of its registry says it in Kubernetes. Most kinds
 * need nothing here: names, versions, defaults, validation and status come from the schema facts.
 *
 * Hooks get a draft: an object of their own, one level deep with its `metadata`. Deeper parts may be
 * shared with what is stored and must be replaced, never changed.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Random } from '../../../core/random.ts';
import type { KubernetesObject, ManagedFieldsEntry } from '../../api/object.ts';
import type { ApiRequest, RequestOptions } from '../../api/request.ts';
import type { ResourceInfo, TypeRegistry } from '../../api/schema.ts';
import type { RequestNotes } from '../admission/pending.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { NodeConnector } from '../node-connector.ts';
import type { Store } from '../storage/store.ts';

/** What a request is answered with. */
export interface RequestContext {
  readonly request: ApiRequest;
  readonly options: RequestOptions;
  /** The version asked for. */
  readonly resource: ResourceInfo;
  readonly store: Store;
  readonly types: TypeRegistry;
  readonly clock: Clock;
  readonly random: Random;
  /** Says what the user, or somebody else, may do. */
  readonly authorizer: Authorizer;
  /** Set by server-side apply: the managed fields that go with what is written. */
  ownership?: readonly ManagedFieldsEntry[];
  /** The way into the cluster's network; undefined without nodes. */
  readonly connector: NodeConnector | undefined;
  /** What earlier attempts to answer the request have found out. */
  readonly notes: RequestNotes;
  /** What the audit event of the request says besides; undefined for a request that is not audited. */
  readonly annotations?: Record<string, string>;
  warn(text: string): void;
}

export type Propagation = 'Foreground' | 'Background' | 'Orphan';

export interface Strategy {
  /** Writes to `spec` count in `metadata.generation`. */
  readonly generation?: boolean;
  /** Writes to anything but metadata count in it, as far as they get through. */
  readonly generationOfAll?: boolean;
  /** A create may say the status: kubelets register their nodes with it. */
  readonly keepsStatusOnCreate?: boolean;
  /** What a status write may change besides `status`: pods and nodes let it write labels and annotations. */
  readonly statusWritesMetadata?: boolean;
  /** An update of an object that is not there creates it. */
  readonly createOnUpdate?: boolean;
  /** An update has to say which version it is based on. */
  readonly conditionalUpdate?: boolean;
  /** A delete that is done at once answers with the object instead of a Status. */
  readonly returnDeleted?: boolean;
  /** Answers `propagationPolicy` where the client left it out. Default: Background. */
  readonly defaultPropagation?: Propagation;
  /** After defaults and admission, before validation. */
  prepareForCreate?(draft: KubernetesObject, context: RequestContext): void;
  prepareForUpdate?(draft: KubernetesObject, old: KubernetesObject, context: RequestContext): void;
  prepareForStatus?(draft: KubernetesObject, old: KubernetesObject, context: RequestContext): void;
  /** What `kubectl` prints as `Warning:`. */
  warnings?(object: KubernetesObject, old: KubernetesObject | undefined): string[];
  /**
   * Seconds the object lives on after a delete; 0 removes it at once. Undefined: the kind knows no
   * graceful deletion.
   */
  gracePeriodSeconds?(object: KubernetesObject, asked: number | undefined): number;
  /** The first delete request of an object, as a change to its draft (namespaces: the phase). */
  prepareForDelete?(draft: KubernetesObject, context: RequestContext): void;
  /** Something besides metadata keeps the object (namespaces: `spec.finalizers`). */
  keeps?(object: KubernetesObject): boolean;
}
