/** Answers of a proxy itself, in Envoy's words. */
import { textResponse, type HttpResponse } from '../../core/http.ts';
import { Errno } from '../../os/errno.ts';
import type { ResponseFlags } from './exchange-report.ts';

/** An answer, with why it is one. */
export interface Reply {
  response: HttpResponse;
  flags: ResponseFlags;
  details: string;
  transportFailure: string | undefined;
}

export function localReply(
  status: number,
  body: string,
  flags: ResponseFlags,
  details: string,
  transportFailure?: string,
): Reply {
  const headers: Record<string, string> = { 'content-length': String(body.length) };
  const response = body
    ? textResponse(status, body, { 'content-type': 'text/plain', ...headers })
    : { status, headers, body: new Uint8Array() };
  return { response, flags, details, transportFailure };
}

const RESET = 'upstream connect error or disconnect/reset before headers. ';
const REFUSED = 'delayed connect error: Connection refused';
const TLS_ERROR = (code: string) => `TLS_error:|${code}:TLS_error_end`;

/** Why there was no answer. */
export interface UpstreamFailure {
  kind: 'connect-failure' | 'reset';
  flags: ResponseFlags;
  reason: string;
  transport: string | undefined;
  details: string;
}

/** The server's certificate, or the client's, was not believed. */
export const CERTIFICATE_VERIFY_FAILED: UpstreamFailure = {
  kind: 'connect-failure',
  flags: 'UF',
  reason: 'remote connection failure',
  transport: TLS_ERROR('268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED'),
  details: 'upstream_reset_before_response_started{remote_connection_failure}',
};

/** The other side does not speak TLS. */
export const WRONG_VERSION_NUMBER: UpstreamFailure = {
  ...CERTIFICATE_VERIFY_FAILED,
  transport: TLS_ERROR('268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER'),
};

export const CONNECTION_TIMEOUT: UpstreamFailure = {
  kind: 'connect-failure',
  flags: 'UF',
  reason: 'connection timeout',
  transport: undefined,
  details: 'upstream_reset_before_response_started{connection_timeout}',
};

/** Of an error of the network; undefined: it is none. */
export function upstreamFailure(error: unknown): UpstreamFailure | undefined {
  if (!(error instanceof Errno)) return undefined;
  if (error.code === 'ECONNRESET')
    return {
      kind: 'reset',
      flags: 'UC',
      reason: 'connection termination',
      transport: undefined,
      details: 'upstream_reset_before_response_started{connection_termination}',
    };
  if (error.code === 'ECONNREFUSED')
    return {
      kind: 'connect-failure',
      flags: 'UF',
      reason: 'remote connection failure',
      transport: REFUSED,
      details:
        'upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}',
    };
  return CONNECTION_TIMEOUT;
}

/** What a client sees of a failure. @param attempts the first one included */
export function failureReply(failure: UpstreamFailure, attempts: number): Reply {
  const { reason, transport, flags, details } = failure;
  const which = attempts > 1 ? 'retried and the latest reset reason' : 'reset reason';
  const why = transport === undefined ? '' : `, transport failure reason: ${transport}`;
  const body = `${RESET}${which}: ${reason}${why}`;
  return localReply(503, body, attempts > 1 ? 'URX' : flags, details, transport);
}

export const overflowReply = (): Reply => {
  const reply = localReply(
    503,
    `${RESET}reset reason: overflow`,
    'UO',
    'upstream_reset_before_response_started{overflow}',
  );
  reply.response.headers['x-envoy-overloaded'] = 'true';
  return reply;
};

export const timeoutReply = (): Reply =>
  localReply(504, 'upstream request timeout', 'UT', 'response_timeout');
