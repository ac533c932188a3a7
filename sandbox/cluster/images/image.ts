/**
 * An image as the OCI specification has it: layers, a configuration, and a manifest that names both by
 * their digests. What differs is what the layers' binaries hold (see `executable.ts`).
 */
import { encode } from '../../core/bytes.ts';
import { ManualClock } from '../../core/clock.ts';
import type { FileTree } from '../../os/file-tree.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import type { Layer } from './layer.ts';
import { sha256 } from './sha256.ts';

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
}

export class Image {
  readonly config: ImageConfig;
  readonly layers: readonly Layer[];
  #documents: { id: string; digest: string; sizeBytes: number } | undefined;
  #tree: FileTree | undefined;

  constructor(config: ImageConfig, layers: readonly Layer[]) {
    this.config = config;
    this.layers = layers;
  }

  /** Digest of the configuration: what `docker images` and `crictl` call the image ID. */
  get id(): string {
    return this.#documented().id;
  }

  /** Digest of the manifest: what `name@sha256:…` pins. */
  get digest(): string {
    return this.#documented().digest;
  }

  get sizeBytes(): number {
    return this.#documented().sizeBytes;
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
    const configuration = encode(
      JSON.stringify({
        architecture: 'amd64',
        config: this.config,
        created: new Date(this.layers.at(-1)?.createdMs ?? 0).toISOString(),
        history: this.layers.map((layer) => ({
          created: new Date(layer.createdMs).toISOString(),
          created_by: layer.createdBy,
        })),
        os: 'linux',
        rootfs: { type: 'layers', diff_ids: this.layers.map((layer) => layer.digest) },
      }),
    );
    const id = `sha256:${sha256(configuration)}`;
    const manifest = encode(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: {
          mediaType: 'application/vnd.oci.image.config.v1+json',
          digest: id,
          size: configuration.length,
        },
        layers: this.layers.map((layer) => ({
          mediaType: 'application/vnd.oci.image.layer.v1.tar',
          digest: layer.digest,
          size: layer.sizeBytes,
        })),
      }),
    );
    let sizeBytes = configuration.length + manifest.length;
    for (const layer of this.layers) sizeBytes += layer.sizeBytes;
    return (this.#documents = { id, digest: `sha256:${sha256(manifest)}`, sizeBytes });
  }
}
