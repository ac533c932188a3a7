/** A container's view of its pod's network: what is answered there is work that the container's control group counts. */
import { sleep, type Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import { BYTE_MS, REQUEST_MS, type ControlGroup } from '../../os/control-group.ts';
import type { ConnectionHandler, LinkShape, NameAnswer, NetworkNamespace } from '../../os/network.ts';

export class CountedNetwork implements NetworkNamespace {
  readonly #network: NetworkNamespace;
  readonly #controlGroup: ControlGroup;
  readonly #clock: Clock;
  /** Of processes with NET_ADMIN. */
  readonly link: LinkShape | undefined;

  constructor(network: NetworkNamespace, controlGroup: ControlGroup, clock: Clock, netAdmin: boolean) {
    this.#network = network;
    this.link = netAdmin ? network.link : undefined;
    this.#controlGroup = controlGroup;
    this.#clock = clock;
  }

  get addresses(): readonly string[] {
    return this.#network.addresses;
  }

  /** A request over the CPU limit is answered when there is CPU again. */
  listen(port: number, handler: ConnectionHandler, address?: string): Disposable {
    const counted: ConnectionHandler = (request, peer) => {
      this.#controlGroup.charge(REQUEST_MS + (request.body?.length ?? 0) * BYTE_MS);
      const pauseMs = this.#controlGroup.pauseMs();
      return pauseMs === 0
        ? handler(request, peer)
        : sleep(this.#clock, pauseMs).then(() => handler(request, peer));
    };
    return this.#network.listen(port, counted, address);
  }

  listening(): { port: number; address: string }[] {
    return this.#network.listening?.() ?? [];
  }

  fetch(host: string, port: number, request: HttpRequest): Promise<HttpResponse> {
    this.#controlGroup.charge(REQUEST_MS);
    return this.#network.fetch(host, port, request);
  }

  dial(host: string, port: number, signal?: AbortSignal): Promise<void> {
    return this.#network.dial(host, port, signal);
  }

  query(name: string, type: string): Promise<NameAnswer> {
    return this.#network.query!(name, type);
  }

  resolve(name: string): Promise<string[]> {
    return this.#network.resolve(name);
  }
}
