/** One request over HTTP on its way to an answer, and how answers are written. */
import { encode } from '../../../core/bytes.ts';
import { textResponse, type HttpRequest, type HttpResponse } from '../../../core/http.ts';
import type { KubernetesObject } from '../../api/object.ts';
import type { UserInfo } from '../../api/request.ts';
import type { TypeRegistry } from '../../api/schema.ts';
import { encodeJson } from './encoding.ts';
import { CONTENT_TYPES, JSON_ANSWER, type Negotiated } from './media-types.ts';
import type { RequestInfo } from './request-info.ts';

export interface Exchange {
  user: UserInfo;
  http: HttpRequest;
  info: RequestInfo;
  query: URLSearchParams;
  /** The client wants JSON indented. */
  pretty: boolean;
  warnings: string[];
  types: TypeRegistry;
}

/** Writes `value` as it was negotiated; what has no protobuf form is written as JSON. */
export async function answer(
  status: number,
  value: object,
  { format, raw }: Negotiated,
  { pretty, types }: Pick<Exchange, 'pretty' | 'types'>,
  headers: Record<string, string> = {},
): Promise<HttpResponse> {
  if (format === 'protobuf') {
    // Clients in this process never ask for it: it is not loaded before somebody does.
    const { encodeProtobuf } = await import('../../api/protobuf-writer.ts');
    const body = encodeProtobuf(value as KubernetesObject, types);
    if (body) return { status, headers: { 'content-type': CONTENT_TYPES.protobuf, ...headers }, body };
    return answer(status, value, JSON_ANSWER, { pretty, types }, headers);
  }
  if (format === 'yaml') {
    const { encodeYaml } = await import('./yaml-body.ts');
    const body = encode(encodeYaml(value));
    return { status, headers: { 'content-type': CONTENT_TYPES.yaml, ...headers }, body };
  }
  const text = raw || pretty ? encodeJson(value, true) : `${encodeJson(value)}\n`;
  return { status, headers: { 'content-type': CONTENT_TYPES.json, ...headers }, body: encode(text) };
}

/** What the server's multiplexer says of a path that nobody serves. */
export const pathNotFound = (): HttpResponse =>
  textResponse(404, '404 page not found\n', { 'x-content-type-options': 'nosniff' });
