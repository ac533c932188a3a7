/**
 * What flows now: the requests of the last seconds, by the lines and the things of the picture. Plain values; who
 * holds it says what time it is.
 */
import type { TrafficEnd, TrafficFlow } from '../../../sandbox/core/traffic.ts';

/** How many requests a thing gets, and what becomes of them. */
export interface Rate {
  perSecond: number;
  /** Without an answer, or with a 5xx. */
  failed: boolean;
  retried: boolean;
  faulted: boolean;
  mutualTls: boolean;
}

/** A pod sends to a Service, or gets what was sent to one. */
export interface TrafficLine {
  /** Ids of the picture. */
  pod: string;
  service: string;
  direction: 'calls' | 'receives';
  failed: boolean;
  mutualTls: boolean;
}

export interface TrafficPicture {
  lines: TrafficLine[];
  /** By id of a pod or a Service that gets requests. */
  rates: Map<string, Rate>;
}

export const NO_TRAFFIC: TrafficPicture = { lines: [], rates: new Map() };

/** Long enough to see one request, short enough to be the present. */
const WINDOW_MS = 3000;

export class LiveTraffic {
  #reports: { atMs: number; flows: readonly TrafficFlow[] }[] = [];

  add(flows: readonly TrafficFlow[], atMs: number): void {
    this.#reports.push({ atMs, flows });
  }

  /** The requests of the seconds before `atMs`; older ones are forgotten. */
  at(atMs: number): TrafficPicture {
    this.#reports = this.#reports.filter((report) => atMs - report.atMs < WINDOW_MS);
    if (this.#reports.length === 0) return NO_TRAFFIC;
    const lines = new Map<string, TrafficLine>();
    const rates = new Map<string, Rate>();
    for (const { flows } of this.#reports)
      for (const flow of flows) {
        const service = flow.service && `Service/${flow.service}`;
        const [sender, receiver] = [podId(flow.from), podId(flow.to)];
        for (const id of [service, receiver]) if (id) count(rates, id, flow);
        if (!service) continue;
        if (sender) draw(lines, { pod: sender, service, direction: 'calls' }, flow);
        if (receiver) draw(lines, { pod: receiver, service, direction: 'receives' }, flow);
      }
    return { lines: [...lines.values()], rates };
  }
}

const podId = (end: TrafficEnd | undefined): string | undefined =>
  end?.kind === 'pod' ? `Pod/${end.namespace}/${end.name}` : undefined;

function count(rates: Map<string, Rate>, id: string, flow: TrafficFlow): void {
  const rate = rates.get(id) ?? {
    perSecond: 0,
    failed: false,
    retried: false,
    faulted: false,
    mutualTls: true,
  };
  rates.set(id, {
    perSecond: rate.perSecond + (flow.requests * 1000) / WINDOW_MS,
    failed: rate.failed || flow.failed > 0,
    retried: rate.retried || flow.retried > 0,
    faulted: rate.faulted || flow.faulted > 0,
    // One request in the clear is one too many to draw a lock.
    mutualTls: rate.mutualTls && flow.mutualTls,
  });
}

function draw(
  lines: Map<string, TrafficLine>,
  line: Pick<TrafficLine, 'pod' | 'service' | 'direction'>,
  { failed, mutualTls }: TrafficFlow,
): void {
  const key = `${line.pod} ${line.service} ${line.direction}`;
  const known = lines.get(key);
  lines.set(key, {
    ...line,
    failed: (known?.failed ?? false) || failed > 0,
    mutualTls: (known?.mutualTls ?? true) && mutualTls,
  });
}
