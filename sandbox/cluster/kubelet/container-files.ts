/**
 * A container's file system: the image's tree with the kubelet's own files (`/etc/hosts`, `/etc/hostname`,
 * `/etc/resolv.conf`), devices and the pod's volumes in it.
 */
import { encode } from '../../core/bytes.ts';
import { ManualClock, type Clock } from '../../core/clock.ts';
import { Errno } from '../../os/errno.ts';
import type { FileSystem } from '../../os/file-system.ts';
import type { FileTree } from '../../os/file-tree.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import { nameOf, parentOf, resolvePath } from '../../os/path.ts';
import type { Container, Pod } from '../client/kinds.ts';
import type { Image } from '../images/image.ts';
import type { ContainerDevices } from './container-devices.ts';
import { ConfigError, StartError } from './container-errors.ts';
import { expand } from './expansion.ts';
import { FileSystemView } from './file-system-view.ts';
import type { MountedVolume } from './volumes.ts';

export interface ContainerFilesInit {
  clock: Clock;
  pod: Pod;
  container: Container;
  image: Image;
  devices: ContainerDevices;
  volumes: ReadonlyMap<string, MountedVolume>;
  environment: Readonly<Record<string, string>>;
  hostname: string;
  /** Contents of the pod's `/etc/hosts` and `/etc/resolv.conf`. */
  hosts: string;
  resolvConf: string;
}

export interface ContainerFiles {
  /** As the container's processes see it. */
  files: FileSystem;
  /** What more can be mounted into. */
  root: MemoryFileSystem;
}

/** Throws `ConfigError` and `StartError`. */
export function containerFiles(init: ContainerFilesInit): ContainerFiles {
  const { clock, container, devices, image } = init;
  const directory = container.workingDir || image.config.WorkingDir;
  const files = new MemoryFileSystem({
    clock,
    tree: treeWith(image, [
      '/etc',
      '/dev',
      '/proc',
      '/sys/fs/cgroup',
      ...(directory ? [directory] : []),
      ...(container.volumeMounts ?? [])
        .filter(({ subPath, subPathExpr }) => !subPath && !subPathExpr)
        .map(({ mountPath }) => mountPath),
    ]),
  });
  files.writeFile('/etc/hostname', encode(`${init.hostname}\n`));
  files.writeFile('/etc/hosts', encode(init.hosts));
  files.writeFile('/etc/resolv.conf', encode(init.resolvConf));
  files.mount('/dev', devices);
  for (const mount of container.volumeMounts ?? []) {
    const volume = init.volumes.get(mount.name);
    if (!volume)
      throw new ConfigError(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    const subPath = mount.subPathExpr ? expand(mount.subPathExpr, init.environment) : (mount.subPath ?? '');
    const readOnly = volume.readOnly || (mount.readOnly ?? false);
    mountVolume(files, resolvePath('/', mount.mountPath), volume.files, subPath, readOnly);
  }
  const readOnly = container.securityContext?.readOnlyRootFilesystem;
  return { files: readOnly ? new ReadOnlyRoot(files) : files, root: files };
}

/** Trees of images with the directories that containers of one description need in them. */
const TREES = new WeakMap<Image, Map<string, FileTree>>();

/** The image's tree with `directories`, shared by all containers that ask for the same. */
function treeWith(image: Image, directories: string[]): FileTree {
  let trees = TREES.get(image);
  if (!trees) TREES.set(image, (trees = new Map()));
  const key = directories.join('\0');
  let tree = trees.get(key);
  if (!tree) {
    const createdMs = image.layers.at(-1)?.createdMs ?? 0;
    const files = new MemoryFileSystem({ clock: new ManualClock(createdMs), tree: image.tree });
    for (const path of directories) files.mkdir(path, { recursive: true });
    tree = files.snapshot();
    // A learner changes descriptions now and then; nobody changes them for ever.
    if (trees.size >= MAX_TREES) trees.clear();
    trees.set(key, tree);
  }
  return tree;
}

const MAX_TREES = 64;

function mountVolume(
  files: MemoryFileSystem,
  at: string,
  volume: MemoryFileSystem,
  subPath: string,
  readOnly: boolean,
): void {
  const root = resolvePath('/', subPath);
  try {
    if (root !== '/' && !exists(volume, root)) volume.mkdir(root, { recursive: true });
    if (volume.stat(root).kind === 'file') {
      // A single file: it is what it was when the container started, as a bind mount of its inode is.
      files.mkdir(parentOf(at), { recursive: true });
      files.writeFile(at, volume.readFile(root));
      return;
    }
    const view = root === '/' && !readOnly ? volume : new FileSystemView(volume, { root, readOnly });
    files.mount(at, view);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new StartError(
      `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: ` +
        `unable to start container process: error during container init: error mounting "${nameOf(root)}" to rootfs at "${at}": ${error.message.toLowerCase()}`,
    );
  }
}

/** A root that may not be written, with volumes and devices in it that may. */
class ReadOnlyRoot extends FileSystemView {
  readonly #files: MemoryFileSystem;

  constructor(files: MemoryFileSystem) {
    super(files, { readOnly: true });
    this.#files = files;
  }

  /** The mounted file system that a path leads into, with the path there. */
  #mounted(path: string): { files: FileSystem; path: string } | undefined {
    const real = this.#resolve(path);
    for (const [at, files] of this.#files.mounts) {
      if (real === at) return { files, path: '/' };
      if (real.startsWith(`${at}/`)) return { files, path: real.slice(at.length) };
    }
    return undefined;
  }

  /** Symlinks on the way followed; the last name need not exist. */
  #resolve(path: string): string {
    try {
      return this.#files.realPath(path);
    } catch {
      try {
        return resolvePath(this.#files.realPath(parentOf(path)), nameOf(path));
      } catch {
        return path;
      }
    }
  }

  #write(path: string, write: (files: FileSystem, path: string) => void): void {
    const mounted = this.#mounted(path);
    if (!mounted) throw new Errno('EROFS', path);
    write(mounted.files, mounted.path);
  }

  override writeFile(path: string, contents: Uint8Array): void {
    this.#write(path, (files, inner) => files.writeFile(inner, contents));
  }
  override appendFile(path: string, contents: Uint8Array): void {
    this.#write(path, (files, inner) => files.appendFile(inner, contents));
  }
  override mkdir(path: string, options?: { recursive?: boolean; mode?: number }): void {
    if (options?.recursive && exists(this.#files, path)) return;
    this.#write(path, (files, inner) => files.mkdir(inner, options));
  }
  override unlink(path: string): void {
    this.#write(path, (files, inner) => files.unlink(inner));
  }
  override rmdir(path: string): void {
    this.#write(path, (files, inner) => files.rmdir(inner));
  }
  override rename(from: string, to: string): void {
    const target = this.#mounted(to);
    this.#write(from, (files, inner) => {
      if (target?.files !== files) throw new Errno('EXDEV');
      files.rename(inner, target.path);
    });
  }
  override symlink(target: string, path: string): void {
    this.#write(path, (files, inner) => files.symlink(target, inner));
  }
  override link(from: string, to: string): void {
    const source = this.#mounted(from);
    this.#write(to, (files, inner) => {
      if (source?.files !== files) throw new Errno('EXDEV');
      files.link(source.path, inner);
    });
  }
  override chmod(path: string, mode: number): void {
    this.#write(path, (files, inner) => files.chmod(inner, mode));
  }
  override chown(path: string, uid: number, gid: number): void {
    this.#write(path, (files, inner) => files.chown(inner, uid, gid));
  }
  override utimes(path: string, mtimeMs: number): void {
    this.#write(path, (files, inner) => files.utimes(inner, mtimeMs));
  }
}

function exists(files: FileSystem, path: string): boolean {
  try {
    files.stat(path);
    return true;
  } catch {
    return false;
  }
}

/** `/etc/hosts` of a pod (`managedHostsFileContent`). */
export function hostsFile(pod: Pod, address: string, hostname: string, domain: string): string {
  const { subdomain } = pod.spec;
  const own = subdomain
    ? `${hostname}.${subdomain}.${pod.metadata.namespace}.svc.${domain}\t${hostname}`
    : hostname;
  let out =
    '# Kubernetes-managed hosts file.\n' +
    '127.0.0.1\tlocalhost\n' +
    '::1\tlocalhost ip6-localhost ip6-loopback\n' +
    'fe00::0\tip6-localnet\n' +
    'fe00::0\tip6-mcastprefix\n' +
    'fe00::1\tip6-allnodes\n' +
    'fe00::2\tip6-allrouters\n' +
    `${address}\t${own}\n`;
  const aliases = pod.spec.hostAliases ?? [];
  if (aliases.length > 0) {
    out += '\n# Entries added by HostAliases.\n';
    for (const { ip, hostnames } of aliases) out += `${ip}\t${(hostnames ?? []).join('\t')}\n`;
  }
  return out;
}

/** Names of `hostsFile` beyond the pod's own: for its resolver. */
export function hostAliases(pod: Pod): Map<string, string> {
  const out = new Map<string, string>();
  for (const { ip, hostnames } of pod.spec.hostAliases ?? [])
    for (const hostname of hostnames ?? []) out.set(hostname, ip);
  return out;
}

/** What a pod's resolver is told: `dnsPolicy` and `dnsConfig` (pkg/kubelet/network/dns). */
export function dnsConfigOf(
  pod: Pod,
  cluster: { nameServer: string; searches: readonly string[] },
): { nameServers: string[]; searches: string[]; options: string[]; ndots: number } {
  const policy = pod.spec.dnsPolicy ?? 'ClusterFirst';
  const inCluster =
    policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !pod.spec.hostNetwork);
  const nameServers = inCluster ? [cluster.nameServer] : [];
  const searches = inCluster ? [...cluster.searches] : [];
  const options = new Map<string, string | undefined>();
  if (inCluster) options.set('ndots', '5');
  const own = pod.spec.dnsConfig;
  for (const server of own?.nameservers ?? []) if (!nameServers.includes(server)) nameServers.push(server);
  for (const search of own?.searches ?? []) if (!searches.includes(search)) searches.push(search);
  for (const { name, value } of own?.options ?? []) options.set(name ?? '', value);
  return {
    nameServers,
    searches,
    options: [...options].map(([name, value]) => (value === undefined ? name : `${name}:${value}`)),
    ndots: Number(options.get('ndots') ?? 1),
  };
}

/** `/etc/resolv.conf` in the kubelet's order of lines. */
export function resolvConf(config: { nameServers: string[]; searches: string[]; options: string[] }): string {
  let out = '';
  if (config.searches.length > 0) out += `search ${config.searches.join(' ')}\n`;
  for (const server of config.nameServers) out += `nameserver ${server}\n`;
  if (config.options.length > 0) out += `options ${config.options.join(' ')}\n`;
  return out;
}
