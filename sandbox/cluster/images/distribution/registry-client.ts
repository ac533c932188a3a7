/**
 * A client of registries that speak the distribution API (`registry-api.ts`): what containerd does for a pull
 * and Docker for a push. Blobs are checked against their digests. Plain HTTP: registries here are local.
 */
import { decode } from '../../../core/bytes.ts';
import { readBody, type HttpRequest, type HttpResponse } from '../../../core/http.ts';
import { Image, MANIFEST_TYPE, type ImageConfiguration, type ImageManifest } from '../image.ts';
import { Layer } from '../layer.ts';
import type { ImageReference } from '../reference.ts';
import { sha256 } from '../../../core/sha256.ts';

/** Sends a request to the registry. Rejects as a connection does. */
export type RegistryFetch = (request: HttpRequest) => Promise<HttpResponse>;

/** The registry has no such manifest. */
export class ManifestNotFound extends Error {}

/** An answer that makes no sense, or not what was asked for. */
export class UnexpectedAnswer extends Error {}

/** What became of a layer that was pushed. */
export type PushedLayer = 'pushed' | 'exists' | { mountedFrom: string };

/** A repository of the same registry that is said to hold a layer, by the layer's digest. */
export type RepositoryOfLayer = (digest: string) => string | undefined;

export class RegistryClient {
  readonly #fetch: RegistryFetch;
  readonly #host: string;

  /** @param host as in references, for the `Host` header and messages. */
  constructor(fetch: RegistryFetch, host: string) {
    this.#fetch = fetch;
    this.#host = host;
  }

  /** Which URL a pull asks first. */
  manifestUrl({ repository, tag, digest }: ImageReference): string {
    return `http://${this.#host}${manifestPath(repository, digest ?? tag!)}`;
  }

  /**
   * Fetches an image. `known` has layers that need not be fetched, by digest. Rejects with `ManifestNotFound`,
   * `UnexpectedAnswer`, or as the connection does.
   */
  async pull(reference: ImageReference, known: ReadonlyMap<string, Layer>): Promise<Image> {
    const { repository, tag, digest } = reference;
    const manifestBytes = await this.#get(manifestPath(repository, digest ?? tag!), MANIFEST_TYPE);
    if (digest) this.#verify(manifestBytes, digest);
    const manifest = JSON.parse(decode(manifestBytes)) as ImageManifest;
    const configBytes = await this.#blob(repository, manifest.config.digest);
    const { history = [] } = JSON.parse(decode(configBytes)) as ImageConfiguration;
    const steps = history.filter((step) => !step.empty_layer);
    const layers: Layer[] = [];
    for (const [index, descriptor] of manifest.layers.entries()) {
      const here = known.get(descriptor.digest);
      if (here) {
        layers.push(here);
        continue;
      }
      const archive = await this.#blob(repository, descriptor.digest);
      const step = steps[index];
      layers.push(Layer.fromArchive(archive, step?.created_by ?? '', Date.parse(step?.created ?? '') || 0));
    }
    return Image.fromDocuments(configBytes, manifestBytes, layers);
  }

  /**
   * Puts an image there under a tag; `told` hears of every layer. What another repository holds is linked from there
   * instead of sent, unless that one turns out to have lost it. Rejects with `UnexpectedAnswer`.
   */
  async push(
    { repository, tag }: ImageReference,
    image: Image,
    told: (layer: Layer, how: PushedLayer) => Promise<void> | void,
    heldBy: RepositoryOfLayer = () => undefined,
  ): Promise<void> {
    for (const layer of image.layers) {
      const { digest } = layer;
      await told(layer, await this.#putBlob(repository, digest, () => layer.archive, heldBy(digest)));
    }
    const { configuration, manifest } = image;
    await this.#putBlob(repository, configuration.digest, () => configuration.bytes);
    await this.#expect(
      { method: 'PUT', path: manifestPath(repository, tag!), body: manifest.bytes, headers: manifestHeaders },
      [201],
    );
  }

  async #putBlob(
    repository: string,
    digest: string,
    contents: () => Uint8Array,
    from?: string,
  ): Promise<PushedLayer> {
    const head = await this.#send({ method: 'HEAD', path: `/v2/${repository}/blobs/${digest}`, headers: {} });
    if (head.status === 200) return 'exists';
    const uploads = `/v2/${repository}/blobs/uploads/`;
    const mount = from === undefined ? '' : `?${new URLSearchParams({ mount: digest, from }).toString()}`;
    const post = { method: 'POST', path: uploads + mount, headers: {} };
    const { status, headers } = await this.#expect(post, [201, 202]);
    if (from !== undefined && status === 201) return { mountedFrom: from };
    const location = new URL(headers['location'] ?? uploads, `http://${this.#host}`);
    location.searchParams.set('digest', digest);
    const path = location.pathname + location.search;
    await this.#expect({ method: 'PUT', path, headers: blobHeaders, body: contents() }, [201]);
    return 'pushed';
  }

  async #blob(repository: string, digest: string): Promise<Uint8Array> {
    const bytes = await this.#get(`/v2/${repository}/blobs/${digest}`, '*/*');
    this.#verify(bytes, digest);
    return bytes;
  }

  async #get(path: string, accept: string): Promise<Uint8Array> {
    const response = await this.#send({ method: 'GET', path, headers: { accept } });
    if (response.status === 404) throw new ManifestNotFound(path);
    if (response.status !== 200) throw await this.#unexpected('GET', path, response);
    return readBody(response);
  }

  async #expect(request: HttpRequest, statuses: number[]): Promise<HttpResponse> {
    const response = await this.#send(request);
    if (statuses.includes(response.status)) return response;
    throw await this.#unexpected(request.method, request.path, response);
  }

  async #unexpected(method: string, path: string, response: HttpResponse): Promise<UnexpectedAnswer> {
    const body = decode(await readBody(response)).trim();
    return new UnexpectedAnswer(
      `unexpected status from ${method} request to http://${this.#host}${path}: ${response.status}${body ? ` ${body}` : ''}`,
    );
  }

  #send(request: HttpRequest): Promise<HttpResponse> {
    return this.#fetch({ ...request, headers: { host: this.#host, ...request.headers } });
  }

  #verify(bytes: Uint8Array, digest: string): void {
    const actual = `sha256:${sha256(bytes)}`;
    if (actual !== digest)
      throw new UnexpectedAnswer(
        `failed commit on ref: unexpected commit digest ${actual}, expected ${digest}`,
      );
  }
}

const manifestPath = (repository: string, reference: string): string =>
  `/v2/${repository}/manifests/${reference}`;
const manifestHeaders = { 'content-type': MANIFEST_TYPE };
const blobHeaders = { 'content-type': 'application/octet-stream' };
