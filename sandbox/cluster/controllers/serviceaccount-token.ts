/**
 * Secrets of type `kubernetes.io/service-account-token`: each gets a token of the service account that its
 * annotation names, and goes with it (`pkg/controller/serviceaccount/tokens_controller.go`). The API server
 * takes such a token for as long as the Secret holds it.
 */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { webToken } from '../api/json-web-token.ts';
import { isStatus } from '../api/status.ts';
import type { Secret, ServiceAccount } from '../client/kinds.ts';
import { SECRETS, SERVICE_ACCOUNTS } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { ControllerContext } from './controller.ts';

const TYPE = 'kubernetes.io/service-account-token';
const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';

export function startServiceAccountTokenController(context: ControllerContext): Disposable {
  const { random, rootCertificate } = context;
  const client = context.manager;
  const secrets = context.informers.informer(SECRETS);
  const accounts = context.informers.informer(SERVICE_ACCOUNTS);
  const running = new DisposableStore();

  const accountOf = ({ metadata }: Secret): ServiceAccount | undefined => {
    const { namespace, annotations } = metadata;
    const account = accounts.get(`${namespace}/${annotations?.[NAME]}`);
    const uid = annotations?.[UID];
    return account && (!uid || account.metadata.uid === uid) ? account : undefined;
  };

  const reconcile = async (key: string) => {
    const secret = secrets.get(key);
    if (secret?.type !== TYPE) return;
    const account = accountOf(secret);
    try {
      if (!account) {
        const { uid } = secret.metadata;
        await client.delete(SECRETS, secret.metadata, { preconditions: { uid: uid! } });
        return;
      }
      const { namespace, name, uid } = account.metadata;
      const { data = {} } = secret;
      if (data.token && data.namespace && data['ca.crt'] && secret.metadata.annotations?.[UID] === uid)
        return;
      const token = webToken(
        {
          iss: 'kubernetes/serviceaccount',
          'kubernetes.io/serviceaccount/namespace': namespace,
          'kubernetes.io/serviceaccount/secret.name': secret.metadata.name,
          'kubernetes.io/serviceaccount/service-account.name': name,
          'kubernetes.io/serviceaccount/service-account.uid': uid,
          sub: `system:serviceaccount:${namespace}:${name}`,
        },
        random,
      );
      await client.update(SECRETS, {
        ...secret,
        metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, [UID]: uid! } },
        data: {
          ...data,
          'ca.crt': btoa(rootCertificate),
          namespace: btoa(namespace!),
          token: data.token ?? btoa(token),
        },
      });
    } catch (error) {
      // Somebody was faster: what they made of it comes by itself.
      if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error;
    }
  };

  const queue = running.add(
    new WorkQueue({
      clock: context.clock,
      reconcile: async (key) => {
        // Before the accounts are known, every secret looks like one that lost its own.
        await accounts.synced;
        await reconcile(key);
      },
      onError: (key, error) => context.onError('serviceaccount-token', key, error),
    }),
  );
  const enqueue = ({ metadata, type }: Secret) => {
    if (type === TYPE) queue.add(`${metadata.namespace}/${metadata.name}`);
  };
  const enqueueOf = ({ metadata }: ServiceAccount) => {
    for (const secret of secrets.list())
      if (
        secret.metadata.namespace === metadata.namespace &&
        secret.metadata.annotations?.[NAME] === metadata.name
      )
        enqueue(secret);
  };
  running.add(secrets.addHandler({ add: enqueue, update: (_before, after) => enqueue(after) }));
  running.add(accounts.addHandler({ add: enqueueOf, delete: enqueueOf }));
  return running;
}
