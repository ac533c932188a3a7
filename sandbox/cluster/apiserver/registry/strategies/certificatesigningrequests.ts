/**
 * CertificateSigningRequests (`pkg/registry/certificates`, `plugin/pkg/admission/certificates`): who asks is
 * written by the server; approving takes the right to approve for the signer.
 *
 * Left out: looking into the PEM request, which needs a parser of certificates; what signs it looks.
 */
import { timestamp } from '../../../../core/clock.ts';
import type { KubernetesObject } from '../../../api/object.ts';
import { refuse } from '../../admission/admission.ts';
import type { RequestContext, Strategy } from '../strategy.ts';

const GROUP = 'certificates.k8s.io';

export const certificatesigningrequests: Strategy = {
  prepareForCreate(draft, { request: { user } }) {
    const { username, uid, groups, extra } = user;
    const { uid: _uid, extra: _extra, ...spec } = draft.spec;
    draft.spec = { ...spec, groups, username, ...(uid && { uid }), ...(extra && { extra }) };
    draft.status = {};
  },
  prepareForUpdate(draft, old, context) {
    draft.spec = old.spec;
    const { subresource } = context.request;
    if (subresource !== 'approval') return;
    checkSigner('approve', old, context);
    const now = timestamp(context.clock.now());
    const conditions = draft.status?.conditions?.map((condition: any) => ({
      ...condition,
      lastUpdateTime: condition.lastUpdateTime ?? now,
      lastTransitionTime: condition.lastTransitionTime ?? now,
    }));
    draft.status = { ...old.status, ...(conditions && { conditions }) };
  },
  prepareForStatus(draft, old, context) {
    draft.spec = old.spec;
    if (draft.status?.certificate !== old.status?.certificate) checkSigner('sign', old, context);
  },
};

/** The right is on the signer, or on all of its domain. */
function checkSigner(verb: 'approve' | 'sign', request: KubernetesObject, context: RequestContext): void {
  const { signerName } = request.spec;
  const { authorizer, request: asked } = context;
  const domain = `${signerName.split('/')[0]}/*`;
  const allowed = [signerName, domain].some(
    (name) =>
      authorizer.authorize({
        user: asked.user,
        verb,
        group: GROUP,
        resource: 'signers',
        subresource: undefined,
        namespace: undefined,
        name,
      }).allowed,
  );
  if (!allowed)
    throw refuse(
      context,
      request,
      `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`,
    );
}
