/** `serviceaccounts/token`: a token of a service account, bound to a pod, a secret or a node, or to nothing. */
import { timestamp } from '../../../core/clock.ts';
import type { KubernetesObject } from '../../api/object.ts';
import { conflict, notFound, StatusError } from '../../api/status.ts';
import { invalid, invalidObject } from '../../api/validation/field-errors.ts';
import type { RequestContext } from '../registry/strategy.ts';
import { API_AUDIENCE, BOUND, type TokenAuthenticator, type TokenSubject } from './tokens.ts';

const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;

export function issueToken(context: RequestContext, tokens: TokenAuthenticator): KubernetesObject {
  const { request, store, resource, clock } = context;
  const { namespace, name } = request;
  const account = store.get('serviceaccounts', `${namespace}/${name}`);
  if (!account) throw notFound(resource, name!);
  const { spec = {}, metadata } = (request.body ?? {}) as KubernetesObject;
  if (metadata?.name && metadata.name !== name)
    throw new StatusError(
      'BadRequest',
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  const expirationSeconds: number = spec.expirationSeconds ?? DEFAULT_SECONDS;
  checkLifetime(expirationSeconds);
  const audiences: string[] = spec.audiences?.length ? spec.audiences : [API_AUDIENCE];
  const subject: TokenSubject = {
    namespace: namespace!,
    name: name!,
    uid: account.metadata.uid!,
    ...boundTo(spec.boundObjectRef, context),
  };
  const token = context.options.dryRun ? '' : tokens.issue(subject, audiences, expirationSeconds);
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { ...metadata, name, namespace, creationTimestamp: timestamp(clock.now()) },
    spec: { audiences, expirationSeconds, boundObjectRef: spec.boundObjectRef ?? null },
    status: { token, expirationTimestamp: timestamp(clock.now() + expirationSeconds * 1000) },
  };
}

function checkLifetime(seconds: number): void {
  const why =
    seconds < MIN_SECONDS
      ? 'may not specify a duration less than 10 minutes'
      : seconds > MAX_SECONDS
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (why)
    throw invalidObject({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
      invalid('spec.expirationSeconds', seconds, why),
    ]);
}

/** The object that the token shall live as long as, if it is there and is the one that was meant. */
function boundTo(
  reference: { kind?: string; apiVersion?: string; name?: string; uid?: string } | undefined,
  { store, request }: RequestContext,
): Pick<TokenSubject, 'bound' | 'node'> {
  if (!reference) return {};
  const { kind = '', apiVersion = 'v1', name = '' } = reference;
  const resource = BOUND[kind];
  if (!resource || apiVersion !== 'v1') {
    const version = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
    throw new StatusError('BadRequest', `cannot bind token to object of type ${version}, Kind=${kind}`);
  }
  const object = store.get(resource, kind === 'Node' ? name : `${request.namespace}/${name}`);
  if (!object) throw notFound({ group: '', resource }, name);
  const uid = object.metadata.uid!;
  if (reference.uid && reference.uid !== uid)
    throw conflict(
      { group: '', resource: kind },
      name,
      `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  const bound = { kind, name, uid };
  if (kind !== 'Pod') return { bound };
  if (object.spec.serviceAccountName !== request.name)
    throw new StatusError(
      'BadRequest',
      `cannot bind token for serviceaccount ${JSON.stringify(request.name)} to pod running with different serviceaccount name.`,
    );
  const { nodeName } = object.spec;
  if (!nodeName) return { bound };
  const nodeUid = store.get('nodes', nodeName)?.metadata.uid;
  return { bound, node: { name: nodeName, ...(nodeUid && { uid: nodeUid }) } };
}
