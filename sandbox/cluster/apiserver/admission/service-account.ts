/**
 * Gives a pod its service account, and every container the account's token where programs look for it
 * (`plugin/pkg/admission/serviceaccount`).
 */
import type { KubernetesObject } from '../../api/object.ts';
import { refuse, type AdmissionPlugin } from './admission.ts';

export const TOKEN_MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
/** An hour and a little, so that the kubelet renews at whole hours. */
const TOKEN_SECONDS = 3607;
const MIRROR = 'kubernetes.io/config.mirror';

export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  resources: ['/pods'],
  mutate(operation, draft, context) {
    if (operation !== 'CREATE' || context.request.subresource) return;
    // A mirror of what a kubelet runs from a file has no identity in the API.
    if (draft.metadata.annotations?.[MIRROR] !== undefined) return;
    const { namespace } = draft.metadata;
    const name: string = draft.spec.serviceAccountName || 'default';
    let spec = { ...draft.spec, serviceAccountName: name, serviceAccount: name };
    const account = context.store.get('serviceaccounts', `${namespace}/${name}`);
    if (!account)
      throw refuse(
        context,
        draft,
        `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
      );
    if (wantsToken(draft, account)) spec = withToken(spec, () => context.random.suffix(5));
    if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
      spec.imagePullSecrets = account.imagePullSecrets;
    draft.spec = spec;
  },
};

function wantsToken(pod: KubernetesObject, account: KubernetesObject): boolean {
  return pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
}

function withToken(spec: any, suffix: () => string): any {
  const existing = spec.volumes?.find((volume: any) => volume.name.startsWith(VOLUME_PREFIX));
  const name: string = existing?.name ?? VOLUME_PREFIX + suffix();
  let mounted = false;
  const mount = (containers: any[] | undefined) =>
    containers?.map((container) => {
      const mounts: any[] = container.volumeMounts ?? [];
      if (mounts.some(({ mountPath }) => mountPath === TOKEN_MOUNT_PATH)) return container;
      mounted = true;
      const own = { name, readOnly: true, mountPath: TOKEN_MOUNT_PATH };
      return { ...container, volumeMounts: [...mounts, own] };
    });
  const out = { ...spec, containers: mount(spec.containers) };
  if (spec.initContainers) out.initContainers = mount(spec.initContainers);
  if (mounted && !existing) out.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
  return out;
}

function tokenVolume(name: string) {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 0o644,
    },
  };
}
