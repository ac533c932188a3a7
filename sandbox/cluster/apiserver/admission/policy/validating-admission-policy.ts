/**
 * ValidatingAdmissionPolicy (`plugin/policy/validating`): which policies with which bindings a write has to
 * do with. Their expressions are evaluated by code that a cluster loads with its first policy.
 */
import type { KubernetesObject } from '../../../api/object.ts';
import type { Store } from '../../storage/store.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { Pending } from '../pending.ts';
import { isExempt, matches, type Write } from './match.ts';

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = `${GROUP}/validatingadmissionpolicies`;
const BINDINGS = `${GROUP}/validatingadmissionpolicybindings`;

type Evaluation = typeof import('./policy-evaluation.ts');
let evaluation: Evaluation | undefined;

function loaded(): Evaluation {
  if (evaluation) return evaluation;
  throw new Pending(import('./policy-evaluation.ts').then((module) => void (evaluation = module)));
}

/** Each binding with its policy, as of a revision of either. */
interface Bound {
  revision: number;
  pairs: readonly { policy: KubernetesObject; binding: KubernetesObject }[];
}
const known = new WeakMap<Store, Bound>();

function boundIn(store: Store): Bound['pairs'] {
  const revision = Math.max(store.revisionOf(POLICIES), store.revisionOf(BINDINGS));
  const before = known.get(store);
  if (before?.revision === revision) return before.pairs;
  const pairs = store.list(BINDINGS).flatMap((binding) => {
    const policy = store.get(POLICIES, binding.spec.policyName);
    return policy ? [{ policy, binding }] : [];
  });
  known.set(store, { revision, pairs });
  return pairs;
}

export const validatingAdmissionPolicy: AdmissionPlugin = {
  name: 'ValidatingAdmissionPolicy',
  validate(operation, object, old, context) {
    if (isExempt(context)) {
      const { resource, request } = context;
      if (object && !request.subresource && `${GROUP}/${resource.resource}` === POLICIES)
        loaded().checkPolicy(object, old);
      return;
    }
    const pairs = boundIn(context.store);
    if (pairs.length === 0) return;
    const write: Write = { operation, object, old, context };
    const relevant = pairs.filter(
      ({ policy, binding }) =>
        matches(policy.spec.matchConstraints, write) && matches(binding.spec.matchResources, write),
    );
    if (relevant.length > 0) loaded().enforce(relevant, write);
  },
};
