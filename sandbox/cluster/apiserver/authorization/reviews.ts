/** Reviews: questions to the API server about who somebody is and what they may do. Nothing is stored. */
import type { KubernetesObject } from '../../api/object.ts';
import type { UserInfo } from '../../api/request.ts';
import { StatusError } from '../../api/status.ts';
import { invalid, invalidObject, type FieldError } from '../../api/validation/field-errors.ts';
import { API_AUDIENCE, type TokenAuthenticator } from '../authentication/tokens.ts';
import type { RequestContext } from '../registry/strategy.ts';
import type { Authorizer, Rule } from './authorizer.ts';

export type Review = (
  body: KubernetesObject,
  context: RequestContext,
  authorizer: Authorizer,
  tokens: TokenAuthenticator,
) => object;

const userOf = (spec: any): UserInfo => ({
  username: spec.user ?? '',
  groups: spec.groups ?? [],
  ...(spec.uid && { uid: spec.uid }),
});

/** By `group/resource`: what becomes the review's `status`. */
export const REVIEWS: Record<string, Review> = {
  'authentication.k8s.io/selfsubjectreviews': (_body, { request: { user } }) => ({ userInfo: written(user) }),
  'authentication.k8s.io/tokenreviews': ({ spec }, _context, _authorizer, tokens) => {
    if (!spec?.token)
      throw new StatusError('BadRequest', 'token is required for TokenReview in authentication');
    const verdict = tokens.review(spec.token, spec.audiences?.length ? spec.audiences : [API_AUDIENCE]);
    return 'user' in verdict
      ? { authenticated: true, user: written(verdict.user), audiences: verdict.audiences }
      : { user: {}, error: verdict.error };
  },
  'authorization.k8s.io/selfsubjectaccessreviews': ({ spec, metadata }, { request }, authorizer) => {
    check(metadata, problemsWith(spec));
    return access(spec, request.user, authorizer);
  },
  'authorization.k8s.io/subjectaccessreviews': ({ spec, metadata }, _context, authorizer) => {
    check(metadata, [...problemsWith(spec), ...problemsWithSubject(spec)]);
    return access(spec, userOf(spec), authorizer);
  },
  'authorization.k8s.io/localsubjectaccessreviews': ({ spec, metadata }, { request }, authorizer) => {
    const errors = [...problemsWith(spec), ...problemsWithSubject(spec)];
    const { namespace } = spec?.resourceAttributes ?? {};
    if (spec?.resourceAttributes && namespace !== request.namespace)
      errors.push(
        invalid('spec.resourceAttributes.namespace', namespace ?? '', 'must match metadata.namespace'),
      );
    if (spec?.nonResourceAttributes)
      errors.push(
        invalid('spec.nonResourceAttributes', internalPath(spec), 'disallowed on this kind of request'),
      );
    check({ ...metadata, namespace: undefined }, errors);
    return access(spec, userOf(spec), authorizer);
  },
  'authorization.k8s.io/selfsubjectrulesreviews': ({ spec }, { request }, authorizer) => {
    if (!spec?.namespace) throw new StatusError('BadRequest', 'no namespace on request');
    const resourceRules: object[] = [];
    const nonResourceRules: object[] = [];
    const masters: Rule[] = [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ];
    const rules = request.user.groups.includes('system:masters')
      ? masters
      : [...authorizer.rulesFor(request.user, spec.namespace)].map(({ rule }) => rule);
    for (const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } of rules) {
      if (nonResourceURLs) nonResourceRules.push({ verbs, nonResourceURLs });
      else resourceRules.push({ verbs, apiGroups, resources, ...(resourceNames && { resourceNames }) });
    }
    return { resourceRules, nonResourceRules, incomplete: false };
  },
};

/** Throws Invalid with every problem; the server says nothing of the review's kind there. */
function check(metadata: KubernetesObject['metadata'], errors: FieldError[]): void {
  const { namespace, ...others } = metadata ?? {};
  if (Object.values({ namespace, ...others }).some((value) => value !== undefined && value !== null))
    errors.push(invalid('metadata', metadata, 'must be empty'));
  if (errors.length === 0) return;
  const failure = invalidObject({ group: 'authorization.k8s.io', kind: '' }, '', errors);
  const { kind: _, ...details } = failure.status.details!;
  throw new StatusError('Invalid', failure.message, details);
}

function problemsWith(spec: any): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec ?? {};
  if (resourceAttributes && nonResourceAttributes)
    return [
      invalid(
        'spec.nonResourceAttributes',
        internalPath(spec),
        'cannot be specified in combination with resourceAttributes',
      ),
    ];
  if (resourceAttributes || nonResourceAttributes) return [];
  return [
    invalid(
      'spec.resourceAttributes',
      null,
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ),
  ];
}

const problemsWithSubject = (spec: any): FieldError[] =>
  spec?.user || spec?.groups?.length
    ? []
    : [invalid('spec.user', spec?.user ?? '', 'at least one of user or group must be specified')];

/** The server prints its internal type, whose fields are those of Go. */
const internalPath = ({ nonResourceAttributes: { path = '', verb = '' } }: any) => ({
  Path: path,
  Verb: verb,
});

function access(spec: any, user: UserInfo, authorizer: Authorizer): object {
  const { resourceAttributes, nonResourceAttributes } = spec ?? {};
  const decision = nonResourceAttributes
    ? authorizer.authorizePath(user, nonResourceAttributes.verb ?? '', nonResourceAttributes.path ?? '')
    : authorizer.authorize({
        user,
        verb: resourceAttributes?.verb ?? '',
        group: resourceAttributes?.group ?? '',
        resource: resourceAttributes?.resource ?? '',
        subresource: resourceAttributes?.subresource || undefined,
        namespace: resourceAttributes?.namespace || undefined,
        name: resourceAttributes?.name || undefined,
      });
  return { allowed: decision.allowed, ...(decision.reason && { reason: decision.reason }) };
}

function written({ username, uid, groups, extra }: UserInfo): object {
  return { username, ...(uid && { uid }), groups, ...(extra && { extra }) };
}

/** Answers a review: the body with its status. */
export function review(
  kindOf: Review,
  context: RequestContext,
  body: KubernetesObject,
  authorizer: Authorizer,
  tokens: TokenAuthenticator,
): KubernetesObject {
  const { kind, apiVersion, metadata, spec } = body;
  return {
    kind,
    apiVersion,
    metadata: { ...metadata },
    ...(spec && { spec }),
    status: kindOf(body, context, authorizer, tokens),
  } as KubernetesObject;
}
