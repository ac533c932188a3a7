/**
 * The objects that a check selects, kept current, and what has happened to them. A custom resource is
 * followed while the cluster knows it: from the moment its definition is established until that is gone.
 */
import type { KubernetesObject } from '../cluster/api/object.ts';
import type { Client, Scope } from '../cluster/client/client.ts';
import { Informer } from '../cluster/client/informer.ts';
import type { ResourceType } from '../cluster/client/resources.ts';
import type { Clock } from '../core/clock.ts';
import { DisposableStore, type Disposable } from '../core/disposable.ts';

export interface ObjectChange {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** As it was afterwards; of a deleted one, its last state. */
  object: KubernetesObject;
}

export interface SelectedObjectsOptions {
  client: Client;
  clock: Clock;
  type: ResourceType;
  scope: Scope;
  isCustom: boolean;
  onChange: () => void;
}

/** More than an exercise's objects change; the oldest are forgotten. */
const MAX_CHANGES = 1000;

const DEFINITIONS: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

interface Definition extends KubernetesObject {
  status?: { conditions?: { type: string; status: string }[] };
}

export class SelectedObjects implements Disposable {
  /** Oldest first; what was there from the beginning is not a change. */
  readonly changes: ObjectChange[] = [];
  #options: SelectedObjectsOptions;
  #resources = new DisposableStore();
  #informer: Informer | undefined;
  #definitions: Informer | undefined;

  constructor(options: SelectedObjectsOptions) {
    this.#options = options;
    if (options.isCustom) this.#followDefinition();
    else this.#follow();
  }

  /** Whether it is known what there is. */
  get synced(): boolean {
    if (this.#informer) return this.#informer.hasSynced;
    return this.#definitions?.hasSynced ?? false;
  }

  list(): Iterable<KubernetesObject> {
    return this.#informer?.list() ?? [];
  }

  dispose(): void {
    this.#resources.dispose();
  }

  #follow(): void {
    const { client, clock, type, scope, onChange } = this.#options;
    const informer = this.#resources.add(new Informer(client, clock, type, { scope }));
    this.#informer = informer;
    const changed = (change: ObjectChange['type'], object: KubernetesObject) => {
      if (!informer.hasSynced) return onChange();
      this.changes.push({ type: change, object });
      if (this.changes.length > MAX_CHANGES) this.changes.shift();
      onChange();
    };
    informer.addHandler({
      add: (object) => changed('ADDED', object),
      update: (_, object) => changed('MODIFIED', object),
      delete: (object) => changed('DELETED', object),
    });
    void informer.synced.then(onChange);
    informer.start();
  }

  #followDefinition(): void {
    const { client, clock, type, onChange } = this.#options;
    const name = `${type.resource}.${type.group}`;
    const definitions = this.#resources.add(new Informer(client, clock, DEFINITIONS));
    this.#definitions = definitions;
    const look = ({ metadata, status }: Definition) => {
      if (metadata.name !== name) return;
      const established = status?.conditions?.some((c) => c.type === 'Established' && c.status === 'True');
      if (established && !this.#informer) this.#follow();
    };
    definitions.addHandler({
      add: (definition) => look(definition as Definition),
      update: (_, definition) => look(definition as Definition),
      delete: ({ metadata }) => {
        if (metadata.name !== name || !this.#informer) return;
        this.#resources.release(this.#informer);
        this.#informer.dispose();
        this.#informer = undefined;
        onChange();
      },
    });
    void definitions.synced.then(onChange);
    definitions.start();
  }
}
