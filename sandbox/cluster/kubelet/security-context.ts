/** Who a container runs as: pkg/kubelet/kuberuntime/security_context.go. Capabilities, SELinux and seccomp are left out. */
import { decode } from '../../core/bytes.ts';
import type { FileSystem } from '../../os/file-system.ts';
import type { Container, Pod } from '../client/kinds.ts';
import { ConfigError } from './container-errors.ts';

export interface ContainerUser {
  uid: number;
  gid: number;
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
  const user = {
    uid: uid ?? account?.uid ?? 0,
    gid:
      gid ??
      groupOf(imageGroup, files) ??
      (uid === undefined ? account?.gid : accountOf(String(uid), files)?.gid) ??
      0,
  };
  if (own?.runAsNonRoot ?? ofPod?.runAsNonRoot) checkNonRoot(pod, container, uid, imageName, user.uid);
  return user;
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

/** `passwd` entry of a name or number; a number without an entry is itself, with group 0. */
function accountOf(name: string, files: FileSystem): ContainerUser | undefined {
  if (name === '') return undefined;
  for (const line of lines(files, '/etc/passwd')) {
    const [user, , uid, gid] = line.split(':');
    if (user === name || uid === name) return { uid: Number(uid), gid: Number(gid) };
  }
  return /^\d+$/.test(name) ? { uid: Number(name), gid: 0 } : undefined;
}

function groupOf(name: string | undefined, files: FileSystem): number | undefined {
  if (!name) return undefined;
  for (const line of lines(files, '/etc/group')) {
    const [group, , gid] = line.split(':');
    if (group === name || gid === name) return Number(gid);
  }
  return /^\d+$/.test(name) ? Number(name) : undefined;
}

/** Home directory of a uid; `/` without an entry, as runc has it. */
export function homeOf(uid: number, files: FileSystem): string {
  for (const line of lines(files, '/etc/passwd')) {
    const fields = line.split(':');
    if (fields[2] === String(uid)) return fields[5] || '/';
  }
  return '/';
}

function lines(files: FileSystem, path: string): string[] {
  try {
    return decode(files.readFile(path)).split('\n');
  } catch {
    return [];
  }
}
