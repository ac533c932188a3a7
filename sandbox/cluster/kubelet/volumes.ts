/**
 * A pod's volumes as file systems: emptyDir, PersistentVolumes (`hostPath`, `local` and `csi`, as a provisioner makes
 * them), configMap, secret, downwardAPI and projected (service account tokens, ConfigMaps, Secrets, downward API).
 * Files of the last four stand behind a `..data` link that is swapped as a whole, as pkg/volume/util/atomic_writer
 * does. A hostPath of a pod's own is refused, as a policy for pods would: nothing of the node is theirs. Volumes
 * of images come with the container that mounts them (`container-starter.ts`).
 */
import { decode, encode } from '../../core/bytes.ts';
import { timestamp, type Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { SET_GROUP_ID } from '../../os/credentials.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import { quantityValue } from '../api/quantity.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type {
  ConfigMap,
  CSIPersistentVolumeSource,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  Secret,
  ServiceAccountTokenProjection,
  Volume,
} from '../client/kinds.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, SERVICE_ACCOUNTS } from '../client/resources.ts';
import { fromBase64 } from '../../core/base64.ts';
import { MountError } from './container-errors.ts';
import type { CsiPlugins } from './csi-plugin.ts';
import { fieldValue, resourceValue, type PodPlace } from './downward-api.ts';
import { emptyDirPath, type NodeDisk } from './node-disk.ts';
import type { ReferencedObjects } from './referenced-objects.ts';

export interface VolumeSources {
  client: Client;
  clock: Clock;
  random: Random;
  objects: ReferencedObjects;
  allocatable: Readonly<Record<string, string | number>>;
  /** Where emptyDir volumes and PersistentVolumes are. */
  disk: NodeDisk;
  /** Who has volumes of type `csi`. */
  csiPlugins: CsiPlugins;
}

/** A volume that is there. */
export interface MountedVolume {
  files: MemoryFileSystem;
  /** Containers may not write into it, whatever their mount says. */
  readOnly: boolean;
  /** Shows objects of the API, and follows them. */
  projected?: boolean;
  /** In memory (`medium: Memory`): what is in it counts as the pod's memory. */
  inMemory?: boolean;
  /** An emptyDir: its place on the node's disk, which goes with the pod. */
  path?: string;
}

interface ProjectedFile {
  contents: Uint8Array;
  mode: number;
}
type Projection = Map<string, ProjectedFile>;

const DEFAULT_MODE = 0o644;
/** A token is replaced when a fifth of its life is left. */
const TOKEN_REFRESH_SHARE = 0.8;

export class Volumes {
  readonly #sources: VolumeSources;

  constructor(sources: VolumeSources) {
    this.#sources = sources;
  }

  /** Makes a volume. Rejects with `MountError`. */
  async setUp(pod: Pod, volume: Volume, place: PodPlace): Promise<MountedVolume> {
    const { clock } = this.#sources;
    if (volume.emptyDir) return this.#emptyDir(pod, volume.name, volume.emptyDir);
    const claim =
      volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral && `${pod.metadata.name}-${volume.name}`);
    if (claim !== undefined)
      return this.#persistent(pod, volume.name, claim, volume.persistentVolumeClaim?.readOnly ?? false);
    const projection = await this.#project(pod, volume, place);
    const files = new MemoryFileSystem({ clock });
    // ConfigMaps are written to disk, everything else into memory.
    files.chmod('/', volume.configMap ? 0o777 : 0o1777);
    this.#own(files, pod);
    this.#write(files, projection, undefined, pod.spec.securityContext?.fsGroup);
    return { files, readOnly: true, projected: true };
  }

  /** The pod is gone. */
  remove({ path }: MountedVolume): void {
    if (path !== undefined) this.#sources.disk.remove(path);
  }

  #emptyDir(pod: Pod, name: string, { medium, sizeLimit }: NonNullable<Volume['emptyDir']>): MountedVolume {
    const { clock, disk } = this.#sources;
    const { uid = '' } = pod.metadata;
    if (medium === 'Memory') {
      const quotaBytes = sizeLimit === undefined ? undefined : quantityValue(sizeLimit);
      const files = new MemoryFileSystem({ clock, quotaBytes });
      files.chmod('/', 0o777);
      this.#own(files, pod);
      return { files, readOnly: false, inMemory: true };
    }
    const path = emptyDirPath(uid, name);
    const files = disk.directory(path, { uid, name });
    this.#own(files, pod);
    return { files, readOnly: false, path };
  }

  /** What a claim is bound to. */
  async #persistent(pod: Pod, name: string, claimName: string, readOnly: boolean): Promise<MountedVolume> {
    const { client, disk } = this.#sources;
    const { namespace = '' } = pod.metadata;
    const claim = await found(client.get(PERSISTENT_VOLUME_CLAIMS, { namespace, name: claimName }));
    if (!claim)
      throw new MountError(
        name,
        `error processing PVC ${namespace}/${claimName}: failed to fetch PVC from API server: persistentvolumeclaims "${claimName}" not found`,
      );
    const { volumeName } = claim.spec;
    if (claim.status?.phase !== 'Bound' || !volumeName)
      throw new MountError(name, `error processing PVC ${namespace}/${claimName}: PVC is not bound`);
    const volume = await found(client.get(PERSISTENT_VOLUMES, { name: volumeName }));
    if (!volume)
      throw new MountError(
        name,
        `error processing PVC ${namespace}/${claimName}: failed to fetch PV ${volumeName} from API server: persistentvolumes "${volumeName}" not found`,
      );
    const { csi, hostPath, local, volumeMode } = volume.spec;
    if (volumeMode === 'Block')
      throw new MountError(
        name,
        'raw block volumes are not available in this cluster: use volumeMode Filesystem',
      );
    if (csi) return { files: this.#publish(pod, name, csi), readOnly };
    const path = hostPath?.path ?? local?.path;
    if (path === undefined) {
      const kind = VOLUME_KINDS.find((field) => field in volume.spec) ?? 'unknown';
      throw new MountError(name, `volumes of type ${kind} are not available in this cluster`);
    }
    const mustExist = local || hostPath?.type === 'Directory';
    if (mustExist && !disk.has(path))
      throw new MountError(
        name,
        local ? `path "${path}" does not exist` : `hostPath type check failed: ${path} is not a directory`,
      );
    const files = disk.directory(path, { uid: volume.metadata.uid!, name: 'volume' });
    if (local) this.#own(files, pod);
    return { files, readOnly };
  }

  /** What a storage driver has under a volume's handle. */
  #publish(pod: Pod, name: string, { driver, volumeHandle }: CSIPersistentVolumeSource): MemoryFileSystem {
    const plugin = this.#sources.csiPlugins.get(driver);
    if (!plugin)
      throw new MountError(
        name,
        `kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name ${driver} not found in the list of registered CSI drivers`,
      );
    let files: MemoryFileSystem;
    try {
      files = plugin.publish(volumeHandle);
    } catch (error) {
      throw new MountError(name, (error as Error).message);
    }
    this.#own(files, pod);
    return files;
  }

  /** Brings a volume up to date with what it shows. Answers whether anything changed. */
  async update(pod: Pod, volume: Volume, mounted: MountedVolume, place: PodPlace): Promise<boolean> {
    if (!mounted.projected) return false;
    const projection = await this.#project(pod, volume, place);
    if (isCurrent(mounted.files, projection)) return false;
    this.#write(
      mounted.files,
      projection,
      mounted.files.readLink('/..data'),
      pod.spec.securityContext?.fsGroup,
    );
    return true;
  }

  /** When the tokens of a volume have to be replaced: ms from now, or undefined without a token. */
  static refreshAfterMs(volume: Volume): number | undefined {
    let soonest: number | undefined;
    for (const { serviceAccountToken } of volume.projected?.sources ?? []) {
      if (!serviceAccountToken) continue;
      const lifeMs = (serviceAccountToken.expirationSeconds ?? 3600) * 1000;
      soonest = Math.min(soonest ?? Infinity, lifeMs * TOKEN_REFRESH_SHARE);
    }
    return soonest;
  }

  async #project(pod: Pod, volume: Volume, place: PodPlace): Promise<Projection> {
    const out: Projection = new Map();
    const { configMap, secret, downwardAPI, projected } = volume;
    if (configMap) {
      const mode = configMap.defaultMode ?? DEFAULT_MODE;
      await this.#addConfigMap(out, pod, volume.name, configMap, mode);
    } else if (secret) {
      const mode = secret.defaultMode ?? DEFAULT_MODE;
      await this.#addSecret(out, pod, volume.name, { ...secret, name: secret.secretName }, mode);
    } else if (downwardAPI) {
      this.#addDownward(out, pod, downwardAPI.items, downwardAPI.defaultMode ?? DEFAULT_MODE, place);
    } else if (projected) {
      const mode = projected.defaultMode ?? DEFAULT_MODE;
      for (const source of projected.sources ?? []) {
        if (source.configMap) await this.#addConfigMap(out, pod, volume.name, source.configMap, mode);
        else if (source.secret) await this.#addSecret(out, pod, volume.name, source.secret, mode);
        else if (source.downwardAPI) this.#addDownward(out, pod, source.downwardAPI.items, mode, place);
        else if (source.serviceAccountToken)
          await this.#addToken(out, pod, volume.name, source.serviceAccountToken, mode);
        else throw new MountError(volume.name, 'this kind of projection is not available in this cluster');
      }
    } else {
      const kind = Object.keys(volume).find((key) => key !== 'name');
      if (kind === 'hostPath')
        throw new MountError(
          volume.name,
          'hostPath volumes are not allowed in this cluster: use an emptyDir or a PersistentVolumeClaim',
        );
      throw new MountError(volume.name, `volumes of type ${kind} are not available in this cluster`);
    }
    return out;
  }

  async #addConfigMap(
    out: Projection,
    pod: Pod,
    volume: string,
    source: { name?: string; items?: KeyToPath[]; optional?: boolean },
    mode: number,
  ): Promise<void> {
    const { name = '' } = source;
    const found: ConfigMap | undefined = await this.#sources.objects.configMap(pod.metadata.namespace!, name);
    if (!found && !source.optional) throw new MountError(volume, `configmap "${name}" not found`);
    const contents = new Map<string, Uint8Array>();
    for (const [key, value] of Object.entries(found?.data ?? {})) contents.set(key, encode(value));
    for (const [key, value] of Object.entries(found?.binaryData ?? {})) contents.set(key, fromBase64(value));
    addItems(out, contents, source, mode, volume);
  }

  async #addSecret(
    out: Projection,
    pod: Pod,
    volume: string,
    source: { name?: string; items?: KeyToPath[]; optional?: boolean },
    mode: number,
  ): Promise<void> {
    const { name = '' } = source;
    const found: Secret | undefined = await this.#sources.objects.secret(pod.metadata.namespace!, name);
    if (!found && !source.optional) throw new MountError(volume, `secret "${name}" not found`);
    const contents = new Map<string, Uint8Array>();
    for (const [key, value] of Object.entries(found?.data ?? {})) contents.set(key, fromBase64(value));
    addItems(out, contents, source, mode, volume);
  }

  #addDownward(
    out: Projection,
    pod: Pod,
    items: DownwardAPIVolumeFile[] | undefined,
    mode: number,
    place: PodPlace,
  ): void {
    for (const item of items ?? []) {
      let text = '';
      if (item.fieldRef) text = fieldValue(pod, place, item.fieldRef.fieldPath);
      else if (item.resourceFieldRef) {
        const { containerName } = item.resourceFieldRef;
        const container = pod.spec.containers.find(({ name }) => name === containerName);
        if (container) text = resourceValue(container, item.resourceFieldRef, this.#sources.allocatable);
      }
      out.set(item.path, { contents: encode(text), mode: item.mode ?? mode });
    }
  }

  async #addToken(
    out: Projection,
    pod: Pod,
    volume: string,
    source: ServiceAccountTokenProjection,
    mode: number,
  ): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    const serviceAccount = pod.spec.serviceAccountName ?? 'default';
    try {
      const answer = await this.#sources.client.createSubresource(
        SERVICE_ACCOUNTS,
        { namespace, name: serviceAccount },
        'token',
        {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          metadata: {},
          spec: {
            audiences: source.audience ? [source.audience] : [],
            expirationSeconds: source.expirationSeconds ?? 3600,
            boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
          },
        },
      );
      out.set(source.path, { contents: encode(answer.status.token as string), mode });
    } catch (error) {
      throw new MountError(
        volume,
        `failed to fetch token: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  /** Writes a new generation of files and points `..data` at it, instead of at the generation `before`. */
  #write(
    files: MemoryFileSystem,
    projection: Projection,
    before: string | undefined,
    fsGroup: number | undefined,
  ): void {
    const { clock, random } = this.#sources;
    const stamp = timestamp(clock.now()).replace(/[-T:]/g, '_').replace('Z', '');
    const generation = `..${stamp}.${random.bits() % 4_000_000_000}`;
    files.mkdir(`/${generation}`);
    for (const [path, { contents, mode }] of projection) {
      const slash = path.lastIndexOf('/');
      if (slash > 0) files.mkdir(`/${generation}/${path.slice(0, slash)}`, { recursive: true });
      files.writeFile(`/${generation}/${path}`, contents);
      if (mode !== DEFAULT_MODE) files.chmod(`/${generation}/${path}`, mode);
      if (fsGroup !== undefined) files.chown(`/${generation}/${path}`, 0, fsGroup);
    }
    if (fsGroup !== undefined) {
      files.chown(`/${generation}`, 0, fsGroup);
      files.chmod(`/${generation}`, 0o2755);
    }
    files.symlink(generation, before ? '/..data_tmp' : '/..data');
    if (before) files.rename('/..data_tmp', '/..data');
    const names = new Set([...projection.keys()].map((path) => path.split('/')[0]!));
    for (const name of names)
      if (!before || !exists(files, `/${name}`)) files.symlink(`..data/${name}`, `/${name}`);
    if (!before) return;
    for (const name of files.readDirectory('/'))
      if (!name.startsWith('..') && !names.has(name)) files.unlink(`/${name}`);
    removeTree(files, `/${before}`);
  }

  #own(files: MemoryFileSystem, pod: Pod): void {
    const group = pod.spec.securityContext?.fsGroup;
    if (group === undefined) return;
    files.chown('/', 0, group);
    files.chmod('/', files.stat('/').mode | SET_GROUP_ID);
  }
}

/** Sources of a PersistentVolume that people try. */
const VOLUME_KINDS = [
  'nfs',
  'iscsi',
  'fc',
  'rbd',
  'cephfs',
  'awsElasticBlockStore',
  'gcePersistentDisk',
  'azureDisk',
];

/** What is there, or undefined. */
async function found<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** Keys as files: all of them, or the `items` asked for under their paths. */
function addItems(
  out: Projection,
  contents: Map<string, Uint8Array>,
  source: { name?: string; items?: KeyToPath[]; optional?: boolean },
  mode: number,
  volume: string,
): void {
  if (!source.items?.length) {
    for (const [key, value] of contents) out.set(key, { contents: value, mode });
    return;
  }
  for (const item of source.items) {
    const value = contents.get(item.key);
    if (value) out.set(item.path, { contents: value, mode: item.mode ?? mode });
    else if (!source.optional)
      throw new MountError(volume, `references non-existent config key: ${item.key}`);
  }
}

function isCurrent(files: MemoryFileSystem, projection: Projection): boolean {
  let count = 0;
  const walk = (path: string): boolean => {
    for (const name of files.readDirectory(`/..data${path}`)) {
      const inner = `${path}/${name}`;
      if (files.stat(`/..data${inner}`).kind === 'directory') {
        if (!walk(inner)) return false;
        continue;
      }
      const wanted = projection.get(inner.slice(1));
      if (!wanted || decode(files.readFile(`/..data${inner}`)) !== decode(wanted.contents)) return false;
      count++;
    }
    return true;
  };
  return walk('') && count === projection.size;
}

function exists(files: MemoryFileSystem, path: string): boolean {
  try {
    files.lstat(path);
    return true;
  } catch {
    return false;
  }
}

function removeTree(files: MemoryFileSystem, path: string): void {
  for (const name of files.readDirectory(path)) {
    const inner = `${path}/${name}`;
    if (files.lstat(inner).kind === 'directory') removeTree(files, inner);
    else files.unlink(inner);
  }
  files.rmdir(path);
}
