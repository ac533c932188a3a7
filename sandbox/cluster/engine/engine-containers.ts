/**
 * Docker's containers on the learner's machine: made of an image as the kubelet's are (`kubelet/container.ts`),
 * each with an address in Docker's bridge network, published ports on the machine itself. They end with the
 * page: what is stored of Docker are its images. Left out: networks of one's own, volumes by name, restart
 * policies, limits.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore } from '../../core/disposable.ts';
import type { Random } from '../../core/random.ts';
import type { BatchTools } from '../../os/batch-tools.ts';
import {
  EngineError,
  type ContainerRequest,
  type ContainerSummary,
  type EngineContainers,
} from '../../os/container-engine.ts';
import { ControlGroup } from '../../os/control-group.ts';
import { Errno } from '../../os/errno.ts';
import type { FileSystem } from '../../os/file-system.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import type { NetworkNamespace } from '../../os/network.ts';
import { SIGNALS, type Signal } from '../../os/signals.ts';
import { accountOf, groupIdOf, homeOf } from '../images/accounts.ts';
import type { ProgramTable } from '../images/executable.ts';
import type { StoredImage } from '../images/image-store.ts';
import { Container, DEFAULT_PATH, randomId } from '../kubelet/container.ts';
import { ContainerDevices } from '../kubelet/container-devices.ts';
import { StartError } from '../kubelet/container-errors.ts';
import { FileSystemView } from '../kubelet/file-system-view.ts';
import { AddressPool } from '../network/address.ts';
import type { ClusterNetwork } from '../network/cluster-network.ts';

export interface DockerContainersOptions {
  clock: Clock;
  random: Random;
  programs: ProgramTable;
  batch: BatchTools | undefined;
  network: ClusterNetwork;
  findImage(name: string): StoredImage | undefined;
}

const BRIDGE = '172.17.0.0/16';
const GENERATED_NAMES = [
  ['brave', 'calm', 'eager', 'gentle', 'keen', 'lucid', 'merry', 'quiet', 'swift', 'vivid'],
  ['bell', 'curie', 'euler', 'gauss', 'hopper', 'kepler', 'lovelace', 'noether', 'pascal', 'turing'],
] as const;

interface Entry {
  id: string;
  name: string;
  request: ContainerRequest;
  image: StoredImage;
  container: Container;
  createdMs: number;
  startedMs: number;
  /** Address and published ports: until it ends. */
  attachments: DisposableStore;
  address: string;
  paused?: boolean;
}

function stateOf({ container, paused }: Entry): ContainerSummary['state'] {
  if (container.exit) return 'exited';
  if (!container.running) return 'created';
  return paused ? 'paused' : 'running';
}

/** A container before it has been made. */
type Draft = Omit<Entry, 'container'>;

export class DockerContainers implements Omit<EngineContainers, 'connect' | 'disconnect'> {
  readonly #options: DockerContainersOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #addresses = new AddressPool(BRIDGE);

  constructor(options: DockerContainersOptions) {
    this.#options = options;
  }

  list(): ContainerSummary[] {
    return [...this.#entries.values()]
      .reverse()
      .map((entry) => ({ entry, ...entry }))
      .map(({ entry, id, name, request, container, createdMs, startedMs, image }) => ({
        id,
        name,
        image: request.image,
        command: [
          ...(request.entrypoint ?? image.image.config.Entrypoint ?? []),
          ...commandOf(request, image),
        ].join(' '),
        createdMs,
        state: stateOf(entry),
        startedMs,
        finishedMs: container.exit?.finishedMs ?? 0,
        exitCode: container.exit?.exitCode ?? 0,
        ports: container.running
          ? [
              ...request.ports.map(({ host, container: port, address }) => `${address}:${host}->${port}/tcp`),
              ...Object.keys(image.image.config.ExposedPorts ?? {}).filter(
                (exposed) => !request.ports.some(({ container: port }) => `${port}/tcp` === exposed),
              ),
            ]
          : [],
      }));
  }

  /** The container that uses an image. */
  usedBy(imageId: string): { id: string; running: boolean } | undefined {
    for (const { id, image, container } of this.#entries.values())
      if (image.image.id === imageId) return { id, running: container.running };
    return undefined;
  }

  create(request: ContainerRequest): string {
    const image = this.#options.findImage(request.image);
    if (!image) throw new EngineError(`No such image: ${request.image}`);
    const id = randomId(this.#options.random);
    const name = request.name ?? this.#generateName();
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name))
      throw new EngineError(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
    const taken = [...this.#entries.values()].find((entry) => entry.name === name);
    if (taken)
      throw new EngineError(
        `Conflict. The container name "/${name}" is already in use by container "${taken.id}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    const draft: Draft = {
      id,
      name,
      request,
      image,
      createdMs: this.#options.clock.now(),
      startedMs: 0,
      attachments: new DisposableStore(),
      address: '',
    };
    this.#entries.set(id, Object.assign(draft, { container: this.#make(draft, undefined) }));
    return id;
  }

  async start(name: string): Promise<void> {
    const entry = this.#entry(name);
    if (entry.container.running) return;
    // A container that has ended starts again with the files that it had.
    if (entry.container.exit) entry.container = this.#make(entry, entry.container);
    this.#publish(entry);
    entry.startedMs = this.#options.clock.now();
    const { container } = entry;
    container.onExit = () => this.#ended(entry);
    try {
      await container.start();
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      entry.attachments.dispose();
      container.failToStart(error.message);
      if (entry.request.remove) this.#entries.delete(entry.id);
      throw new EngineError(error.message.replace('failed to create containerd task: ', ''));
    }
  }

  attach(name: string, told: (fd: 1 | 2, bytes: Uint8Array) => void): () => void {
    const listening = this.#entry(name).container.attach(({ stream, bytes }) =>
      told(stream === 'stdout' ? 1 : 2, bytes),
    );
    return () => listening.dispose();
  }

  async write(name: string, bytes: Uint8Array | undefined): Promise<void> {
    const { container } = this.#entry(name);
    if (bytes) await container.write(bytes);
    else container.closeStdin();
  }

  resize(name: string, columns: number, rows: number): void {
    this.#entry(name).container.terminal?.resize(columns, rows);
  }

  async wait(name: string): Promise<number> {
    const { container } = this.#entry(name);
    await container.exited;
    return container.exit!.exitCode;
  }

  signal(name: string, signal: string): void {
    const entry = this.#entry(name);
    const known = signal.toUpperCase().replace(/^SIG/, '') as Signal;
    if (!Object.hasOwn(SIGNALS, known)) throw new EngineError(`Invalid signal: ${signal}`);
    if (!entry.container.running)
      throw new EngineError(`cannot kill container: ${name}: container ${entry.id} is not running`);
    if (known === 'KILL') entry.container.kill();
    else entry.container.signal(known);
  }

  async pause(name: string): Promise<void> {
    const entry = this.#entry(name);
    if (!entry.container.running) throw new EngineError(`Container ${entry.id} is not running`);
    if (entry.paused) throw new EngineError(`Container ${name} is already paused`);
    entry.paused = true;
    for (const process of entry.container.machine.processes.values()) process.signal('STOP');
  }

  async unpause(name: string): Promise<void> {
    const entry = this.#entry(name);
    if (!entry.paused) throw new EngineError(`Container ${entry.id} is not paused`);
    entry.paused = false;
    for (const process of entry.container.machine.processes.values()) process.signal('CONT');
  }

  async stop(name: string, timeoutMs: number): Promise<void> {
    const { container, image } = this.#entry(name);
    if (!container.running) return;
    const signal = (image.image.config.StopSignal ?? 'TERM').replace(/^SIG/, '') as Signal;
    container.signal(signal);
    const timer = this.#options.clock.setTimeout(() => container.kill(), timeoutMs);
    await container.exited;
    timer.dispose();
  }

  async remove(name: string, force: boolean): Promise<void> {
    const entry = this.#entry(name);
    if (entry.container.running) {
      if (!force)
        throw new EngineError(
          `cannot remove container "${name}": container is running: stop the container before removing or force remove`,
        );
      entry.container.kill();
      await entry.container.exited;
    }
    entry.attachments.dispose();
    this.#entries.delete(entry.id);
  }

  logs(
    name: string,
    {
      follow,
      tail,
      timestamps,
      signal,
    }: { follow: boolean; tail: number | undefined; timestamps: boolean; signal: AbortSignal },
  ): AsyncIterable<Uint8Array> {
    return this.#entry(name).container.log.read({
      follow,
      timestamps,
      signal,
      ...(tail === undefined ? {} : { tailLines: tail }),
    });
  }

  async exec(name: string, request: Parameters<EngineContainers['exec']>[1]): Promise<number> {
    const { container, id } = this.#entry(name);
    if (!container.running) throw new EngineError(`container ${id} is not running`);
    const { argv, environment, files, terminal } = request;
    try {
      const process = await container.spawn({
        argv,
        files,
        environment: variablesOf(environment),
        ...(terminal ? { terminal } : {}),
      });
      return await process.exited;
    } catch (error) {
      if (error instanceof StartError)
        throw new EngineError(`OCI runtime exec failed: exec failed: ${error.message}`);
      throw error;
    }
  }

  inspect(name: string): Record<string, unknown> | undefined {
    const entry = this.#find(name);
    if (!entry) return undefined;
    const { id, request, image, container, createdMs, startedMs, address } = entry;
    const { exit } = container;
    const time = (ms: number) => (ms === 0 ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString());
    return {
      Id: id,
      Created: time(createdMs),
      Path: container.init.argv[0],
      Args: container.init.argv.slice(1),
      State: {
        Status: stateOf(entry),
        Paused: entry.paused ?? false,
        Running: container.running,
        ExitCode: exit?.exitCode ?? 0,
        Error: exit?.reason === 'StartError' ? exit.message : '',
        StartedAt: time(startedMs),
        FinishedAt: time(exit?.finishedMs ?? 0),
      },
      Image: image.image.id,
      Name: `/${entry.name}`,
      Config: {
        ...image.image.config,
        Hostname: container.init.hostname,
        Image: request.image,
        Tty: request.tty,
        Env: Object.entries(container.init.environment).map(([key, value]) => `${key}=${value}`),
        Cmd: commandOf(request, image),
      },
      NetworkSettings: {
        IPAddress: address,
        Ports: Object.fromEntries(
          request.ports.map(({ host, container: port, address: on }) => [
            `${port}/tcp`,
            [{ HostIp: on, HostPort: String(host) }],
          ]),
        ),
      },
    };
  }

  files(name: string): FileSystem {
    return this.#entry(name).container.machine.files;
  }

  dispose(): void {
    for (const { container, attachments } of this.#entries.values()) {
      container.kill();
      attachments.dispose();
    }
    this.#entries.clear();
  }

  #find(name: string): Entry | undefined {
    const wanted = name.replace(/^\//, '');
    const entries = [...this.#entries.values()];
    const exact = entries.find((entry) => entry.id === wanted || entry.name === wanted);
    if (exact || !/^[0-9a-f]+$/.test(wanted)) return exact;
    const found = entries.filter(({ id }) => id.startsWith(wanted));
    return found.length === 1 ? found[0] : undefined;
  }

  #entry(name: string): Entry {
    const found = this.#find(name);
    if (!found) throw new EngineError(`No such container: ${name}`);
    return found;
  }

  #make(draft: Draft, before: Container | undefined): Container {
    const { clock, random, programs, batch } = this.#options;
    const { id, request, image } = draft;
    const { config, tree } = image.image;
    const hostname = request.hostname ?? id.slice(0, 12);
    const environment: Record<string, string> = {
      PATH: DEFAULT_PATH,
      HOSTNAME: hostname,
      ...variablesOf(config.Env ?? []),
      ...variablesOf(request.environment),
    };
    const devices = new ContainerDevices(random, '/termination-log');
    const root = before?.init.root ?? new MemoryFileSystem({ clock, tree });
    root.mount('/dev', devices);
    for (const { source, from, to, readOnly } of request.mounts)
      root.mount(to, new FileSystemView(source, { root: from, readOnly }));
    const directory = request.directory ?? config.WorkingDir ?? '/';
    root.mkdir(directory, { recursive: true });
    const [userName = '', group] = (request.user ?? config.User ?? '').split(':');
    const account = accountOf(userName, root);
    if (userName !== '' && !account)
      throw new EngineError(`unable to find user ${userName}: no matching entries in passwd file`);
    const user = { uid: account?.uid ?? 0, gid: groupIdOf(group, root) ?? account?.gid ?? 0 };
    environment['HOME'] ??= homeOf(user.uid, root);
    const argv = [...(request.entrypoint ?? config.Entrypoint ?? []), ...commandOf(request, image)];
    if (argv.length === 0) throw new EngineError('no command specified');
    return new Container({
      name: hostname,
      image,
      argv,
      environment,
      directory,
      user,
      hostname,
      files: root,
      root,
      devices,
      network: this.#connect(draft),
      programs,
      controlGroup: new ControlGroup({ clock }),
      batch,
      clock,
      random,
      stdin: request.stdin,
      tty: request.tty,
    });
  }

  /** Gives a container its address. Throws `EngineError`. */
  #connect(draft: Draft): NetworkNamespace {
    const { network } = this.#options;
    const address = this.#addresses.allocate(draft.address || undefined);
    if (address === undefined) throw new EngineError('no available IPv4 addresses on this network');
    const stack = network.addHost({ addresses: [address], hostname: draft.name });
    draft.address = address;
    draft.attachments = new DisposableStore();
    draft.attachments.add({
      dispose: () => {
        network.removeHost(stack);
        this.#addresses.release(address);
      },
    });
    return stack;
  }

  /** Throws `EngineError`. */
  #publish({ request, attachments, address, name }: Entry): void {
    const { learner } = this.#options.network;
    for (const { host, container: port, address: on } of request.ports) {
      try {
        attachments.add(
          learner.listen(
            host,
            (forwarded) => learner.fetch(address, port, forwarded),
            on === '127.0.0.1' ? on : undefined,
          ),
        );
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        throw new EngineError(
          `failed to set up container networking: driver failed programming external connectivity on endpoint ${name}: Bind for ${on}:${host} failed: port is already allocated`,
        );
      }
    }
  }

  #ended(entry: Entry): void {
    entry.attachments.dispose();
    if (entry.request.remove) this.#entries.delete(entry.id);
  }

  #generateName(): string {
    const { random } = this.#options;
    const [adjectives, surnames] = GENERATED_NAMES;
    for (;;) {
      const name = `${adjectives[random.int(adjectives.length)]}_${surnames[random.int(surnames.length)]}`;
      if (![...this.#entries.values()].some((entry) => entry.name === name)) return name;
    }
  }
}

/** An entry point of one's own takes the image's arguments away. */
function commandOf(request: ContainerRequest, { image }: StoredImage): string[] {
  if (request.command.length > 0) return request.command;
  return request.entrypoint ? [] : (image.config.Cmd ?? []);
}

function variablesOf(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const equals = entry.indexOf('=');
      return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}
