/** From a container's description to a container: image, environment, user, files (`startContainer` of kuberuntime). */
import { slice } from '../../core/slice.ts';
import type { Pod } from '../client/kinds.ts';
import { homeOf } from '../images/accounts.ts';
import { ControlGroup } from '../../os/control-group.ts';
import type { ProcessTable } from '../../os/machine.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import { Container, DEFAULT_PATH } from './container.ts';
import { ContainerDevices } from './container-devices.ts';
import { containerFiles } from './container-files.ts';
import { ConfigError } from './container-errors.ts';
import type { ContainerRecord } from './container-record.ts';
import { expand } from './expansion.ts';
import type { NodeContext } from './node-context.ts';
import { mayAdministerNetwork, userOf } from './security-context.ts';
import type { PodSandbox } from './pod-sandbox.ts';
import { resourceLimits } from './resource-limits.ts';
import type { PodVolumes } from './pod-volumes.ts';
import type { MountedVolume } from './volumes.ts';

const DEFAULT_MESSAGE_PATH = '/dev/termination-log';

export class ContainerStarter {
  readonly #node: NodeContext;
  readonly #volumes: PodVolumes;

  constructor(node: NodeContext, volumes: PodVolumes) {
    this.#node = node;
    this.#volumes = volumes;
  }

  /**
   * Makes a container that is ready to start. Rejects with `ImageError` or `ConfigError`.
   * @param processes the table of the container that it looks into (`targetContainerName`)
   */
  async create(
    pod: Pod,
    sandbox: PodSandbox,
    record: ContainerRecord,
    processes: ProcessTable | undefined,
  ): Promise<Container> {
    const { clock, random, images, environment, programs, batch } = this.#node;
    const { spec } = record;
    const { stack, hostname, hosts, resolvConf, place, controlGroup } = sandbox;
    const image = await images.ensure(pod, spec, record.events);
    const { config } = image.image;

    const volumes = await this.#withImages(pod, record);
    const own = await environment.of(pod, spec, place, volumes);
    const pause = slice();
    if (pause) await pause;
    const variables: Record<string, string> = { PATH: DEFAULT_PATH, HOSTNAME: hostname };
    for (const entry of config.Env ?? []) {
      const equals = entry.indexOf('=');
      variables[entry.slice(0, equals)] = entry.slice(equals + 1);
    }
    Object.assign(variables, own);

    const messagePath = spec.terminationMessagePath || DEFAULT_MESSAGE_PATH;
    const devices = new ContainerDevices(
      random,
      messagePath.startsWith('/dev/') ? messagePath.slice('/dev'.length) : '/termination-log',
    );
    const { files, root } = containerFiles({
      clock,
      pod,
      container: spec,
      image: image.image,
      devices,
      volumes,
      environment: own,
      hostname,
      hosts,
      resolvConf,
    });
    this.#volumes.addRoot(spec.name, root);
    const user = userOf(pod, spec, config.User ?? '', files);
    variables['HOME'] ??= homeOf(user.uid, files);
    const argv = this.#argv(spec, config, own);
    if (argv.length === 0)
      throw new ConfigError(
        `no command specified for container ${spec.name} and image ${spec.image} has none`,
      );
    const container = new Container({
      name: spec.name,
      image,
      argv,
      environment: variables,
      directory: spec.workingDir || config.WorkingDir || '/',
      user,
      hostname,
      files,
      root,
      devices,
      netAdmin: mayAdministerNetwork(spec),
      network: stack,
      controlGroup: new ControlGroup({ clock, parent: controlGroup, ...resourceLimits(record.resources) }),
      processes: processes ?? sandbox.processes,
      programs,
      batch,
      clock,
      random,
      stdin: spec.stdin ?? false,
      tty: spec.tty ?? false,
    });
    record.events.record('Normal', 'Created', 'Container created');
    return container;
  }

  /** The pod's volumes, and those of images that this container mounts: pulled like its own. */
  async #withImages(pod: Pod, record: ContainerRecord): Promise<ReadonlyMap<string, MountedVolume>> {
    const { clock, images } = this.#node;
    const { mounted } = this.#volumes;
    const names = new Set(record.spec.volumeMounts?.map(({ name }) => name));
    const wanted = (pod.spec.volumes ?? []).filter(({ name, image }) => image && names.has(name));
    if (wanted.length === 0) return mounted;
    const volumes = new Map(mounted);
    for (const { name, image } of wanted) {
      const { reference, pullPolicy } = image!;
      const asked = {
        name: record.spec.name,
        image: reference!,
        ...(pullPolicy ? { imagePullPolicy: pullPolicy } : {}),
      };
      const stored = await images.ensure(pod, asked, record.events);
      const files = new MemoryFileSystem({ clock, tree: stored.image.tree });
      volumes.set(name, { files, readOnly: true });
    }
    return volumes;
  }

  /** `command` replaces the image's entry point and its arguments; `args` only the arguments. */
  #argv(
    spec: ContainerRecord['spec'],
    image: { Entrypoint?: string[]; Cmd?: string[] },
    environment: Record<string, string>,
  ): string[] {
    const command = spec.command?.map((word) => expand(word, environment));
    const args = spec.args?.map((word) => expand(word, environment));
    if (command?.length) return [...command, ...(args ?? [])];
    return [...(image.Entrypoint ?? []), ...(args?.length ? args : (image.Cmd ?? []))];
  }
}
