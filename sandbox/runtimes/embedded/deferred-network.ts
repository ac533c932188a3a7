/**
 * The learner's machine's place in a network that is still being loaded: servers can be started at once,
 * connections wait for the network.
 */
import type { Disposable } from '../../core/disposable.ts';
import { toDisposable } from '../../core/disposable.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import { Errno } from '../../os/errno.ts';
import type { ConnectionHandler, NameAnswer, NetworkNamespace } from '../../os/network.ts';

export class DeferredNetwork implements NetworkNamespace {
  #network: NetworkNamespace | undefined;
  readonly #loading: Promise<NetworkNamespace>;
  /** Servers that were started before the network came, by port. */
  #early = new Map<number, { start: () => void }>();

  constructor(loading: Promise<NetworkNamespace>) {
    this.#loading = loading;
    loading.then(
      (network) => {
        this.#network = network;
        for (const { start } of this.#early.values()) start();
        this.#early.clear();
      },
      // Whoever connects gets the failure.
      () => {},
    );
  }

  get addresses(): readonly string[] {
    return this.#network?.addresses ?? ['127.0.0.1'];
  }

  listen(port: number, handler: ConnectionHandler, address?: string): Disposable {
    if (this.#network) return this.#network.listen(port, handler, address);
    if (this.#early.has(port)) throw new Errno('EADDRINUSE');
    let listening: Disposable | undefined;
    this.#early.set(port, { start: () => (listening = this.#network!.listen(port, handler, address)) });
    return toDisposable(() => {
      this.#early.delete(port);
      listening?.dispose();
    });
  }

  listening(): { port: number; address: string }[] {
    return this.#network?.listening?.() ?? [];
  }

  async fetch(host: string, port: number, request: HttpRequest): Promise<HttpResponse> {
    return (await this.#loading).fetch(host, port, request);
  }

  async dial(host: string, port: number, signal?: AbortSignal): Promise<void> {
    return (await this.#loading).dial(host, port, signal);
  }

  async query(name: string, type: string): Promise<NameAnswer> {
    return (await this.#loading).query!(name, type);
  }

  async resolve(name: string): Promise<string[]> {
    return (await this.#loading).resolve(name);
  }
}
