/**
 * Sends spans to the collector of the mesh, some at a time, as long as there is one (`COLLECTOR`). What it does not
 * take is dropped. They go out of the nodes' network, past the proxies: spans of spans would never end.
 */
import type { Clock } from '../../core/clock.ts';
import { encode } from '../../core/bytes.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import type { Service } from '../client/kinds.ts';
import { SERVICES } from '../client/resources.ts';
import type { ClusterNetwork } from '../network/cluster-network.ts';
import { COLLECTOR, otlpTraces, type Span, type SpanExporter } from './span.ts';

/** How long spans are collected before they are sent. */
const BATCH_MS = 500;
/** More than that are dropped. */
const MAX_SPANS = 2048;

export class SpanSender implements SpanExporter, Disposable {
  readonly #clock: Clock;
  readonly #network: ClusterNetwork;
  readonly #services: Informer<Service>;
  #spans: Span[] = [];
  #due: Disposable | undefined;

  constructor(clock: Clock, network: ClusterNetwork, informers: InformerFactory) {
    this.#clock = clock;
    this.#network = network;
    this.#services = informers.informer(SERVICES);
  }

  /** Whether there is somebody to send them to. */
  get isWanted(): boolean {
    return this.#services.get(`${COLLECTOR.namespace}/${COLLECTOR.service}`) !== undefined;
  }

  export(span: Span): void {
    if (this.#spans.length >= MAX_SPANS) return;
    this.#spans.push(span);
    this.#due ??= this.#clock.setTimeout(() => this.#send(), BATCH_MS);
  }

  dispose(): void {
    this.#due?.dispose();
  }

  #send(): void {
    this.#due = undefined;
    const body = encode(JSON.stringify(otlpTraces(this.#spans)));
    this.#spans = [];
    const { namespace, service, port, path } = COLLECTOR;
    const headers = { 'content-type': 'application/json' };
    void this.#network
      .fetchService({ namespace, service, port }, { method: 'POST', path, headers, body })
      .catch(() => {});
  }
}
