/**
 * The ingress gateway (net-kourier's place): finds a Route by the name in `Host`, one of its revisions by their shares,
 * and hands the request to the activator. Two ports, as Kourier has two Services: names of outside, and names within
 * the cluster as well. Left out: TLS, gradual rollouts, tags in a header.
 */
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import { textResponse, type HttpRequest, type HttpResponse } from '../../../core/http.ts';
import type { Random } from '../../../core/random.ts';
import type { Peer } from '../../../os/network.ts';
import type { NetworkStack } from '../../network/network-stack.ts';
import type { Activator } from './activator.ts';

export const EXTERNAL_PORT = 8080;
export const INTERNAL_PORT = 8081;

export interface Share {
  /** `namespace/name` */
  revision: string;
  percent: number;
}

/** Names and where they lead. */
export interface Programmed {
  /** Names that only those within the cluster may use. */
  internal: ReadonlyMap<string, readonly Share[]>;
  /** Names that everybody may use. */
  external: ReadonlyMap<string, readonly Share[]>;
}

export class ServingGateway implements Disposable {
  readonly #activator: Activator;
  readonly #random: Random;
  readonly #routes = new Map<string, Programmed>();
  readonly #internal = new Map<string, readonly Share[]>();
  readonly #external = new Map<string, readonly Share[]>();
  readonly #resources = new DisposableStore();

  constructor({ activator, random, stack }: { activator: Activator; random: Random; stack: NetworkStack }) {
    this.#activator = activator;
    this.#random = random;
    this.#resources.add(
      stack.listen(EXTERNAL_PORT, (request, peer) => this.#answer(request, peer, [this.#external])),
    );
    this.#resources.add(
      stack.listen(INTERNAL_PORT, (request, peer) =>
        this.#answer(request, peer, [this.#internal, this.#external]),
      ),
    );
  }

  /** Takes what a Route says now; undefined: it is gone. */
  program(route: string, programmed: Programmed | undefined): void {
    if (programmed) this.#routes.set(route, programmed);
    else this.#routes.delete(route);
    this.#internal.clear();
    this.#external.clear();
    for (const { internal, external } of this.#routes.values()) {
      for (const [name, shares] of internal) this.#internal.set(name, shares);
      for (const [name, shares] of external) this.#external.set(name, shares);
    }
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #answer(
    request: HttpRequest,
    peer: Peer,
    tables: readonly ReadonlyMap<string, readonly Share[]>[],
  ): Promise<HttpResponse> {
    const name = (request.headers['host'] ?? '').replace(/:\d+$/, '').toLowerCase();
    const shares = tables.map((table) => table.get(name)).find(Boolean);
    const chosen = shares && this.#choose(shares);
    if (!chosen) return textResponse(404, '');
    const headers = { ...request.headers };
    headers['x-forwarded-for'] = [headers['x-forwarded-for'], peer.address].filter(Boolean).join(', ');
    headers['x-forwarded-proto'] ??= 'http';
    headers['x-request-id'] ??= this.#random.uuid();
    headers['k-proxy-request'] = 'activator';
    const response = await this.#activator.forward(chosen.revision, { ...request, headers });
    return { ...response, headers: { server: 'envoy', ...response.headers } };
  }

  #choose(shares: readonly Share[]): Share | undefined {
    if (shares.length === 1) return shares[0];
    let at = this.#random.next() * shares.reduce((sum, { percent }) => sum + percent, 0);
    return shares.find(({ percent }) => (at -= percent) < 0);
  }
}
