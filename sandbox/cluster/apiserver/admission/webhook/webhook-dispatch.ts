/** What webhooks say, done: patches of mutating ones, refusals of either, warnings, notes for the audit log. */
import { applyDefaults } from '../../../api/defaults.ts';
import { applyJsonPatch } from '../../../api/json-patch.ts';
import type { KubernetesObject } from '../../../api/object.ts';
import { apiVersionOf } from '../../../api/schema.ts';
import { StatusError } from '../../../api/status.ts';
import { decodeObject } from '../../../api/strict-decoding.ts';
import { annotate } from '../admission.ts';
import { contextOf, Expressions } from '../policy/admission-expressions.ts';
import type { Write } from '../policy/match.ts';
import { conditionOf } from '../policy/policy-evaluation.ts';
import { callWebhook, decodeBase64, type AdmissionResponse, type WebhookAnswer } from './webhook-call.ts';
import type { Webhook } from './webhook.ts';

let expressions: Expressions | undefined;

/** Throws what validating webhooks refuse. They are asked all at once. */
export function validateByWebhooks(webhooks: readonly Webhook[], write: Write): void {
  const asked = webhooks.filter((webhook) => isMeant(webhook, write));
  if (asked.length === 0) return;
  const answers = write.context.notes.answer(`validating ${versionOf(write)}`, () =>
    Promise.all(asked.map((webhook) => callWebhook(webhook, write))),
  );
  for (const [index, answer] of answers.entries()) {
    const webhook = asked[index];
    if (webhook) heed(webhook, answer, write);
  }
}

/** Changes the draft as mutating webhooks say, one after the other. Throws what they refuse. */
export function mutateByWebhooks(webhooks: readonly Webhook[], write: Write): void {
  /** The round's last change came from this webhook: those before it may have to look again. */
  let changedAt = -1;
  webhooks.forEach((webhook, index) => {
    if (invoke(webhook, `first ${index}`, write)) changedAt = index;
  });
  webhooks.forEach((webhook, index) => {
    if (webhook.reinvocationPolicy === 'IfNeeded' && index < changedAt)
      invoke(webhook, `again ${index}`, write);
  });
}

/** Whether the webhook changed the object. */
function invoke(webhook: Webhook, which: string, write: Write): boolean {
  if (!isMeant(webhook, write)) return false;
  const answer = write.context.notes.answer(`mutating ${which} ${webhook.name} ${versionOf(write)}`, () =>
    callWebhook(webhook, write),
  );
  const response = heed(webhook, answer, write);
  return response?.patch ? applyPatch(webhook, response.patch, write) : false;
}

/** An answer about an object that somebody has changed since is none. */
const versionOf = ({ old }: Write): string => old?.metadata.resourceVersion ?? '';

/** Whether the conditions of the webhook hold, and whether it may be asked at all. */
function isMeant(webhook: Webhook, write: Write): boolean {
  const { name, matchConditions, failurePolicy, sideEffects } = webhook;
  if (matchConditions?.length) {
    expressions ??= new Expressions({ params: false, variables: false });
    const condition = conditionOf(matchConditions, expressions, contextOf(write));
    if (condition === false) return false;
    if (condition !== true) {
      if (failurePolicy === 'Ignore') return false;
      throw failed(webhook, condition);
    }
  }
  if (write.context.options.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun')
    throw new StatusError('BadRequest', `admission webhook ${JSON.stringify(name)} does not support dry run`);
  return true;
}

/** Throws what the webhook refuses, and its failure unless that is to be ignored. */
function heed(webhook: Webhook, answer: WebhookAnswer, { context }: Write): AdmissionResponse | undefined {
  const { name, failurePolicy } = webhook;
  if ('failure' in answer) {
    if (failurePolicy === 'Ignore') return undefined;
    throw failed(webhook, answer.failure);
  }
  const { response } = answer;
  for (const warning of response.warnings ?? []) context.warn(warning);
  for (const [key, value] of Object.entries(response.auditAnnotations ?? {}))
    annotate(context, `${name}/${key}`, value);
  if (!response.allowed) throw denied(name, response);
  return response;
}

function failed({ name }: Webhook, why: string): StatusError {
  const message = `failed calling webhook ${JSON.stringify(name)}: ${why}`;
  return new StatusError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

function denied(name: string, { status = {} }: AdmissionResponse): StatusError {
  const by = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = status.message || status.reason;
  const code = (status.code ?? 0) < 400 ? 400 : status.code!;
  return new StatusError(
    status.reason as StatusError['reason'],
    why ? `${by}: ${why}` : `${by} without explanation`,
    status.details,
    code,
  );
}

function applyPatch(webhook: Webhook, patch: string, write: Write): boolean {
  const { context } = write;
  const { resource, types } = context;
  const draft = write.object!;
  const { group, version, kind } = resource;
  const before = { ...draft, apiVersion: apiVersionOf(group, version), kind };
  let patched: KubernetesObject;
  try {
    patched = applyJsonPatch(before, JSON.parse(decodeBase64(patch))) as KubernetesObject;
  } catch (error) {
    throw failed(webhook, (error as Error).message);
  }
  if (patched === before) return false;
  const { metadata, ...rest } = applyDefaults(decodeObject(patched, resource, types), types);
  for (const field of Object.keys(draft)) if (field !== 'metadata' && !(field in rest)) delete draft[field];
  Object.assign(draft, rest);
  // What names the object and who made it is not a webhook's to change.
  const { name, namespace, uid, resourceVersion, creationTimestamp, generation } = draft.metadata;
  const kept = { name, namespace, uid, resourceVersion, creationTimestamp, generation };
  draft.metadata = { ...metadata };
  for (const [field, value] of Object.entries(kept))
    if (value === undefined) delete (draft.metadata as Record<string, unknown>)[field];
    else (draft.metadata as Record<string, unknown>)[field] = value;
  return true;
}
