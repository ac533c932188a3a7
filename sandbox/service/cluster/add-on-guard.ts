/**
 * What keeps learners out of add-ons beyond what guards the system's namespaces (`learner-rights.ts`): the secrets
 * of an add-on's namespaces cannot be read, and what it has brought outside of them (definitions, cluster roles)
 * cannot be changed.
 *
 * RBAC only adds, and a learner reads secrets in every namespace, also in one that was made a moment ago. So an authorizer
 * in front of RBAC refuses those of add-ons. Granting namespace by namespace was refused: `kubectl apply` of a namespace
 * and a secret in it would be faster than the grant. The authorizer is a webhook whose conditions pick these
 * requests; it has nothing to decide and answers no (`control-plane/refuse`, started by the node's systemd). When it
 * does not answer, that is a no too.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { decode } from '../../core/bytes.ts';
import { readBody, type HttpOrigin } from '../../core/http.ts';
import type { AdminClient, Manifest } from './admin-client.ts';
import { HttpsOrigin } from './https-origin.ts';
import type { Kubeconfig } from './kubeconfig.ts';
import { celList, notTheSystem, policy } from './learner-rights.ts';

/** Where `control-plane/slipway-refusal.socket` listens on the control plane's node; the kubeconfig beside it names it. */
const REFUSAL_KUBECONFIG = 'refusal.kubeconfig';

/** Starts the webhook on the control plane's node; $0 is where the files of `control-plane/` are. */
export const START_REFUSAL = `
cp "$0"/slipway-refusal.socket "$0"/slipway-refusal@.service /etc/systemd/system/ &&
systemctl daemon-reload && systemctl enable --now --quiet slipway-refusal.socket`;

/**
 * The API server's authorizers, kubeadm's and ours before them. A list over all namespaces would tell an add-on's
 * secrets too and is refused with them.
 * @param mount where the API server finds the files of `control-plane/`.
 */
export function authorizationConfiguration(addOnNamespaces: readonly string[], mount: string) {
  const where = celList(['', ...addOnNamespaces]);
  return {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthorizationConfiguration',
    authorizers: [
      {
        type: 'Webhook',
        name: 'add-ons',
        webhook: {
          authorizedTTL: '30s',
          unauthorizedTTL: '30s',
          timeout: '10s',
          subjectAccessReviewVersion: 'v1',
          matchConditionSubjectAccessReviewVersion: 'v1',
          failurePolicy: 'Deny',
          connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: `${mount}/${REFUSAL_KUBECONFIG}` },
          matchConditions: [
            { expression: 'has(request.resourceAttributes)' },
            {
              expression: `request.resourceAttributes.resource == 'secrets' && request.resourceAttributes.namespace in ${where}`,
            },
            { expression: notTheSystem('request.user', 'request.groups', addOnNamespaces) },
          ],
        },
      },
      { type: 'Node', name: 'node' },
      { type: 'RBAC', name: 'rbac' },
    ],
  };
}

const NOT_YOURS = 'this belongs to an add-on of the cluster; on this sandbox it can be read and not changed';

/** `/apis/GROUP/VERSION/RESOURCE/NAME` or `/api/v1/RESOURCE/NAME`: of no namespace. */
const CLUSTER_SCOPED = /^\/(?:api\/v1|apis\/([^/]+)\/[^/]+)\/([^/]+)\/([^/]+)$/;
/** Those are guarded by a policy of their own. */
const isNamespace = (path: string) => path.startsWith('/api/v1/namespaces/');

/** Exported for its test. */
export function protectionOf(objects: readonly string[], addOnNamespaces: readonly string[]): Manifest[] {
  const keys = objects.flatMap((path) => {
    const [, group = '', resource, name] = CLUSTER_SCOPED.exec(path) ?? [];
    return resource === undefined || isNamespace(path) ? [] : [`${group}/${resource}/${name}`];
  });
  const match = { apiGroups: ['*'], resources: ['*/*'], operations: ['UPDATE', 'DELETE'], scope: 'Cluster' };
  // The request of a deleted collection has no name; its objects have.
  const key = `request.resource.group + '/' + request.resource.resource + '/' + oldObject.metadata.name`;
  return policy(
    {
      name: 'slipway-add-ons',
      match: [match],
      allowed: `!(${key} in ${celList(keys)})`,
      message: NOT_YOURS,
    },
    addOnNamespaces,
  );
}

/** A policy is in force about a second after it was made. */
const PROTECT_TIMEOUT_MS = 60_000;
const POLL_MS = 200;

/**
 * Resolves when learners cannot change the objects any more.
 * @param objects paths of what add-ons have brought.
 */
export async function protect(
  client: AdminClient,
  objects: readonly string[],
  options: { namespaces: readonly string[]; learner: Kubeconfig; signal: AbortSignal },
): Promise<void> {
  const { namespaces, learner, signal } = options;
  for (const manifest of protectionOf(objects, namespaces)) await client.apply(manifest);
  const path = objects.find((each) => CLUSTER_SCOPED.test(each) && !isNamespace(each));
  if (path === undefined) return;
  const deadline = Date.now() + PROTECT_TIMEOUT_MS;
  const origin = new HttpsOrigin(learner);
  try {
    while (!(await isRefused(origin, path))) {
      if (Date.now() > deadline)
        throw new Error(`What add-ons have brought, ${path}, could not be protected.`);
      await delay(POLL_MS, undefined, { signal });
    }
  } finally {
    origin.dispose();
  }
}

/** Asks as a learner to delete the object, which changes nothing. */
async function isRefused(learner: HttpOrigin, path: string): Promise<boolean> {
  const response = await learner.fetch({ method: 'DELETE', path: `${path}?dryRun=All`, headers: {} });
  return decode(await readBody(response)).includes(NOT_YOURS);
}
