/**
 * Where images come from and where they are: registries that answer pulls, and each node's store
 * (containerd's image service), with the words both have for what goes wrong.
 */
import { sleep, type Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { NetworkNamespace } from '../../os/network.ts';
import type { Image } from './image.ts';
import type { Layer } from './layer.ts';
import { formatReference, nameOfReference, parseReference, type ImageReference } from './reference.ts';

/** Registries as a node sees them. */
export interface ImageSource {
  /** Rejects with `PullError`. */
  resolve(reference: ImageReference, puller: Puller): Promise<Image>;
}

/** Who pulls. */
export interface Puller {
  /** The network that registries are reached by; undefined: only built-in ones are. */
  network?: NetworkNamespace | undefined;
  /** Layers that are there already, by digest. */
  layers: ReadonlyMap<string, Layer>;
}

/** A pull that failed. `message` is what the container runtime reports, its gRPC code in front. */
export class PullError extends Error {}

/** What a registry that has the repository, but not that tag or digest, makes of a pull. */
export function tagNotFound(reference: ImageReference): PullError {
  const full = formatReference(reference);
  return new PullError(
    `rpc error: code = NotFound desc = failed to pull and unpack image "${full}": ` +
      `failed to resolve reference "${full}": ${full}: not found`,
  );
}

/** What Docker Hub makes of a repository that does not exist, or is not for everybody. */
export function repositoryDenied(reference: ImageReference): PullError {
  const full = formatReference(reference);
  return new PullError(
    `failed to pull and unpack image "${full}": failed to resolve reference "${full}": pull access denied, ` +
      `repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
  );
}

/** A registry that cannot be asked; `cause` is what Go's HTTP client says. */
export function registryUnreachable(reference: ImageReference, url: string, cause: string): PullError {
  const full = formatReference(reference);
  return new PullError(
    `failed to pull and unpack image "${full}": failed to resolve reference "${full}": failed to do request: Head "${url}": ${cause}`,
  );
}

/** A registry whose name does not resolve. */
export function registryUnknown(reference: ImageReference, nameServer: string): PullError {
  const { registry, repository, tag, digest } = reference;
  const host = registry.replace(/:\d+$/, '');
  return registryUnreachable(
    reference,
    `https://${registry}/v2/${repository}/manifests/${digest ?? tag}`,
    `dial tcp: lookup ${host} on ${nameServer}:53: no such host`,
  );
}

/** An image in a node's store with the names it has there. */
export interface StoredImage {
  image: Image;
  /** `docker.io/library/busybox:1`, in order of arrival. */
  tags: Set<string>;
  /** `docker.io/library/busybox@sha256:…`: only of what was pulled from a registry. */
  digests: Set<string>;
}

/** Asking the registry, and what each layer costs to fetch and unpack; a little different every time. */
const RESOLVE_MS = 600;
const LAYER_MS = 250;
const BYTES_PER_MS = 12_500;

export interface NodeImagesOptions {
  clock: Clock;
  random: Random;
  source: ImageSource;
  network?: NetworkNamespace | undefined;
}

export class NodeImages {
  /** The node's own network, by which registries are reached; undefined: only built-in ones are. */
  network: NetworkNamespace | undefined;
  readonly #options: NodeImagesOptions;
  readonly #byId = new Map<string, StoredImage>();
  readonly #byName = new Map<string, StoredImage>();
  /** Layers that are here already are not fetched again. */
  readonly #layers = new Map<string, Layer>();
  readonly #pulling = new Map<string, Promise<StoredImage>>();

  constructor(options: NodeImagesOptions) {
    this.#options = options;
    this.network = options.network;
  }

  /** The image that `reference` (tag, digest or image ID) names on this node. Throws `InvalidReference`. */
  find(reference: string): StoredImage | undefined {
    return this.#byName.get(reference) ?? this.#byId.get(reference) ?? this.#byName.get(normal(reference));
  }

  /** Puts an image here under a tag, as `kind load docker-image` does. */
  load(tag: string, image: Image): StoredImage {
    const stored = this.#store(image);
    this.#name(normal(tag), stored, stored.tags);
    return stored;
  }

  /**
   * Pulls an image, in time for what is not here yet. Two pulls of one reference are one.
   * Rejects with `PullError`; throws `InvalidReference`.
   */
  pull(reference: string): Promise<StoredImage> {
    const parsed = parseReference(reference);
    const full = formatReference(parsed);
    let pull = this.#pulling.get(full);
    if (!pull) {
      pull = this.#pull(parsed, full).finally(() => this.#pulling.delete(full));
      this.#pulling.set(full, pull);
    }
    return pull;
  }

  /** Gives the image that `reference` names here another name. Undefined: there is no such image. */
  tag(reference: string, tag: string): StoredImage | undefined {
    const stored = this.find(reference);
    if (stored) this.#name(normal(tag), stored, stored.tags);
    return stored;
  }

  /** Notes that a registry has the image under this name: what a push does besides. */
  noteDigest(reference: ImageReference, stored: StoredImage): void {
    this.#name(`${nameOfReference(reference)}@${stored.image.digest}`, stored, stored.digests);
  }

  /** Takes a name away; the image goes with its last one. True: it went. */
  untag(reference: string, stored: StoredImage): boolean {
    const name = normal(reference);
    this.#byName.delete(name);
    stored.tags.delete(name);
    stored.digests.delete(name);
    if (stored.tags.size > 0) return false;
    this.remove(stored);
    return true;
  }

  /** Removes an image with all its names. Layers that no other image has go too. */
  remove(stored: StoredImage): void {
    for (const name of [...stored.tags, ...stored.digests]) this.#byName.delete(name);
    this.#byId.delete(stored.image.id);
    const kept = new Set(this.list().flatMap(({ image }) => image.layers.map(({ digest }) => digest)));
    for (const { digest } of stored.image.layers) if (!kept.has(digest)) this.#layers.delete(digest);
  }

  /** Keeps an image that has no name yet, as a build without `-t` does. */
  keep(image: Image): StoredImage {
    return this.#store(image);
  }

  /** All images, biggest first, as the kubelet reports them. */
  list(): StoredImage[] {
    return [...this.#byId.values()].sort((a, b) => b.image.sizeBytes - a.image.sizeBytes);
  }

  async #pull(parsed: ImageReference, full: string): Promise<StoredImage> {
    const { clock, random, source } = this.#options;
    const jitter = () => 0.7 + 0.6 * random.next();
    await sleep(clock, RESOLVE_MS * jitter());
    const image = await source.resolve(parsed, { network: this.network, layers: this.#layers });
    let delayMs = 0;
    for (const layer of image.layers) {
      if (this.#layers.has(layer.digest)) continue;
      delayMs += (LAYER_MS + layer.sizeBytes / BYTES_PER_MS) * jitter();
    }
    if (delayMs > 0) await sleep(clock, delayMs);
    const stored = this.#store(image);
    if (parsed.tag && !parsed.digest) this.#name(full, stored, stored.tags);
    this.#name(`${nameOfReference(parsed)}@${image.digest}`, stored, stored.digests);
    return stored;
  }

  #store(image: Image): StoredImage {
    let stored = this.#byId.get(image.id);
    if (!stored) this.#byId.set(image.id, (stored = { image, tags: new Set(), digests: new Set() }));
    for (const layer of image.layers) this.#layers.set(layer.digest, layer);
    return stored;
  }

  /** Gives `stored` a name that another image may have had until now. */
  #name(name: string, stored: StoredImage, names: Set<string>): void {
    const before = this.#byName.get(name);
    if (before && before !== stored) before.tags.delete(name);
    names.add(name);
    this.#byName.set(name, stored);
  }
}

/** The full form of a reference; with both tag and digest the digest decides. */
function normal(reference: string): string {
  const parsed = parseReference(reference);
  return formatReference(parsed.digest ? { ...parsed, tag: undefined } : parsed);
}
