/**
 * A registry's HTTP API: the OCI distribution specification v1.1, in the words of the distribution project's
 * registry. Pull, push (monolithic and in chunks), mounts from other repositories, tags, catalog, deletion by
 * digest or tag. Left out: authentication, referrers, pagination, garbage collection of blobs.
 */
import { concat, decode, encode, EMPTY } from '../../../core/bytes.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../../../core/http.ts';
import { jsonResponse } from '../../../core/http.ts';
import type { Random } from '../../../core/random.ts';
import { MANIFEST_TYPE, type ImageManifest } from '../image.ts';
import { isDigest, isRepository, isTag } from '../reference.ts';
import { sha256 } from '../../../core/sha256.ts';
import type { RegistryStorage } from './registry-storage.ts';

const VERSION = { 'docker-distribution-api-version': 'registry/2.0' };
const ROUTE =
  /^\/v2\/(?<name>.+?)\/(?:(?<kind>manifests|blobs)\/(?<reference>[^/]+)|blobs\/uploads\/(?<upload>[^/]*)|tags\/(?<tags>list))$/;

export interface RegistryApiOptions {
  storage: RegistryStorage;
  /** Names uploads. */
  random: Random;
  /** Refuses deletions, as the registry does unless REGISTRY_STORAGE_DELETE_ENABLED is set. */
  deletable?: boolean;
}

/** Answers for what is in `storage`. */
export function registryApi(options: RegistryApiOptions): HttpHandler {
  const api = new RegistryApi(options);
  return async (request) => api.answer(request);
}

class RegistryApi {
  readonly #storage: RegistryStorage;
  readonly #random: Random;
  readonly #deletable: boolean;
  /** What has come of uploads under way. */
  readonly #uploads = new Map<string, Uint8Array>();

  constructor({ storage, random, deletable = false }: RegistryApiOptions) {
    this.#storage = storage;
    this.#random = random;
    this.#deletable = deletable;
  }

  answer(request: HttpRequest): HttpResponse {
    const url = new URL(request.path, 'http://registry');
    const path = decodeURIComponent(url.pathname);
    if (path === '/v2/' || path === '/v2') return jsonResponse(200, {}, VERSION);
    if (path === '/v2/_catalog')
      return jsonResponse(200, { repositories: this.#storage.repositories() }, VERSION);
    const route = ROUTE.exec(path)?.groups;
    const name = route?.['name'];
    if (!route || name === undefined)
      return { status: 404, headers: {}, body: encode('404 page not found\n') };
    if (!isRepository(name)) return failed(400, 'NAME_INVALID', 'invalid repository name', { name });
    const { kind, reference, upload, tags } = route;
    if (tags) return this.#tags(name);
    if (upload !== undefined) return this.#upload(name, upload, request, url.searchParams);
    // The expression reads `blobs/uploads` as a blob called so.
    if (kind === 'blobs' && reference === 'uploads') return this.#upload(name, '', request, url.searchParams);
    return kind === 'manifests'
      ? this.#manifest(name, reference!, request)
      : this.#blob(name, reference!, request);
  }

  #tags(name: string): HttpResponse {
    const tags = this.#storage.tags(name);
    return tags ? jsonResponse(200, { name, tags }, VERSION) : unknownName(name);
  }

  #manifest(name: string, reference: string, { method, body, headers }: HttpRequest): HttpResponse {
    if (!isDigest(reference) && !isTag(reference))
      return failed(400, 'TAG_INVALID', 'manifest tag did not match URI');
    const digest = isDigest(reference) ? reference : this.#storage.tag(name, reference);
    if (method === 'PUT')
      return this.#putManifest(name, reference, body ?? EMPTY, headers['content-type'] ?? MANIFEST_TYPE);
    const contents = digest && this.#storage.blob(name, '_manifests/revisions', digest);
    if (method === 'DELETE') return this.#deleteManifest(name, reference, digest);
    if (!contents)
      return failed(404, 'MANIFEST_UNKNOWN', 'manifest unknown', `unknown ${describe(reference)}`);
    const { mediaType = MANIFEST_TYPE } = JSON.parse(decode(contents)) as ImageManifest;
    return found(method, contents, {
      'content-type': mediaType,
      'docker-content-digest': digest,
      etag: `"${digest}"`,
    });
  }

  #putManifest(name: string, reference: string, contents: Uint8Array, mediaType: string): HttpResponse {
    const digest = `sha256:${sha256(contents)}`;
    if (isDigest(reference) && reference !== digest)
      return failed(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
    let manifest: Partial<ImageManifest> & { manifests?: { digest: string }[] };
    try {
      manifest = JSON.parse(decode(contents)) as typeof manifest;
    } catch {
      return failed(400, 'MANIFEST_INVALID', 'manifest invalid', `not JSON (${mediaType})`);
    }
    const needed = [manifest.config, ...(manifest.layers ?? [])].flatMap((each) =>
      each ? [each.digest] : [],
    );
    const missing = needed.filter((each) => !this.#storage.blob(name, '_layers', each));
    if (missing.length > 0) return failed(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry', missing);
    this.#storage.put(name, '_manifests/revisions', digest, contents);
    if (!isDigest(reference)) this.#storage.setTag(name, reference, digest);
    return created(`/v2/${name}/manifests/${digest}`, digest);
  }

  #deleteManifest(name: string, reference: string, digest: string | undefined): HttpResponse {
    if (!this.#deletable) return failed(405, 'UNSUPPORTED', 'The operation is unsupported.');
    const removed = isDigest(reference)
      ? digest !== undefined && this.#storage.unlink(name, '_manifests/revisions', digest)
      : this.#storage.removeTag(name, reference);
    if (!removed)
      return failed(404, 'MANIFEST_UNKNOWN', 'manifest unknown', `unknown ${describe(reference)}`);
    for (const tag of this.#storage.tags(name) ?? [])
      if (isDigest(reference) && this.#storage.tag(name, tag) === digest) this.#storage.removeTag(name, tag);
    return { status: 202, headers: VERSION, body: EMPTY };
  }

  #blob(name: string, digest: string, { method }: HttpRequest): HttpResponse {
    if (!isDigest(digest))
      return failed(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
    if (method === 'DELETE') {
      if (!this.#deletable) return failed(405, 'UNSUPPORTED', 'The operation is unsupported.');
      if (this.#storage.unlink(name, '_layers', digest))
        return { status: 202, headers: VERSION, body: EMPTY };
    }
    const contents = this.#storage.blob(name, '_layers', digest);
    if (!contents) return failed(404, 'BLOB_UNKNOWN', 'blob unknown to registry', digest);
    return found(method, contents, {
      'content-type': 'application/octet-stream',
      'docker-content-digest': digest,
      etag: `"${digest}"`,
    });
  }

  #upload(name: string, id: string, { method, body }: HttpRequest, query: URLSearchParams): HttpResponse {
    const digest = query.get('digest');
    if (method === 'POST') {
      const mount = query.get('mount');
      if (mount && this.#storage.blob(query.get('from') ?? name, '_layers', mount)) {
        this.#storage.link(name, '_layers', mount);
        return created(`/v2/${name}/blobs/${mount}`, mount);
      }
      if (digest) return this.#finish(name, digest, body ?? EMPTY);
      const fresh = this.#random.uuid();
      this.#uploads.set(fresh, EMPTY);
      return this.#uploading(name, fresh);
    }
    const soFar = this.#uploads.get(id);
    if (!soFar) return failed(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry', { upload: id });
    if (method === 'DELETE') {
      this.#uploads.delete(id);
      return { status: 204, headers: VERSION, body: EMPTY };
    }
    const contents = body?.length ? concat([soFar, body]) : soFar;
    if (method === 'PATCH') this.#uploads.set(id, contents);
    if (method !== 'PUT') return this.#uploading(name, id);
    this.#uploads.delete(id);
    if (!digest) return failed(400, 'DIGEST_INVALID', 'digest missing');
    return this.#finish(name, digest, contents);
  }

  #finish(name: string, digest: string, contents: Uint8Array): HttpResponse {
    if (`sha256:${sha256(contents)}` !== digest)
      return failed(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', digest);
    this.#storage.put(name, '_layers', digest, contents);
    return created(`/v2/${name}/blobs/${digest}`, digest);
  }

  #uploading(name: string, id: string): HttpResponse {
    const sizeBytes = this.#uploads.get(id)!.length;
    return {
      status: 202,
      headers: {
        ...VERSION,
        location: `/v2/${name}/blobs/uploads/${id}`,
        range: `0-${Math.max(0, sizeBytes - 1)}`,
        'docker-upload-uuid': id,
      },
      body: EMPTY,
    };
  }
}

function found(method: string, contents: Uint8Array, headers: Record<string, string>): HttpResponse {
  if (method !== 'GET' && method !== 'HEAD')
    return failed(405, 'UNSUPPORTED', 'The operation is unsupported.');
  return {
    status: 200,
    headers: { ...VERSION, ...headers, 'content-length': String(contents.length) },
    body: method === 'HEAD' ? EMPTY : contents,
  };
}

const created = (location: string, digest: string): HttpResponse => ({
  status: 201,
  headers: { ...VERSION, location, 'docker-content-digest': digest },
  body: EMPTY,
});

const unknownName = (name: string): HttpResponse =>
  failed(404, 'NAME_UNKNOWN', 'repository name not known to registry', { name });

const describe = (reference: string): string =>
  isDigest(reference) ? `manifest revision=${reference}` : `tag=${reference}`;

function failed(status: number, code: string, message: string, detail?: unknown): HttpResponse {
  return jsonResponse(
    status,
    { errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] },
    VERSION,
  );
}
