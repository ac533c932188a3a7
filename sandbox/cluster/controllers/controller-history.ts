/** Revisions of a pod template as ControllerRevisions (`pkg/controller/history`): StatefulSets and DaemonSets. */
import { isStatus } from '../api/status.ts';
import type { KubernetesObject } from '../api/object.ts';
import { selectorOf, type LabelSelector } from '../api/labels.ts';
import type { Client } from '../client/client.ts';
import type { Informer } from '../client/informer.ts';
import type { ControllerRevision, PodTemplateSpec } from '../client/kinds.ts';
import { CONTROLLER_REVISIONS, type ResourceType } from '../client/resources.ts';
import { claim } from './claim.ts';
import { controllerReference } from './controller.ts';
import { fnv32a, safeEncode, sameTemplate } from './deployment/template-hash.ts';

export const REVISION_HASH = 'controller-revision-hash';

/** Names are cut so that the hash still fits. */
const MAX_PREFIX_LENGTH = 223;

type Workload = KubernetesObject<{ selector?: LabelSelector; template: PodTemplateSpec }>;

/** The template that a revision holds. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (revision.data as { spec: { template: Record<string, unknown> } }).spec
    .template;
  return template as PodTemplateSpec;
}

export const hashOf = ({ metadata }: ControllerRevision) => metadata.labels?.[REVISION_HASH] ?? '';

export class ControllerHistory {
  readonly #client: Client;
  readonly #revisions: Informer<ControllerRevision>;

  /** @param revisions indexed by `namespace`. */
  constructor(client: Client, revisions: Informer<ControllerRevision>) {
    this.#client = client;
    this.#revisions = revisions;
  }

  /** The revisions of `owner`, oldest first, after adopting and releasing. */
  async list<T extends Workload>(type: ResourceType<T>, owner: T): Promise<ControllerRevision[]> {
    const revisions = await claim(
      {
        client: this.#client,
        ownerType: type,
        owner,
        type: CONTROLLER_REVISIONS,
        selector: selectorOf(owner.spec!.selector),
      },
      [...this.#revisions.indexed('namespace', owner.metadata.namespace!)],
    );
    return revisions.sort((a, b) => a.revision - b.revision);
  }

  /**
   * The revision of the owner's present template, made or moved to the end if need be.
   * @param revisions as `list` answered.
   */
  async current<T extends Workload>(
    type: ResourceType<T>,
    owner: T,
    revisions: readonly ControllerRevision[],
    collisionCount: number,
  ): Promise<ControllerRevision> {
    const { template } = owner.spec!;
    const last = revisions.at(-1);
    const equal = revisions.filter((revision) => sameTemplate(templateOf(revision), template)).at(-1);
    if (equal && equal === last) return equal;
    const number = (last?.revision ?? 0) + 1;
    if (equal) return this.#client.update(CONTROLLER_REVISIONS, { ...equal, revision: number });
    const data = { spec: { template: { ...template, $patch: 'replace' } } };
    const hash = safeEncode(String(fnv32a(JSON.stringify(data) + collisionCount)));
    const { name, namespace, annotations } = owner.metadata;
    const revision: ControllerRevision = {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `${name!.slice(0, MAX_PREFIX_LENGTH)}-${hash}`,
        namespace,
        labels: { ...template.metadata?.labels, [REVISION_HASH]: hash },
        ...(annotations ? { annotations } : {}),
        ownerReferences: [controllerReference(type, owner)],
      },
      data,
      revision: number,
    };
    try {
      return await this.#client.create(CONTROLLER_REVISIONS, revision);
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
      // Made a moment ago, and not seen by the informer yet.
      const existing = await this.#client.get(CONTROLLER_REVISIONS, revision.metadata);
      if (sameTemplate(templateOf(existing), template)) return existing;
      throw error;
    }
  }

  /** Deletes the oldest revisions that are not `live`, beyond `limit`. */
  async truncate(
    revisions: readonly ControllerRevision[],
    live: ReadonlySet<string>,
    limit: number,
  ): Promise<void> {
    const old = revisions.filter(({ metadata }) => !live.has(metadata.name!));
    for (const revision of old.slice(0, Math.max(0, old.length - limit))) {
      try {
        await this.#client.delete(CONTROLLER_REVISIONS, revision.metadata);
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error;
      }
    }
  }
}
