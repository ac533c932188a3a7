/** Reviews: questions to the API server about who somebody is and what they may do. Nothing is stored. */
import type { KubernetesObject } from '../../api/object.ts';
import type { UserInfo } from '../../api/request.ts';
import { StatusError } from '../../api/status.ts';
import { invalid, invalidObject } from '../../api/validation/field-errors.ts';
import type { TokenAuthenticator } from '../authentication/tokens.ts';
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
    const user = tokens.authenticate(spec?.token ?? '');
    return user
      ? { authenticated: true, user: written(user), audiences: spec.audiences }
      : { user: {}, error: 'invalid bearer token' };
  },
  'authorization.k8s.io/selfsubjectaccessreviews': ({ spec }, { request }, authorizer) =>
    access(spec, request.user, authorizer),
  'authorization.k8s.io/subjectaccessreviews': ({ spec }, _context, authorizer) =>
    access(spec, userOf(spec), authorizer),
  'authorization.k8s.io/localsubjectaccessreviews': ({ spec }, { request }, authorizer) => {
    const { namespace } = spec?.resourceAttributes ?? {};
    if (namespace !== request.namespace)
      throw new StatusError('BadRequest', 'spec.resourceAttributes.namespace must match metadata.namespace');
    return access(spec, userOf(spec), authorizer);
  },
  'authorization.k8s.io/selfsubjectrulesreviews': ({ spec }, { request }, authorizer) => {
    const resourceRules: object[] = [];
    const nonResourceRules: object[] = [];
    const masters: Rule[] = [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ];
    const rules = request.user.groups.includes('system:masters')
      ? masters
      : [...authorizer.rulesFor(request.user, spec?.namespace)].map(({ rule }) => rule);
    for (const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } of rules) {
      if (nonResourceURLs) nonResourceRules.push({ verbs, nonResourceURLs });
      else resourceRules.push({ verbs, apiGroups, resources, ...(resourceNames && { resourceNames }) });
    }
    return { resourceRules, nonResourceRules, incomplete: false };
  },
};

function access(spec: any, user: UserInfo, authorizer: Authorizer): object {
  const { resourceAttributes, nonResourceAttributes } = spec ?? {};
  if (Boolean(resourceAttributes) === Boolean(nonResourceAttributes))
    throw invalidObject({ group: 'authorization.k8s.io', kind: '' }, '', [
      invalid(
        'spec.resourceAttributes',
        resourceAttributes ?? null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    ]);
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
