/**
 * A node's way to the API server: while it is cut off, requests go nowhere and fail after the time a client gives
 * them. Watches are the process' own (see `pod-source.ts`) and are not led through here.
 */
import { sleep, type Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { KubernetesObject, ObjectList } from '../api/object.ts';
import type { ApiRequest, ApiTransport, WatchEvent } from '../api/request.ts';

/** `nodeStatusUpdateFrequency`: what the kubelet's clients give a request. */
const TIMEOUT_MS = 10_000;

export class NodeLink implements ApiTransport {
  readonly #transport: ApiTransport;
  readonly #clock: Clock;
  /** The cable is out. */
  cut = false;

  constructor(transport: ApiTransport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
  }

  request(request: ApiRequest): Promise<KubernetesObject | ObjectList> {
    return this.cut ? this.#timeOut() : this.#transport.request(request);
  }

  watch(
    request: ApiRequest,
    onEvents: (events: WatchEvent[]) => void,
    onEnd: (error?: Error) => void,
  ): Disposable {
    return this.#transport.watch(request, onEvents, onEnd);
  }

  async #timeOut(): Promise<never> {
    await sleep(this.#clock, TIMEOUT_MS);
    throw new Error('net/http: request canceled (Client.Timeout exceeded while awaiting headers)');
  }
}
