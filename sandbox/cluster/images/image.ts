/**
 * An image as the OCI specification has it: layers, a configuration, and a manifest that names both by
 * their digests. What differs is what the layers' binaries hold (see `executable.ts`).
 */
import { decode, encode } from '../../core/bytes.ts';
import { ManualClock } from '../../core/clock.ts';
import type { FileTree } from '../../os/file-tree.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import type { Layer } from './layer.ts';
import { sha256 } from '../../core/sha256.ts';

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar';

/** `config` of an OCI image configuration, under its names there. */
export interface ImageConfig {
  Entrypoint?: string[];
  Cmd?: string[];
  /** `NAME=value` */
  Env?: string[];
  WorkingDir?: string;
  /** `80/tcp` → `{}` */
  ExposedPorts?: Record<string, Record<string, never>>;
  /** Name or uid, `user:group` allowed. */
  User?: string;
  StopSignal?: string;
  Labels?: Record<string, string>;
  Volumes?: Record<string, Record<string, never>>;
  /** Docker's own: durations in nanoseconds. Kubernetes does not look at it. */
  Healthcheck?: HealthCheck;
  /** Docker's own: what runs the shell form of commands; default `/bin/sh -c`. */
  Shell?: string[];
}

export interface HealthCheck {
  /** `['NONE']`, `['CMD', …]`, `['CMD-SHELL', 'curl …']` */
  Test: string[];
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  Retries?: number;
}

/** A step of an image's making, under its names in the configuration. */
export interface ImageHistory {
  /** RFC 3339. */
  created: string;
  created_by: string;
  comment?: string;
  /** It changed the configuration only. */
  empty_layer?: true;
}

/** The configuration document. */
export interface ImageConfiguration {
  architecture: string;
  config: ImageConfig;
  created: string;
  history: ImageHistory[];
  os: string;
  rootfs: { type: 'layers'; diff_ids: string[] };
}

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

export interface ImageManifest {
  schemaVersion: 2;
  mediaType?: string;
  config: Descriptor;
  layers: Descriptor[];
}

/** A document and its digest, `sha256:…`. */
export interface Document {
  bytes: Uint8Array;
  digest: string;
}

export class Image {
  readonly config: ImageConfig;
  readonly layers: readonly Layer[];
  readonly history: readonly ImageHistory[];
  /** RFC 3339. */
  readonly created: string;
  #documents: { configuration: Document; manifest: Document } | undefined;
  #tree: FileTree | undefined;

  /** @param made how it was built; default: one step a layer, made when its last layer was. */
  constructor(
    config: ImageConfig,
    layers: readonly Layer[],
    made: { history?: readonly ImageHistory[]; created?: string } = {},
  ) {
    this.config = config;
    this.layers = layers;
    this.created = made.created ?? new Date(layers.at(-1)?.createdMs ?? 0).toISOString();
    this.history =
      made.history ??
      layers.map((layer) => ({
        created: new Date(layer.createdMs).toISOString(),
        created_by: layer.createdBy,
      }));
  }

  /** The image of documents that came from elsewhere: they keep their bytes, and so their digests. */
  static fromDocuments(configuration: Uint8Array, manifest: Uint8Array, layers: readonly Layer[]): Image {
    const { config, history, created } = JSON.parse(decode(configuration)) as ImageConfiguration;
    const image = new Image(config ?? {}, layers, { history: history ?? [], created });
    image.#documents = { configuration: document(configuration), manifest: document(manifest) };
    return image;
  }

  /** Digest of the configuration: what `docker images` and `crictl` call the image ID. */
  get id(): string {
    return this.configuration.digest;
  }

  /** Digest of the manifest: what `name@sha256:…` pins. */
  get digest(): string {
    return this.manifest.digest;
  }

  get configuration(): Document {
    return this.#documented().configuration;
  }

  get manifest(): Document {
    return this.#documented().manifest;
  }

  /** What a registry holds of it: documents and archives. */
  get sizeBytes(): number {
    const { configuration, manifest } = this.#documented();
    let sizeBytes = configuration.bytes.length + manifest.bytes.length;
    for (const layer of this.layers) sizeBytes += layer.sizeBytes;
    return sizeBytes;
  }

  /** All layers on top of each other. One tree for all containers of the image. */
  get tree(): FileTree {
    if (!this.#tree) {
      const createdMs = this.layers.at(-1)?.createdMs ?? 0;
      const files = new MemoryFileSystem({ clock: new ManualClock(createdMs) });
      for (const layer of this.layers) layer.apply(files);
      this.#tree = files.snapshot();
    }
    return this.#tree;
  }

  #documented() {
    if (this.#documents) return this.#documents;
    const configuration = document(
      encode(
        JSON.stringify({
          architecture: 'amd64',
          config: this.config,
          created: this.created,
          history: [...this.history],
          os: 'linux',
          rootfs: { type: 'layers', diff_ids: this.layers.map(({ digest }) => digest) },
        } satisfies ImageConfiguration),
      ),
    );
    const manifest = document(
      encode(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: MANIFEST_TYPE,
          config: {
            mediaType: CONFIG_TYPE,
            digest: configuration.digest,
            size: configuration.bytes.length,
          },
          layers: this.layers.map((layer) => ({
            mediaType: LAYER_TYPE,
            digest: layer.digest,
            size: layer.sizeBytes,
          })),
        } satisfies ImageManifest),
      ),
    );
    return (this.#documents = { configuration, manifest });
  }
}

const document = (bytes: Uint8Array): Document => ({ bytes, digest: `sha256:${sha256(bytes)}` });
