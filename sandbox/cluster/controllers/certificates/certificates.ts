/**
 * CertificateSigningRequests: those that are approved get their certificate from the cluster's authority, and
 * old ones go (`pkg/controller/certificates/{signer,cleaner}`).
 *
 * Without an authority that signs (in the tab, where nothing is encrypted) a request stays approved and waits,
 * as with a signer that nobody runs. Left out: approving kubelets' own requests, since kubelets here make none.
 */
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import type { KubernetesObject } from '../../api/object.ts';
import { isStatus } from '../../api/status.ts';
import type { ResourceType } from '../../client/resources.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { ControllerContext } from '../controller.ts';

/** Signs with the cluster's authority: a PEM request in, a PEM certificate out. */
export type SignCertificate = (
  request: string,
  options: { usages: readonly string[]; expirationSeconds: number | undefined },
) => Promise<string>;

const REQUESTS: ResourceType = {
  group: 'certificates.k8s.io',
  version: 'v1',
  resource: 'certificatesigningrequests',
  kind: 'CertificateSigningRequest',
  namespaced: false,
};

const CLIENT_USAGES = ['client auth', 'digital signature', 'key encipherment'];
const SERVER_USAGES = ['server auth', 'digital signature', 'key encipherment'];

/** The signers that this controller is, with the usages that they allow. */
const SIGNERS: Readonly<Record<string, readonly string[] | undefined>> = {
  'kubernetes.io/kube-apiserver-client': CLIENT_USAGES,
  'kubernetes.io/kube-apiserver-client-kubelet': CLIENT_USAGES,
  'kubernetes.io/kubelet-serving': SERVER_USAGES,
  'kubernetes.io/legacy-unknown': undefined,
};

const HOUR_MS = 3600_000;
/** How long a request stays after it was decided, and how long it waits to be. */
const DECIDED_MS = HOUR_MS;
const PENDING_MS = 24 * HOUR_MS;

export function startCertificateController(context: ControllerContext): Disposable {
  const { clock, sign } = context;
  const client = context.client('certificate-controller');
  const requests = context.informers.informer<KubernetesObject>(REQUESTS);
  const running = new DisposableStore();

  const reconcile = async (name: string) => {
    const request = requests.get(name);
    if (!request) return;
    const conditions: any[] = request.status?.conditions ?? [];
    const has = (type: string) => conditions.some((condition) => condition.type === type);
    const waitMs = has('Approved') || has('Denied') || has('Failed') ? DECIDED_MS : PENDING_MS;
    const leftMs = Date.parse(request.metadata.creationTimestamp!) + waitMs - clock.now();
    if (leftMs <= 0) {
      await client.delete(REQUESTS, { name }).catch((error: unknown) => {
        if (!isStatus(error, 'NotFound')) throw error;
      });
      return;
    }
    queue.addAfter(name, leftMs);
    const { signerName, usages, expirationSeconds, request: encoded } = request.spec;
    if (!has('Approved') || has('Denied') || has('Failed') || request.status?.certificate) return;
    if (!sign || !(signerName in SIGNERS)) return;
    const status = { ...request.status };
    try {
      checkUsages(usages, SIGNERS[signerName]);
      status.certificate = btoa(await sign(atob(encoded), { usages, expirationSeconds }));
    } catch (error) {
      const failed = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure' };
      status.conditions = [...conditions, { ...failed, message: (error as Error).message }];
    }
    await client.updateStatus(REQUESTS, { ...request, status });
  };

  const queue: WorkQueue = running.add(
    new WorkQueue({
      clock,
      reconcile,
      onError: (name, error) => context.onError('certificates', name, error),
    }),
  );
  const enqueue = ({ metadata }: KubernetesObject) => queue.add(metadata.name!);
  running.add(requests.addHandler({ add: enqueue, update: (_before, after) => enqueue(after) }));
  return running;
}

function checkUsages(usages: readonly string[], allowed: readonly string[] | undefined): void {
  const other = allowed && usages.filter((usage) => !allowed.includes(usage));
  if (other?.length) throw new Error(`invalid usage for client certificate: ${other.join(', ')}`);
}
