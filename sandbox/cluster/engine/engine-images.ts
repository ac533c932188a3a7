/** Docker's images: the daemon's side of `docker images`, `tag`, `rmi`, `pull`, `push`, and kind's `load`. */
import {
  EngineError,
  type EngineImages,
  type ImageStep,
  type ImageSummary,
  type LayerProgress,
  type Pulled,
} from '../../os/container-engine.ts';
import { Errno } from '../../os/errno.ts';
import { NameNotFound, type NetworkNamespace } from '../../os/network.ts';
import type { BaseImages } from '../images/build/builder.ts';
import {
  RegistryClient,
  UnexpectedAnswer,
  type PushedLayer,
} from '../images/distribution/registry-client.ts';
import type { Image } from '../images/image.ts';
import { dialFailure, registryFetch, type ImageSources } from '../images/image-sources.ts';
import { PullError, type NodeImages, type StoredImage } from '../images/image-store.ts';
import {
  familiarName,
  formatReference,
  InvalidReference,
  parseReference,
  type ImageReference,
} from '../images/reference.ts';
import type { StoredImages } from './stored-images.ts';

/** A node of the cluster with its images. */
export interface EngineNode {
  name: string;
  images: NodeImages;
}

export interface DockerImagesOptions {
  images: NodeImages;
  sources: ImageSources;
  network: NetworkNamespace;
  stored: StoredImages;
  nodes: readonly EngineNode[];
  /** Whether a container uses an image: it cannot be removed then. */
  usedBy(imageId: string): { id: string; running: boolean } | undefined;
}

const ID_DIGITS = 12;

export class DockerImages implements EngineImages, BaseImages {
  readonly #options: DockerImagesOptions;

  constructor(options: DockerImagesOptions) {
    this.#options = options;
  }

  list(): ImageSummary[] {
    return this.#options.images
      .list()
      .map(({ image, tags, digests }) => ({
        id: image.id,
        tags: [...tags].map(familiar),
        digests: [...digests].map(familiar),
        createdMs: Date.parse(image.created),
        sizeBytes: contentBytes(image),
      }))
      .sort((a, b) => b.createdMs - a.createdMs);
  }

  /** The image of a name, an ID or the first digits of one. */
  find(name: string): StoredImage | undefined {
    const { images } = this.#options;
    const digits = name.replace(/^sha256:/, '');
    if (/^[0-9a-f]{4,64}$/.test(digits)) {
      const found = images.list().filter(({ image }) => image.id.startsWith(`sha256:${digits}`));
      if (found.length === 1) return found[0];
    }
    try {
      return images.find(name);
    } catch (error) {
      if (error instanceof InvalidReference) return undefined;
      throw error;
    }
  }

  #found(name: string): StoredImage {
    const found = this.find(name);
    if (!found) throw new EngineError(`No such image: ${withTag(name)}`);
    return found;
  }

  history(name: string): ImageStep[] {
    const { image } = this.#found(name);
    let at = 0;
    const steps = image.history.map((step): ImageStep => ({
      createdMs: Date.parse(step.created),
      createdBy: step.created_by,
      sizeBytes: step.empty_layer ? 0 : (image.layers[at++]?.contentBytes ?? 0),
      comment: step.comment ?? '',
    }));
    const last = steps.at(-1);
    if (last) last.id = image.id;
    return steps.reverse();
  }

  inspect(name: string): Record<string, unknown> | undefined {
    const found = this.find(name);
    if (!found) return undefined;
    const { image, tags, digests } = found;
    return {
      Id: image.id,
      RepoTags: [...tags].map(familiar),
      RepoDigests: [...digests].map(familiar),
      Comment: image.history.at(-1)?.comment ?? '',
      Created: image.created,
      Config: image.config,
      Architecture: 'amd64',
      Os: 'linux',
      Size: contentBytes(image),
      RootFS: { Type: 'layers', Layers: image.layers.map(({ digest }) => digest) },
      Metadata: {},
    };
  }

  tag(source: string, target: string): void {
    const found = this.#found(source);
    const reference = parsed(target);
    if (reference.digest) throw new EngineError('refusing to create a tag with a digest reference');
    this.#options.images.load(target, found.image);
    this.#save();
  }

  remove(name: string, force: boolean): string[] {
    const { images } = this.#options;
    const found = this.#found(name);
    const { image, tags } = found;
    const byId = /^(sha256:)?[0-9a-f]{4,64}$/.test(name) && !tags.has(fullName(name));
    const user = this.#options.usedBy(image.id);
    const last = byId || tags.size <= 1;
    if (last && user && (user.running || !force))
      throw new EngineError(
        `conflict: unable to ${byId ? 'delete' : 'remove repository reference'} ${byId ? short(image.id) : JSON.stringify(name)} (${user.running && byId ? 'cannot be forced' : 'must force'}) - container ${user.id.slice(0, ID_DIGITS)} is using its referenced image ${short(image.id)}`,
      );
    if (byId && tags.size > 1 && !force)
      throw new EngineError(
        `conflict: unable to delete ${short(image.id)} (must be forced) - image is referenced in multiple repositories`,
      );
    const untagged = byId ? [...tags] : [fullName(name)];
    const digests = [...found.digests];
    const lines = untagged.map((tag) => `Untagged: ${familiar(tag)}`);
    let gone = false;
    for (const tag of untagged) gone = images.untag(tag, found);
    if (untagged.length === 0) {
      images.remove(found);
      gone = true;
    }
    if (gone) {
      lines.push(...digests.map((digest) => `Untagged: ${familiar(digest)}`), `Deleted: ${image.id}`);
      const kept = new Set(images.list().flatMap((each) => each.image.layers.map(({ digest }) => digest)));
      for (const { digest } of image.layers.toReversed())
        if (!kept.has(digest)) lines.push(`Deleted: ${digest}`);
    }
    this.#save();
    return lines;
  }

  prune(): string[] {
    const { images } = this.#options;
    const lines: string[] = [];
    for (const stored of images.list()) {
      if (stored.tags.size > 0 || this.#options.usedBy(stored.image.id)) continue;
      images.remove(stored);
      lines.push(`deleted: ${stored.image.id}`);
    }
    this.#save();
    return lines;
  }

  async pull(name: string, told: (progress: LayerProgress) => void): Promise<Pulled> {
    const reference = parsed(name);
    const full = formatReference(reference);
    const { images } = this.#options;
    const before = images.find(full);
    const had = new Set(images.list().flatMap(({ image }) => image.layers.map(({ digest }) => digest)));
    let stored: StoredImage;
    try {
      stored = await images.pull(full);
    } catch (error) {
      if (error instanceof PullError) throw new EngineError(daemonWords(reference, error.message));
      throw error;
    }
    for (const { digest } of stored.image.layers)
      told({ layer: short(digest), status: had.has(digest) ? 'Already exists' : 'Pull complete' });
    this.#save();
    return { digest: stored.image.digest, newer: before !== stored, reference: full };
  }

  async push(
    name: string,
    told: (progress: LayerProgress) => void,
  ): Promise<{ digest: string; sizeBytes: number }> {
    const reference = parsed(name);
    const found = this.find(name);
    if (!found)
      throw new EngineError(`An image does not exist locally with the tag: ${familiarName(reference)}`);
    const { sources, network } = this.#options;
    const place = sources.placeOf(reference.registry);
    if (!place) {
      if (reference.registry !== 'docker.io')
        throw new EngineError(
          `Get "https://${reference.registry}/v2/": dial tcp: lookup ${reference.registry.replace(/:\d+$/, '')}: no such host`,
        );
      throw new EngineError(
        `push access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
      );
    }
    const client = new RegistryClient(registryFetch(network, place), reference.registry);
    const { image } = found;
    for (const { digest } of image.layers) told({ layer: short(digest), status: 'Preparing' });
    try {
      await client.push(
        reference,
        image,
        ({ digest }, how) => told({ layer: short(digest), status: statusOf(how) }),
        (digest) => this.#repositoryWith(digest, reference),
      );
    } catch (error) {
      if (error instanceof UnexpectedAnswer) throw new EngineError(error.message);
      if (!(error instanceof Errno || error instanceof NameNotFound)) throw error;
      const cause = await dialFailure(network, place.host, place.port, error);
      throw new EngineError(`Get "http://${reference.registry}/v2/": ${cause}`);
    }
    this.#options.images.noteDigest(reference, found);
    return { digest: image.digest, sizeBytes: image.manifest.bytes.length };
  }

  /** Another repository of the same registry that an image with this layer came from or went to. */
  #repositoryWith(layer: string, { registry, repository }: ImageReference): string | undefined {
    for (const { image, digests } of this.#options.images.list())
      if (image.layers.some(({ digest }) => digest === layer))
        for (const name of digests) {
          const other = parseReference(name);
          if (other.registry === registry && other.repository !== repository) return other.repository;
        }
    return undefined;
  }

  load(name: string): { id: string; nodes: string[] } {
    const { image, tags } = this.#found(name);
    const names = tags.has(fullName(name)) ? [fullName(name)] : [...tags];
    const lacking = this.#options.nodes.filter(
      (node) => !names.every((tag) => node.images.find(tag)?.image.id === image.id),
    );
    for (const node of lacking) for (const tag of names) node.images.load(tag, image);
    return { id: image.id, nodes: lacking.map((node) => node.name) };
  }

  /** For builds: what is here, or what a registry has. */
  async base(reference: ImageReference, pull: boolean): Promise<Image> {
    const { images, sources, network } = this.#options;
    const here = pull ? undefined : images.find(formatReference(reference));
    if (here) return here.image;
    try {
      return await sources.resolve(reference, { network, layers: new Map() });
    } catch (error) {
      if (error instanceof PullError)
        throw new Error(error.message.replace(/^.*failed to resolve reference "[^"]*": /, ''));
      throw error;
    }
  }

  /** What a build made. */
  keep(image: Image, tags: readonly string[]): void {
    const { images } = this.#options;
    if (tags.length === 0) images.keep(image);
    for (const tag of tags) images.load(tag, image);
    this.#save();
  }

  #save(): void {
    this.#options.stored.save(this.#options.images);
  }
}

/** Sizes as Docker tells them are of contents, without what archives add. */
const contentBytes = (image: Image): number =>
  image.layers.reduce((sum, layer) => sum + layer.contentBytes, 0);

const short = (digest: string): string => digest.slice('sha256:'.length).slice(0, ID_DIGITS);

/** What Docker says of a layer that it pushed. */
function statusOf(how: PushedLayer): string {
  if (typeof how === 'object') return `Mounted from ${how.mountedFrom}`;
  return how === 'pushed' ? 'Pushed' : 'Layer already exists';
}

function parsed(name: string): ImageReference {
  try {
    return parseReference(name);
  } catch (error) {
    if (error instanceof InvalidReference) throw new EngineError(error.message);
    throw error;
  }
}

/** `docker.io/library/busybox:1`, or the text itself where it is no reference. */
function fullName(name: string): string {
  try {
    return formatReference(parseReference(name));
  } catch {
    return name;
  }
}

/** `busybox:1` for `docker.io/library/busybox:1`. */
function familiar(full: string): string {
  const reference = parseReference(full);
  return `${familiarName(reference)}${reference.digest ? `@${reference.digest}` : `:${reference.tag}`}`;
}

const withTag = (name: string): string => (/[:@]/.test(name.split('/').at(-1)!) ? name : `${name}:latest`);

/** What the daemon makes of containerd's message. */
function daemonWords(reference: ImageReference, message: string): string {
  const name = familiarName(reference);
  if (message.includes('pull access denied'))
    return `pull access denied for ${name}, repository does not exist or may require 'docker login'`;
  if (message.endsWith(': not found'))
    return `manifest for ${name}:${reference.tag ?? reference.digest} not found: manifest unknown: manifest unknown`;
  const dial = /"(https?:\/\/[^/]+\/v2\/).*": (.*)$/.exec(message);
  return dial ? `Get "${dial[1]}": ${dial[2]}` : message;
}
