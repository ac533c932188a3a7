/**
 * Where images come from and where they are: registries that answer pulls, and each node's store
 * (containerd's image service), with the words both have for what goes wrong.
 */
import { sleep, type Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { Image } from './image.ts';
import { formatReference, nameOfReference, parseReference, type ImageReference } from './reference.ts';

/** Registries as a node sees them. */
export interface ImageSource {
  /** Rejects with `PullError`. */
  resolve(reference: ImageReference): Promise<Image>;
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

/** A registry whose name does not resolve. */
export function registryUnknown(reference: ImageReference, nameServer: string): PullError {
  const full = formatReference(reference);
  const { registry, repository, tag, digest } = reference;
  const host = registry.replace(/:\d+$/, '');
  return new PullError(
    `failed to pull and unpack image "${full}": failed to resolve reference "${full}": failed to do request: ` +
      `Head "https://${registry}/v2/${repository}/manifests/${digest ?? tag}": ` +
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
}

export class NodeImages {
  readonly #options: NodeImagesOptions;
  readonly #byId = new Map<string, StoredImage>();
  readonly #byName = new Map<string, StoredImage>();
  /** Layers that are here already are not fetched again. */
  readonly #layers = new Set<string>();
  readonly #pulling = new Map<string, Promise<StoredImage>>();

  constructor(options: NodeImagesOptions) {
    this.#options = options;
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

  /** All images, biggest first, as the kubelet reports them. */
  list(): StoredImage[] {
    return [...this.#byId.values()].sort((a, b) => b.image.sizeBytes - a.image.sizeBytes);
  }

  async #pull(parsed: ImageReference, full: string): Promise<StoredImage> {
    const { clock, random, source } = this.#options;
    const jitter = () => 0.7 + 0.6 * random.next();
    await sleep(clock, RESOLVE_MS * jitter());
    const image = await source.resolve(parsed);
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
    for (const layer of image.layers) this.#layers.add(layer.digest);
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
