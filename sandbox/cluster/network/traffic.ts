/**
 * What flows through the network, for those who draw it: requests between two ends, added up and told a few times a
 * second. Without a watcher nothing is counted, and without traffic no timer is due. What kubelets probe is not told.
 */
import type { Clock } from '../../core/clock.ts';
import { toDisposable, type Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import type { HttpResponse } from '../../core/http.ts';
import type { TrafficEnd, TrafficFlow } from '../../core/traffic.ts';
import type { Attachment } from './cluster-network.ts';
import type { ExchangeCounter, NetworkStack } from './network-stack.ts';

/** What is known of one request. */
export type Exchange = Pick<TrafficFlow, 'service' | 'mutualTls'> & {
  from: NetworkStack;
  to: NetworkStack | undefined;
  failed: boolean;
  retried: boolean;
  faulted: boolean;
};

const REPORT_MS = 250;
const SERVER_ERROR = 500;

export interface TrafficMeterOptions {
  clock: Clock;
  attachmentOf(stack: NetworkStack): Attachment | undefined;
  /** `namespace/name` of the Service that has a port there. */
  serviceAt(address: string, port: number): string | undefined;
}

export class TrafficMeter implements ExchangeCounter {
  readonly #options: TrafficMeterOptions;
  readonly #reports = new Emitter<readonly TrafficFlow[]>();
  #flows = new Map<string, TrafficFlow>();

  constructor(options: TrafficMeterOptions) {
    this.#options = options;
  }

  get isWatched(): boolean {
    return this.#reports.size > 0;
  }

  watch(listener: (flows: readonly TrafficFlow[]) => void): Disposable {
    const watching = this.#reports.event(listener);
    return toDisposable(() => {
      watching.dispose();
      if (!this.isWatched) this.#flows.clear();
    });
  }

  count(
    from: NetworkStack,
    address: string,
    port: number,
    to: NetworkStack | undefined,
    response: HttpResponse | undefined,
  ): void {
    this.add({
      from,
      to,
      service: this.#options.serviceAt(address, port),
      failed: !response || response.status >= SERVER_ERROR,
      retried: false,
      faulted: false,
      mutualTls: false,
    });
  }

  add({ from, to, service, failed, retried, faulted, mutualTls }: Exchange): void {
    if (!this.isWatched) return;
    const sender = this.#endOf(from);
    const receiver = to && this.#endOf(to);
    // A kubelet's probes, and what only nodes tell each other.
    if (!sender || (to && receiver?.kind !== 'pod' && service === undefined)) return;
    const key = `${nameOf(sender)} ${nameOf(receiver)} ${service} ${mutualTls}`;
    let flow = this.#flows.get(key);
    if (!flow) {
      flow = {
        from: sender,
        to: receiver,
        service,
        requests: 0,
        failed: 0,
        retried: 0,
        faulted: 0,
        mutualTls,
      };
      if (this.#flows.size === 0) this.#options.clock.setTimeout(() => this.#report(), REPORT_MS);
      this.#flows.set(key, flow);
    }
    flow.requests++;
    if (failed) flow.failed++;
    if (retried) flow.retried++;
    if (faulted) flow.faulted++;
  }

  #report(): void {
    const flows = [...this.#flows.values()];
    this.#flows.clear();
    if (flows.length > 0) this.#reports.fire(flows);
  }

  /** Undefined for a node. */
  #endOf(stack: NetworkStack): TrafficEnd | undefined {
    const attachment = this.#options.attachmentOf(stack);
    switch (attachment?.kind) {
      case 'pod':
        return { kind: 'pod', namespace: attachment.namespace!, name: attachment.name! };
      case 'gateway':
        return { kind: 'gateway', name: stack.hostname };
      case 'node':
        return attachment.node === undefined ? { kind: 'outside' } : undefined;
      default:
        return { kind: 'outside' };
    }
  }
}

const nameOf = (end: TrafficEnd | undefined): string => (end ? JSON.stringify(end) : '');
