/**
 * One request of the preview: over the session's network to a Service, along redirects, whole or not at all. Cookies are
 * not kept, and a body that never ends (server-sent events) is given up.
 */
import { concat } from '../../../sandbox/core/bytes.ts';
import type { HttpResponse } from '../../../sandbox/core/http.ts';
import type { Web } from '../../../sandbox/runtimes/runtime.ts';
import { follow, type PreviewAddress } from './address.ts';

/** A page with its scripts and pictures inlined has to fit into one string. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** As browsers have it. */
const MAX_REDIRECTS = 20;
/** The runtimes give up on a connection earlier; this is for an answer that goes on and on. */
const ANSWER_MS = 60_000;

export interface PageRequest {
  method: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body?: Uint8Array;
}

export interface Answer {
  /** Where it came from in the end. */
  address: PreviewAddress;
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** A redirect or link to what is no Service of the cluster. */
export class LeadsOut extends Error {
  readonly url: string;
  constructor(url: string) {
    super(`${url} leads out of the cluster. The preview shows Services alone.`);
    this.url = url;
  }
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Rejects when there is no answer, with `LeadsOut` when a redirect says so, and with the signal's reason. */
export async function exchange(
  web: Web,
  address: PreviewAddress,
  request: PageRequest,
  signal?: AbortSignal,
): Promise<Answer> {
  const limit = AbortSignal.timeout(ANSWER_MS);
  const ended = signal ? AbortSignal.any([signal, limit]) : limit;
  let at = address;
  let { method, body } = request;
  let headers = { 'user-agent': navigator.userAgent, accept: '*/*', ...request.headers };
  for (let redirects = 0; ; redirects++) {
    const { namespace, service, port, path } = at;
    const response = await web.fetch(
      { namespace, service, port },
      { method, path, headers, signal: ended, ...(body ? { body } : {}) },
    );
    const { status, headers: said } = response;
    const location = REDIRECTS.has(status) ? said['location'] : undefined;
    if (location === undefined)
      return { address: at, status, headers: said, body: await wholeBody(response) };
    await wholeBody(response);
    if (redirects === MAX_REDIRECTS) throw new Error(`Maximum (${MAX_REDIRECTS}) redirects followed`);
    const next = follow(location, at);
    if (!next) throw new LeadsOut(location);
    at = next;
    // What a form has sent is sent once, unless the server says otherwise.
    if (status === 303 || (status < 303 && method === 'POST')) {
      method = method === 'HEAD' ? 'HEAD' : 'GET';
      body = undefined;
      const { 'content-type': _, ...rest } = headers as Record<string, string>;
      headers = rest as typeof headers;
    }
  }
}

async function wholeBody({ body }: HttpResponse): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return checked(body);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  // Leaving the loop ends the exchange.
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return concat(chunks);
}

const tooLarge = () =>
  new Error(`The answer is larger than ${MAX_BODY_BYTES / 2 ** 20} MiB, the most that the preview shows.`);

function checked(body: Uint8Array): Uint8Array {
  if (body.length > MAX_BODY_BYTES) throw tooLarge();
  return body;
}
