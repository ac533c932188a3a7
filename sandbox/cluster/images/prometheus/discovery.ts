/** Finds the targets of a scrape configuration: what stands in it, and what Kubernetes' objects say. */
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import { Errno } from '../../../os/errno.ts';
import type { Process } from '../../../os/process.ts';
import type { KubernetesObject } from '../../api/object.ts';
import type { KubernetesDiscovery, ScrapeConfig } from './configuration.ts';
import { KubernetesObjects, NAMESPACE_FILE } from './kubernetes-objects.ts';
import {
  endpointTargets,
  nodeTargets,
  podTargets,
  serviceTargets,
  type DiscoveredNode,
  type DiscoveredPod,
  type DiscoveredService,
  type DiscoveredSlice,
  type TargetLabels,
} from './kubernetes-targets.ts';

/** Changes are taken together for so long, as in Prometheus' discovery manager. */
const UPDATE_MS = 5_000;

const RESOURCES = {
  pod: { group: '/api/v1', resource: 'pods', namespaced: true },
  service: { group: '/api/v1', resource: 'services', namespaced: true },
  endpointslice: { group: '/apis/discovery.k8s.io/v1', resource: 'endpointslices', namespaced: true },
  node: { group: '/api/v1', resource: 'nodes', namespaced: false },
} as const;

type Watched = keyof typeof RESOURCES;

/** What each role has to see. */
const WATCHED: Readonly<Record<KubernetesDiscovery['role'], readonly Watched[]>> = {
  pod: ['pod'],
  service: ['service'],
  endpoints: ['endpointslice', 'service', 'pod'],
  endpointslice: ['endpointslice', 'service', 'pod'],
  node: ['node'],
};

export interface DiscoveryOptions {
  process: Process;
  scrapes: readonly ScrapeConfig[];
  /** Tells the targets of all jobs, at first and whenever they may have changed. */
  onTargets(targets: ReadonlyMap<ScrapeConfig, readonly TargetLabels[]>): void;
  onError(message: string): void;
}

export class Discovery implements Disposable {
  readonly #options: DiscoveryOptions;
  readonly #resources = new DisposableStore();
  /** Shared by jobs that look at the same. */
  readonly #watches = new Map<string, KubernetesObjects>();
  #pending: Disposable | undefined;
  #isFirst = true;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    for (const { kubernetes } of options.scrapes)
      for (const discovery of kubernetes)
        for (const kind of WATCHED[discovery.role]) this.#watch(discovery, kind);
    this.#tell();
  }

  dispose(): void {
    this.#pending?.dispose();
    this.#resources.dispose();
  }

  #watch(discovery: KubernetesDiscovery, kind: Watched): KubernetesObjects[] {
    const { group, resource, namespaced } = RESOURCES[kind];
    const selector = discovery.selectors.find(({ role }) => role === kind);
    return this.#namespaces(discovery, namespaced).map((namespace) => {
      const path = namespace ? `${group}/namespaces/${namespace}/${resource}` : `${group}/${resource}`;
      const [labelSelector, fieldSelector] = [selector?.label ?? '', selector?.field ?? ''];
      const key = [path, labelSelector, fieldSelector].join(' ');
      let objects = this.#watches.get(key);
      if (!objects) {
        objects = this.#resources.add(
          new KubernetesObjects({
            process: this.#options.process,
            path,
            labelSelector,
            fieldSelector,
            onChange: () => this.#changed(),
            onError: (message) => this.#options.onError(message),
          }),
        );
        this.#watches.set(key, objects);
      }
      return objects;
    });
  }

  /** An empty name: all. */
  #namespaces({ namespaces, ownNamespace }: KubernetesDiscovery, namespaced: boolean): string[] {
    if (!namespaced) return [''];
    const names = [...namespaces];
    if (ownNamespace) names.push(ownNamespaceOf(this.#options.process));
    return names.length > 0 ? names : [''];
  }

  #changed(): void {
    if (this.#isFirst && [...this.#watches.values()].every(({ isListed }) => isListed)) {
      this.#isFirst = false;
      this.#pending?.dispose();
      this.#pending = undefined;
      this.#tell();
      return;
    }
    this.#pending ??= this.#options.process.machine.clock.setTimeout(() => {
      this.#pending = undefined;
      this.#tell();
    }, UPDATE_MS);
  }

  #tell(): void {
    const targets = new Map<ScrapeConfig, TargetLabels[]>();
    for (const scrape of this.#options.scrapes) {
      const fixed = scrape.static.flatMap((group) =>
        group.targets.map((address) => ({ ...group.labels, __address__: address })),
      );
      targets.set(scrape, [...fixed, ...scrape.kubernetes.flatMap((discovery) => this.#found(discovery))]);
    }
    this.#options.onTargets(targets);
  }

  #found(discovery: KubernetesDiscovery): TargetLabels[] {
    const all = <T extends KubernetesObject>(kind: Watched): T[] =>
      this.#watch(discovery, kind).flatMap(({ byKey }) => [...byKey.values()] as T[]);
    const find = <T extends KubernetesObject>(kind: Watched, key: string): T | undefined => {
      for (const { byKey } of this.#watch(discovery, kind)) if (byKey.has(key)) return byKey.get(key) as T;
      return undefined;
    };
    switch (discovery.role) {
      case 'pod':
        return all<DiscoveredPod>('pod').flatMap(podTargets);
      case 'service':
        return all<DiscoveredService>('service').flatMap(serviceTargets);
      case 'node':
        return all<DiscoveredNode>('node').flatMap(nodeTargets);
      case 'endpoints':
      case 'endpointslice': {
        const { role } = discovery;
        const neighbours = {
          service: (key: string) => find<DiscoveredService>('service', key),
          pod: (key: string) => find<DiscoveredPod>('pod', key),
        };
        return all<DiscoveredSlice>('endpointslice').flatMap((slice) =>
          endpointTargets(slice, role, neighbours),
        );
      }
    }
  }
}

function ownNamespaceOf(process: Process): string {
  try {
    return process.readTextFile(NAMESPACE_FILE).trim();
  } catch (error) {
    if (error instanceof Errno) return 'default';
    throw error;
  }
}
