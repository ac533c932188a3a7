/**
 * Asks a webhook: an AdmissionReview over the cluster's network to a Service, or to a `url` that names one.
 *
 * Of `https` only the address is modelled: nothing inside the cluster is encrypted, whoever serves there
 * speaks plain HTTP on the port, and `caBundle` is not looked at. A `url` outside the cluster reaches nobody.
 */
import { decode, encode } from '../../../../core/bytes.ts';
import { readText } from '../../../../core/http.ts';
import type { KubernetesObject } from '../../../api/object.ts';
import { apiVersionOf } from '../../../api/schema.ts';
import { StatusError, type StatusDetails } from '../../../api/status.ts';
import type { Write } from '../policy/match.ts';
import type { Webhook } from './webhook.ts';

export interface AdmissionResponse {
  uid?: string;
  allowed?: boolean;
  status?: { code?: number; reason?: string; message?: string; details?: StatusDetails };
  /** Base64 of a JSON patch. */
  patch?: string;
  patchType?: string;
  auditAnnotations?: Record<string, string>;
  warnings?: string[];
}

export type WebhookAnswer = { response: AdmissionResponse } | { failure: string };

const REVIEW = 'admission.k8s.io/v1';
const TIMEOUT_SECONDS = 10;
const IN_CLUSTER = /^([^.]+)\.([^.]+)\.svc(\.cluster\.local)?$/;

interface Address {
  namespace: string;
  service: string;
  port: number;
  /** With its query. */
  path: string;
  /** As it stands in errors. */
  url: string;
}

/** Never rejects. */
export async function callWebhook(webhook: Webhook, write: Write): Promise<WebhookAnswer> {
  const uid = write.context.random.uuid();
  const address = addressOf(webhook);
  if ('failure' in address) return address;
  const failure = (why: string): WebhookAnswer => ({
    failure: `failed to call webhook: Post ${JSON.stringify(address.url)}: ${why}`,
  });
  let text: string;
  try {
    text = await post(webhook, address, reviewOf(uid, write), write);
  } catch (error) {
    return failure((error as Error).message);
  }
  return verdict(uid, text);
}

function addressOf({
  clientConfig,
  timeoutSeconds = TIMEOUT_SECONDS,
}: Webhook): Address | { failure: string } {
  const query = `timeout=${timeoutSeconds}s`;
  const { service, url } = clientConfig;
  if (service) {
    const { namespace, name, path = '/', port = 443 } = service;
    const target = `${path.startsWith('/') ? path : `/${path}`}?${query}`;
    return {
      namespace,
      service: name,
      port,
      path: target,
      url: `https://${name}.${namespace}.svc:${port}${target}`,
    };
  }
  const parsed = /^https:\/\/([^/:?#]+)(?::(\d+))?([^?#]*)/.exec(url ?? '');
  if (!parsed) return { failure: `failed to call webhook: ${JSON.stringify(url ?? '')} is no https URL` };
  const [, host = '', port = '443', path = ''] = parsed;
  const target = `${path || '/'}?${query}`;
  const full = `https://${host}${parsed[2] ? `:${port}` : ''}${target}`;
  const inCluster = IN_CLUSTER.exec(host);
  if (!inCluster)
    return {
      failure: `failed to call webhook: Post ${JSON.stringify(full)}: dial tcp: lookup ${host}: no such host`,
    };
  return { service: inCluster[1]!, namespace: inCluster[2]!, port: Number(port), path: target, url: full };
}

async function post(
  { timeoutSeconds = TIMEOUT_SECONDS }: Webhook,
  { namespace, service, port, path }: Address,
  review: object,
  { context: { connector, clock, store } }: Write,
): Promise<string> {
  const object = store.get('services', `${namespace}/${service}`);
  if (!object) throw new Error(`service ${JSON.stringify(service)} not found`);
  if (!object.spec.ports?.some((each: any) => each.port === port))
    throw new Error(`no service port ${port} found for service ${JSON.stringify(service)}`);
  if (!connector) throw new Error('the cluster has no nodes');
  const late = Promise.withResolvers<never>();
  const timer = clock.setTimeout(
    () => late.reject(new Error('context deadline exceeded')),
    timeoutSeconds * 1000,
  );
  try {
    const answering = connector.proxy(
      { kind: 'Service', namespace, name: service, port: String(port), scheme: 'https' },
      {
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json', accept: 'application/json, */*' },
        body: encode(JSON.stringify(review)),
      },
    );
    const { status, body, headers } = await Promise.race([answering, late.promise]);
    const text = await Promise.race([readText({ status, body, headers }), late.promise]);
    if (status >= 200 && status < 300) return text;
    throw new Error(
      status === 404
        ? 'the server could not find the requested resource'
        : `an error on the server (${JSON.stringify(text.trim())}) has prevented the request from succeeding`,
    );
  } catch (error) {
    // The connector's words are those of a proxy.
    if (error instanceof StatusError)
      throw new Error(error.message.replace(/^error trying to reach service: /, ''), { cause: error });
    throw error;
  } finally {
    timer.dispose();
  }
}

function reviewOf(uid: string, { operation, object, old, context }: Write): object {
  const { resource, request, options } = context;
  const { group, version, kind } = resource;
  const named = (each: KubernetesObject | undefined) =>
    each ? { kind, apiVersion: apiVersionOf(group, version), ...each } : null;
  const { user, namespace, subresource } = request;
  const name = request.name ?? object?.metadata.name;
  const gvr = { group, version, resource: resource.resource };
  return {
    kind: 'AdmissionReview',
    apiVersion: REVIEW,
    request: {
      uid,
      kind: { group, version, kind },
      resource: gvr,
      ...(subresource && { subResource: subresource }),
      requestKind: { group, version, kind },
      requestResource: gvr,
      ...(subresource && { requestSubResource: subresource }),
      ...(name && { name }),
      ...(namespace && { namespace }),
      operation,
      userInfo: user,
      object: named(object),
      oldObject: named(old),
      dryRun: Boolean(options.dryRun),
      options: { kind: OPTIONS[operation], apiVersion: 'meta.k8s.io/v1' },
    },
  };
}

const OPTIONS = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' };

/** What a webhook's answer means, if it is one. */
function verdict(uid: string, text: string): WebhookAnswer {
  const failure = (why: string): WebhookAnswer => ({ failure: `received invalid webhook response: ${why}` });
  let review: { apiVersion?: string; kind?: string; response?: AdmissionResponse };
  try {
    review = JSON.parse(text);
  } catch (error) {
    return { failure: `failed to call webhook: ${(error as Error).message}` };
  }
  const { apiVersion = '', kind = '', response } = review ?? {};
  if (apiVersion !== REVIEW || kind !== 'AdmissionReview') {
    const got = `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
    return failure(`expected webhook response of ${REVIEW}, Kind=AdmissionReview, got ${got}`);
  }
  if (!response) return failure('webhook response.response was absent');
  if (response.uid !== uid)
    return failure(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
  if (response.patch && response.patchType !== 'JSONPatch')
    return failure(
      `webhook returned response.patch but not response.patchType ${JSON.stringify(response.patchType ?? '')}`,
    );
  return { response };
}

/** The text that base64 holds, as UTF-8. */
export const decodeBase64 = (text: string): string =>
  decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
