/** From a container's description to a container: image, environment, user, files (`startContainer` of kuberuntime). */
import type { Pod } from '../client/kinds.ts';
import { homeOf } from '../images/accounts.ts';
import type { NetworkStack } from '../network/network-stack.ts';
import { Container, DEFAULT_PATH } from './container.ts';
import { ContainerDevices } from './container-devices.ts';
import { containerFiles } from './container-files.ts';
import { ConfigError } from './container-errors.ts';
import type { ContainerRecord } from './container-record.ts';
import type { PodPlace } from './downward-api.ts';
import { expand } from './expansion.ts';
import type { NodeContext } from './node-context.ts';
import { userOf } from './security-context.ts';
import type { MountedVolume } from './volumes.ts';

/** What all containers of a pod share. */
export interface Sandbox {
  stack: NetworkStack;
  hostname: string;
  hosts: string;
  resolvConf: string;
  place: PodPlace;
}

const DEFAULT_MESSAGE_PATH = '/dev/termination-log';

export class ContainerStarter {
  readonly #node: NodeContext;
  readonly #volumes: ReadonlyMap<string, MountedVolume>;
  sandbox: Sandbox | undefined;

  constructor(node: NodeContext, volumes: ReadonlyMap<string, MountedVolume>) {
    this.#node = node;
    this.#volumes = volumes;
  }

  /** Makes a container that is ready to start. Rejects with `ImageError` or `ConfigError`. */
  async create(pod: Pod, record: ContainerRecord): Promise<Container> {
    const { clock, random, images, environment, programs, batch } = this.#node;
    const { spec } = record;
    const { stack, hostname, hosts, resolvConf, place } = this.sandbox!;
    const image = await images.ensure(pod, spec, record.events);
    const { config } = image.image;

    const own = await environment.of(pod, spec, place);
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
      volumes: this.#volumes,
      environment: own,
      hostname,
      hosts,
      resolvConf,
    });
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
      network: stack,
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
