/**
 * Who owns which fields of the stored objects, kept beside them and worked out when somebody looks:
 * `metadata.managedFields` is read by kubectl and by server-side apply, never by the controllers whose
 * writes outnumber those by far.
 *
 * A write that nobody looked at refers to the object it replaced. Chains of such writes are short, so that
 * old versions do not stay in memory behind a Lease that is renewed for ever.
 */
import type { KubernetesObject, ManagedFieldsEntry } from '../../api/object.ts';
import { trackUpdate } from '../../api/managed-fields.ts';
import type { TypeRegistry } from '../../api/schema.ts';
import { storedOf } from './conversion.ts';

/** Unread writes in a row before the oldest are worked out. */
const MAX_CHAIN = 8;

export interface Write {
  /** What the client sent, with defaults, before the server added anything. */
  intent: KubernetesObject;
  manager: string;
  subresource: string | undefined;
  /** RFC 3339. */
  time: string;
}

type Ownership =
  | { entries: readonly ManagedFieldsEntry[] | undefined }
  | { write: Write; previous: KubernetesObject | undefined; depth: number };

export class ManagedFieldsLedger {
  readonly #types: TypeRegistry;
  readonly #ownership = new WeakMap<KubernetesObject, Ownership>();

  constructor(types: TypeRegistry) {
    this.#types = types;
  }

  /** Notes that `write` made `object` of `previous`. */
  record(object: KubernetesObject, previous: KubernetesObject | undefined, write: Write): void {
    const before = previous && this.#ownership.get(previous);
    let depth = before && 'write' in before ? before.depth + 1 : 0;
    if (depth >= MAX_CHAIN) {
      this.of(previous!);
      depth = 0;
    }
    this.#ownership.set(object, { write, previous, depth });
  }

  /** Takes `entries` as the object's managed fields. */
  set(object: KubernetesObject, entries: readonly ManagedFieldsEntry[] | undefined): void {
    this.#ownership.set(object, { entries });
  }

  /** The managed fields of a stored object. */
  of(served: KubernetesObject): readonly ManagedFieldsEntry[] | undefined {
    const object = storedOf(served);
    const ownership = this.#ownership.get(object);
    if (!ownership) return undefined;
    if ('entries' in ownership) return ownership.entries;
    const { write, previous } = ownership;
    const entries = trackUpdate({
      live: previous && this.complete(previous),
      next: write.intent,
      registry: this.#types,
      manager: write.manager,
      apiVersion: object.apiVersion!,
      subresource: write.subresource,
      time: write.time,
    });
    this.#ownership.set(object, { entries });
    return entries;
  }

  /** The object with its managed fields. */
  complete(object: KubernetesObject): KubernetesObject {
    const managedFields = this.of(object);
    if (!managedFields?.length) return object;
    return { ...object, metadata: { ...object.metadata, managedFields: [...managedFields] } };
  }
}
