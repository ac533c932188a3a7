/**
 * Knative's admission webhooks, as real ones: a Mutating- and a ValidatingWebhookConfiguration lead to a Service, and
 * this answers there. What fills in and what refuses is each group's own.
 */
import { decode, EMPTY, encode } from '../../core/bytes.ts';
import { jsonResponse, type HttpRequest, type HttpResponse } from '../../core/http.ts';
import type { KubernetesObject } from '../api/object.ts';
import { toBase64 } from '../../core/base64.ts';
import type { FieldErrors } from './field-errors.ts';

export interface Webhook {
  withDefaults(object: KubernetesObject, old: KubernetesObject | undefined, user: string): KubernetesObject;
  validate(object: KubernetesObject, old: KubernetesObject | undefined): FieldErrors;
}

interface AdmissionReview {
  request: {
    uid: string;
    operation: string;
    userInfo?: { username?: string };
    object: KubernetesObject | null;
    oldObject: KubernetesObject | null;
  };
}

export const WEBHOOK_PORT = 8443;
export const DEFAULTING_PATH = '/defaulting';
export const VALIDATION_PATH = '/resource-validation';

/** Answers an AdmissionReview. */
export function review(webhook: Webhook, request: HttpRequest): HttpResponse {
  const { request: asked } = JSON.parse(decode(request.body ?? EMPTY)) as AdmissionReview;
  const { uid, object, userInfo } = asked;
  const old = asked.oldObject ?? undefined;
  const answer = (response: object) =>
    jsonResponse(200, {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid, allowed: true, ...response },
    });
  if (!object || asked.operation === 'DELETE') return answer({});
  if (request.path.startsWith(VALIDATION_PATH)) {
    const errors = webhook.validate(object, old);
    if (errors.size === 0) return answer({});
    const message = `validation failed: ${errors.toString()}`;
    return answer({ allowed: false, status: { code: 400, reason: 'BadRequest', message } });
  }
  const filled = webhook.withDefaults(object, old, userInfo?.username ?? '');
  const patch = (['metadata', 'spec'] as const)
    .filter((field) => filled[field] !== object[field])
    .map((field) => ({ op: 'add', path: `/${field}`, value: filled[field] as unknown }));
  if (patch.length === 0) return answer({});
  return answer({ patchType: 'JSONPatch', patch: toBase64(encode(JSON.stringify(patch))) });
}
