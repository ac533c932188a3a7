/**
 * Docker's images on a disk, so that they outlive a reboot: an OCI image layout (`blobs/sha256/…` and an
 * `index.json` that names the manifests), each blob once.
 */
import { decode, encode } from '../../core/bytes.ts';
import { Errno } from '../../os/errno.ts';
import type { FileSystem } from '../../os/file-system.ts';
import { Image, MANIFEST_TYPE, type ImageConfiguration, type ImageManifest } from '../images/image.ts';
import type { NodeImages } from '../images/image-store.ts';
import { Layer } from '../images/layer.ts';

interface Index {
  schemaVersion: 2;
  manifests: { mediaType: string; digest: string; size: number; annotations: { names: string } }[];
}

export class StoredImages {
  readonly #files: FileSystem;
  readonly #root: string;

  constructor(files: FileSystem, root: string) {
    this.#files = files;
    this.#root = root;
  }

  /** Puts what is stored into `images`. */
  restore(images: NodeImages): void {
    const index = this.#read('index.json');
    if (!index) return;
    const layers = new Map<string, Layer>();
    for (const { digest, annotations } of (JSON.parse(decode(index)) as Index).manifests) {
      const image = this.#image(digest, layers);
      if (!image) continue;
      const names = annotations.names.split(' ').filter((name) => name !== '');
      if (names.length === 0) images.keep(image);
      for (const name of names) images.load(name, image);
    }
  }

  /** Stores all of `images` and removes what is no longer among them. */
  save(images: NodeImages): void {
    const wanted = new Map<string, () => Uint8Array>();
    const manifests = images.list().map(({ image, tags }) => {
      const { configuration, manifest } = image;
      wanted.set(configuration.digest, () => configuration.bytes);
      wanted.set(manifest.digest, () => manifest.bytes);
      for (const layer of image.layers) wanted.set(layer.digest, () => layer.archive);
      return {
        mediaType: MANIFEST_TYPE,
        digest: manifest.digest,
        size: manifest.bytes.length,
        annotations: { names: [...tags].join(' ') },
      };
    });
    const blobs = `${this.#root}/blobs/sha256`;
    this.#files.mkdir(blobs, { recursive: true });
    const here = new Set(this.#files.readDirectory(blobs));
    for (const [digest, bytes] of wanted)
      if (!here.delete(hex(digest))) this.#files.writeFile(`${blobs}/${hex(digest)}`, bytes());
    for (const name of here) this.#files.unlink(`${blobs}/${name}`);
    const index: Index = { schemaVersion: 2, manifests };
    this.#files.writeFile(`${this.#root}/index.json`, encode(JSON.stringify(index)));
    this.#files.writeFile(`${this.#root}/oci-layout`, encode('{"imageLayoutVersion":"1.0.0"}'));
  }

  #image(digest: string, layers: Map<string, Layer>): Image | undefined {
    const manifestBytes = this.#blob(digest);
    if (!manifestBytes) return undefined;
    const manifest = JSON.parse(decode(manifestBytes)) as ImageManifest;
    const configBytes = this.#blob(manifest.config.digest);
    if (!configBytes) return undefined;
    const { history } = JSON.parse(decode(configBytes)) as ImageConfiguration;
    const steps = history.filter((step) => !step.empty_layer);
    const own: Layer[] = [];
    for (const [at, { digest: layerDigest }] of manifest.layers.entries()) {
      let layer = layers.get(layerDigest);
      if (!layer) {
        const archive = this.#blob(layerDigest);
        if (!archive) return undefined;
        const step = steps[at];
        layer = Layer.fromArchive(archive, step?.created_by ?? '', Date.parse(step?.created ?? '') || 0);
        layers.set(layerDigest, layer);
      }
      own.push(layer);
    }
    return Image.fromDocuments(configBytes, manifestBytes, own);
  }

  #blob(digest: string): Uint8Array | undefined {
    return this.#read(`blobs/sha256/${hex(digest)}`);
  }

  #read(path: string): Uint8Array | undefined {
    try {
      return this.#files.readFile(`${this.#root}/${path}`);
    } catch (error) {
      if (error instanceof Errno && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

const hex = (digest: string): string => digest.slice('sha256:'.length);
