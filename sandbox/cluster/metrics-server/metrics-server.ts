/**
 * The resource metrics API, as metrics-server 0.8 serves it: `metrics.k8s.io/v1beta1`, an aggregated API. Usage is
 * what kubelets have counted between the last two scrapes, which are at fixed beats of the cluster's clock; a node
 * that cannot be reached at the time of asking has none. Scrapes cost nothing: nodes can say what they had used then.
 * Left out: it as a Deployment of the cluster, with a Service, pods and probes.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { formatDuration } from '../api/duration.ts';
import { parseSelector, type Labels } from '../api/labels.ts';
import type { KubernetesObject, ObjectList } from '../api/object.ts';
import { formatQuantity } from '../api/quantity.ts';
import type { ApiRequest } from '../api/request.ts';
import { notFound, StatusError } from '../api/status.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import type { Node, Pod } from '../client/kinds.ts';
import { NODES, PODS } from '../client/resources.ts';
import { COLUMNS, GROUP, RESOURCES, TYPES, VERSION } from './metrics-schema.ts';

/** CPU time since the start and memory in use. */
interface Usage {
  cpuMs: number;
  memoryBytes: number;
}

/** What a node tells of one beat. */
export interface NodeSample {
  startedMs: number;
  usage: Usage;
  pods: readonly {
    namespace: string;
    name: string;
    containers: readonly { name: string; startedMs: number; usage: Usage }[];
  }[];
}

/** A node that is scraped. */
export interface ScrapedNode {
  readonly name: string;
  /** Undefined: it does not answer. */
  sampleAt(beatMs: number): NodeSample | undefined;
}

export interface MetricsServerInit {
  clock: Clock;
  informers: InformerFactory;
  nodes(): Iterable<ScrapedNode>;
  /** `--metric-resolution`: time between scrapes, ms. */
  resolutionMs: number;
}

/** A container that is younger than a scrape counts from its start, once it is this old. */
const FRESH_CONTAINER_MS = 10_000;
/** Memory is counted in pages. */
const PAGE_BYTES = 4096;

const API_VERSION = `${GROUP}/${VERSION}`;

/** Usage over a window that ended at `atMs`. */
interface Measurement {
  atMs: number;
  windowMs: number;
  usage: { cpu: string; memory: string };
}

export class MetricsServer {
  readonly group = GROUP;
  readonly version = VERSION;
  readonly resources = RESOURCES;
  readonly types = TYPES;
  readonly columns = COLUMNS;
  readonly #init: MetricsServerInit;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;

  constructor(init: MetricsServerInit) {
    this.#init = init;
    this.#pods = init.informers.informer(PODS);
    this.#nodes = init.informers.informer(NODES);
  }

  /** Answers a request that the API server has let through. Throws `StatusError`. */
  request({ verb, resource, namespace, name, options }: ApiRequest): KubernetesObject | ObjectList {
    const all = resource === 'nodes' ? this.#nodeMetrics() : this.#podMetrics();
    if (verb === 'get') {
      const found = all.find(
        ({ metadata }) =>
          metadata.name === name && (resource === 'nodes' || metadata.namespace === namespace),
      );
      if (!found)
        throw notFound(
          { group: GROUP, resource: resource === 'nodes' ? 'nodemetrics' : 'podmetrics' },
          resource === 'nodes' ? name! : `${namespace}/${name}`,
        );
      return found;
    }
    const labels = parseSelector(options?.labelSelector ?? '');
    const fields = fieldSelector(options?.fieldSelector ?? '');
    return {
      apiVersion: API_VERSION,
      kind: resource === 'nodes' ? 'NodeMetricsList' : 'PodMetricsList',
      metadata: {},
      items: all.filter(
        ({ metadata }) =>
          (namespace === undefined || metadata.namespace === namespace) &&
          labels.matches(metadata.labels ?? {}) &&
          fields(metadata),
      ),
    } as unknown as ObjectList;
  }

  #nodeMetrics(): KubernetesObject[] {
    const out: KubernetesObject[] = [];
    for (const { name, last, previous } of this.#scrapes()) {
      const node = this.#nodes.get(name);
      // A node's first point is no rate yet.
      if (!node || !previous) continue;
      const measured = this.#measure(last.usage, previous.usage, this.#beatMs, this.#init.resolutionMs);
      out.push({
        ...this.#object('NodeMetrics', { name }, node.metadata.labels, measured),
        usage: measured.usage,
      });
    }
    return out.sort(byName);
  }

  #podMetrics(): KubernetesObject[] {
    const out: KubernetesObject[] = [];
    for (const { last, previous } of this.#scrapes()) {
      const before = new Map(previous?.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod]));
      for (const { namespace, name, containers } of last.pods) {
        const pod = this.#pods.get(`${namespace}/${name}`);
        if (!pod) continue;
        const earlier = before.get(`${namespace}/${name}`)?.containers ?? [];
        const measured = containers.map(({ name: container, startedMs, usage }) => {
          const point = earlier.find((each) => each.name === container && each.startedMs === startedMs);
          if (point) return this.#measure(usage, point.usage, this.#beatMs, this.#init.resolutionMs);
          const ageMs = this.#beatMs - startedMs;
          if (ageMs < FRESH_CONTAINER_MS) return undefined;
          return this.#measure(usage, { cpuMs: 0, memoryBytes: 0 }, this.#beatMs, ageMs);
        });
        // Half a pod would look like a pod that needs little.
        if (measured.some((each) => each === undefined)) continue;
        const complete = measured as Measurement[];
        const oldest = complete.reduce((a, b) => (b.windowMs < a.windowMs ? b : a));
        out.push({
          ...this.#object('PodMetrics', { name, namespace }, pod.metadata.labels, oldest),
          containers: complete.map(({ usage }, i) => ({ name: containers[i]!.name, usage })),
        });
      }
    }
    return out.sort(byName);
  }

  /** When nodes were scraped last (epoch ms). */
  get #beatMs(): number {
    const { clock, resolutionMs } = this.#init;
    return Math.floor(clock.now() / resolutionMs) * resolutionMs;
  }

  /** The last two points of every node that answers. */
  *#scrapes(): Generator<{ name: string; last: NodeSample; previous: NodeSample | undefined }> {
    const beatMs = this.#beatMs;
    const previousMs = beatMs - this.#init.resolutionMs;
    for (const node of this.#init.nodes()) {
      const last = node.sampleAt(beatMs);
      if (!last || last.startedMs > beatMs) continue;
      const previous = last.startedMs <= previousMs ? node.sampleAt(previousMs) : undefined;
      yield { name: node.name, last, previous };
    }
  }

  #measure(last: Usage, previous: Usage, atMs: number, windowMs: number): Measurement {
    const nanoCores = Math.round(((last.cpuMs - previous.cpuMs) / windowMs) * 1e9);
    const bytes = Math.ceil(last.memoryBytes / PAGE_BYTES) * PAGE_BYTES;
    return {
      atMs,
      windowMs,
      usage: {
        cpu: formatQuantity({ nano: BigInt(Math.max(0, nanoCores)), format: 'DecimalSI' }),
        memory: formatQuantity({ nano: BigInt(bytes) * 1_000_000_000n, format: 'BinarySI' }),
      },
    };
  }

  #object(
    kind: string,
    name: { name: string; namespace?: string },
    labels: Labels | undefined,
    { atMs, windowMs }: Measurement,
  ): KubernetesObject {
    return {
      apiVersion: API_VERSION,
      kind,
      metadata: {
        ...name,
        creationTimestamp: timestamp(this.#init.clock.now()),
        ...(labels ? { labels: { ...labels } } : {}),
      },
      timestamp: timestamp(atMs),
      window: formatDuration(windowMs),
    };
  }
}

function byName({ metadata: a }: KubernetesObject, { metadata: b }: KubernetesObject): number {
  const [left, right] = [`${a.namespace ?? ''}/${a.name}`, `${b.namespace ?? ''}/${b.name}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** `metadata.name` and `metadata.namespace` are what can be selected. */
function fieldSelector(text: string): (metadata: KubernetesObject['metadata']) => boolean {
  const terms = text
    .split(',')
    .filter((term) => term !== '')
    .map((term) => {
      const [, field = '', operator = '=', value = ''] = /^([^=!]+)(!=|==?)(.*)$/.exec(term) ?? [];
      if (field !== 'metadata.name' && field !== 'metadata.namespace')
        throw new StatusError(
          'BadRequest',
          `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
        );
      const key = field.slice('metadata.'.length) as 'name' | 'namespace';
      return { key, negated: operator === '!=', value };
    });
  return (metadata) =>
    terms.every(({ key, negated, value }) => ((metadata[key] ?? '') === value) !== negated);
}
