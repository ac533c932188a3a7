/**
 * Webhooks as plugins (`plugin/webhook/{mutating,validating}` of k8s.io/apiserver): which of them a write has
 * to do with. Calling them is code that a cluster loads with its first configuration.
 */
import type { KubernetesObject } from '../../../api/object.ts';
import type { Store } from '../../storage/store.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { Pending } from '../pending.ts';
import { isExempt, matches, type MatchRule, type Write } from '../policy/match.ts';

const GROUP = 'admissionregistration.k8s.io';

export interface Webhook {
  name: string;
  clientConfig: {
    url?: string;
    service?: { namespace: string; name: string; path?: string; port?: number };
    caBundle?: string;
  };
  rules?: MatchRule[];
  failurePolicy?: 'Fail' | 'Ignore';
  matchPolicy?: 'Exact' | 'Equivalent';
  namespaceSelector?: object;
  objectSelector?: object;
  sideEffects?: string;
  timeoutSeconds?: number;
  matchConditions?: { name: string; expression: string }[];
  reinvocationPolicy?: 'Never' | 'IfNeeded';
}

type Dispatch = typeof import('./webhook-dispatch.ts');
let dispatch: Dispatch | undefined;

function loaded(): Dispatch {
  if (dispatch) return dispatch;
  throw new Pending(import('./webhook-dispatch.ts').then((module) => void (dispatch = module)));
}

/** The webhooks of all configurations of a kind, in the order of their names, as of a revision. */
const known = new WeakMap<Store, Map<string, { revision: number; webhooks: readonly Webhook[] }>>();

function webhooksIn(store: Store, space: string): readonly Webhook[] {
  let spaces = known.get(store);
  if (!spaces) known.set(store, (spaces = new Map()));
  const revision = store.revisionOf(space);
  const before = spaces.get(space);
  if (before?.revision === revision) return before.webhooks;
  const webhooks = store.list(space).flatMap(({ webhooks: own = [] }: KubernetesObject) => own as Webhook[]);
  spaces.set(space, { revision, webhooks });
  return webhooks;
}

function relevant(space: string, write: Write): Webhook[] {
  const webhooks = webhooksIn(write.context.store, space);
  if (webhooks.length === 0 || isExempt(write.context)) return [];
  return webhooks.filter((webhook) => {
    const { rules = [], matchPolicy, namespaceSelector, objectSelector } = webhook;
    return (
      rules.length > 0 &&
      matches({ resourceRules: rules, matchPolicy, namespaceSelector, objectSelector }, write)
    );
  });
}

export const mutatingWebhook: AdmissionPlugin = {
  name: 'MutatingAdmissionWebhook',
  mutate(operation, draft, context, old) {
    const write: Write = { operation, object: draft, old, context };
    const webhooks = relevant(`${GROUP}/mutatingwebhookconfigurations`, write);
    if (webhooks.length > 0) loaded().mutateByWebhooks(webhooks, write);
  },
};

export const validatingWebhook: AdmissionPlugin = {
  name: 'ValidatingAdmissionWebhook',
  validate(operation, object, old, context) {
    const write: Write = { operation, object, old, context };
    const webhooks = relevant(`${GROUP}/validatingwebhookconfigurations`, write);
    if (webhooks.length > 0) loaded().validateByWebhooks(webhooks, write);
  },
};
