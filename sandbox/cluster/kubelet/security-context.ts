/** Who a container runs as: pkg/kubelet/kuberuntime/security_context.go. Capabilities but NET_ADMIN, SELinux and seccomp are left out. */
import type { FileSystem } from '../../os/file-system.ts';
import type { Container, Pod } from '../client/kinds.ts';
import { accountOf, groupIdOf, membershipsOf } from '../images/accounts.ts';
import { ConfigError } from './container-errors.ts';

export interface ContainerUser {
  uid: number;
  gid: number;
  /** All of its groups, the primary one included, lowest first. */
  groups?: readonly number[];
}

/**
 * The user of `container`: its own securityContext, then the pod's, then what the image says.
 * Throws `ConfigError` where `runAsNonRoot` forbids that.
 */
export function userOf(pod: Pod, container: Container, imageUser: string, files: FileSystem): ContainerUser {
  const own = container.securityContext;
  const ofPod = pod.spec.securityContext;
  const uid = own?.runAsUser ?? ofPod?.runAsUser;
  const gid = own?.runAsGroup ?? ofPod?.runAsGroup;
  const [imageName = '', imageGroup] = imageUser.split(':');
  const account = accountOf(imageName, files);
  const user: Omit<ContainerUser, 'groups'> = {
    uid: uid ?? account?.uid ?? 0,
    gid:
      gid ??
      groupIdOf(imageGroup, files) ??
      (uid === undefined ? account?.gid : accountOf(String(uid), files)?.gid) ??
      0,
  };
  if (own?.runAsNonRoot ?? ofPod?.runAsNonRoot) checkNonRoot(pod, container, uid, imageName, user.uid);
  return { ...user, groups: groupsOf(pod, user, files) };
}

/** The pod's supplementary groups and `fsGroup`, and with the policy Merge those of the image's `/etc/group`. */
function groupsOf({ spec }: Pod, { uid, gid }: { uid: number; gid: number }, files: FileSystem): number[] {
  const { supplementalGroups = [], supplementalGroupsPolicy, fsGroup } = spec.securityContext ?? {};
  const groups = new Set([gid, ...supplementalGroups]);
  if (fsGroup !== undefined) groups.add(fsGroup);
  if (supplementalGroupsPolicy !== 'Strict') for (const group of membershipsOf(uid, files)) groups.add(group);
  return [...groups].sort((a, b) => a - b);
}

function checkNonRoot(
  pod: Pod,
  container: Container,
  asked: number | undefined,
  imageUser: string,
  uid: number,
): void {
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`;
  if (asked === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (asked !== undefined) return;
  if (imageUser !== '' && !/^\d+$/.test(imageUser))
    throw new ConfigError(
      `container has runAsNonRoot and image has non-numeric user (${imageUser}), cannot verify user is non-root ${where}`,
    );
  if (uid === 0) throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
}

/** Whether it has the capability NET_ADMIN, for `tc`. */
export function mayAdministerNetwork({ securityContext }: Container): boolean {
  const added = securityContext?.capabilities?.add ?? [];
  return (
    securityContext?.privileged === true ||
    ['ALL', 'NET_ADMIN', 'CAP_NET_ADMIN'].some((capability) => added.includes(capability))
  );
}
