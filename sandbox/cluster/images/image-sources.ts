/**
 * Which registry answers for a reference: those that come with the product (`registry.ts`), or one that speaks
 * HTTP in the network around the node. As containerd has it, a local one (`localhost:…`) is asked over plain
 * HTTP, and hosts can be given a mirror: that is how kind's nodes find the registry of the learner's machine.
 */
import { Errno } from '../../os/errno.ts';
import { NameNotFound, type NetworkNamespace } from '../../os/network.ts';
import type { Image } from './image.ts';
import {
  PullError,
  registryUnknown,
  registryUnreachable,
  tagNotFound,
  type ImageSource,
  type Puller,
} from './image-store.ts';
import { formatReference, type ImageReference } from './reference.ts';
import {
  ManifestNotFound,
  RegistryClient,
  UnexpectedAnswer,
  type RegistryFetch,
} from './distribution/registry-client.ts';

/** Where a registry really is. */
export interface RegistryPlace {
  host: string;
  port: number;
}

export interface ImageSourcesOptions {
  /** Answers for the registries that come with the product, and refuses for those it knows to exist. */
  builtIn: ImageSource;
  /** Places by the registry's name in references: `localhost:5001` → `kind-registry:5000`. */
  mirrors: Readonly<Record<string, RegistryPlace>>;
}

const HTTP_PORT = 80;

export class ImageSources implements ImageSource {
  readonly #builtIn: ImageSource;
  readonly #mirrors: ImageSourcesOptions['mirrors'];

  constructor({ builtIn, mirrors }: ImageSourcesOptions) {
    this.#builtIn = builtIn;
    this.#mirrors = mirrors;
  }

  async resolve(reference: ImageReference, puller: Puller): Promise<Image> {
    const { registry } = reference;
    const { network } = puller;
    const place = this.placeOf(registry);
    if (!network || (!place && !registry.includes(':'))) return this.#builtIn.resolve(reference, puller);
    if (!place) return this.#refuse(reference, network);
    const client = new RegistryClient(registryFetch(network, place), registry);
    try {
      return await client.pull(reference, puller.layers);
    } catch (error) {
      if (error instanceof ManifestNotFound) throw tagNotFound(reference);
      if (error instanceof UnexpectedAnswer)
        throw new PullError(
          `failed to pull and unpack image "${formatReference(reference)}": failed to resolve reference "${formatReference(reference)}": ${error.message}`,
        );
      throw await unreachable(reference, client.manifestUrl(reference), error, network, place);
    }
  }

  /** Where a registry is that is asked over plain HTTP. */
  placeOf(registry: string): RegistryPlace | undefined {
    const mirror = this.#mirrors[registry];
    if (mirror) return mirror;
    const [host = '', port] = registry.split(':');
    return host === 'localhost' || host.startsWith('127.')
      ? { host, port: port ? Number(port) : HTTP_PORT }
      : undefined;
  }

  /** Any other registry is asked over HTTPS, and nobody here has a certificate. */
  async #refuse(reference: ImageReference, network: NetworkNamespace): Promise<never> {
    const { registry, repository, tag, digest } = reference;
    const [host = '', port = ''] = registry.split(':');
    const url = `https://${registry}/v2/${repository}/manifests/${digest ?? tag}`;
    try {
      await network.dial(host, Number(port));
    } catch (error) {
      if (error instanceof NameNotFound) throw registryUnknown(reference, '172.18.0.1');
      throw await unreachable(reference, url, error, network, { host, port: Number(port) });
    }
    throw registryUnreachable(reference, url, 'http: server gave HTTP response to HTTPS client');
  }
}

/** Requests to a registry over a network. */
export const registryFetch =
  (network: NetworkNamespace, { host, port }: RegistryPlace): RegistryFetch =>
  (request) =>
    network.fetch(host, port, request);

async function unreachable(
  reference: ImageReference,
  url: string,
  error: unknown,
  network: NetworkNamespace,
  { host, port }: RegistryPlace,
): Promise<PullError> {
  if (!(error instanceof Errno || error instanceof NameNotFound)) throw error;
  return registryUnreachable(reference, url, await dialFailure(network, host, port, error));
}

/** Go's words for a connection that failed: `dial tcp 127.0.0.1:5000: connect: connection refused`. */
export async function dialFailure(
  network: NetworkNamespace,
  host: string,
  port: number,
  error: Error,
): Promise<string> {
  if (error instanceof NameNotFound) return `dial tcp: lookup ${host}: no such host`;
  const [address = host] = await network.resolve(host).catch(() => [host]);
  return `dial tcp ${address}:${port}: connect: ${error.message.toLowerCase()}`;
}
