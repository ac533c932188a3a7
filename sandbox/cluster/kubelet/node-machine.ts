/**
 * A node as a machine, which kind has in a container: it can be stopped and started like a computer, paused where
 * it stands, and have its cable pulled. What is on its disk (images, volumes) stays; programs start again.
 */
import { sleep, type Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { ApiTransport } from '../api/request.ts';
import { Client } from '../client/client.ts';
import type { Image } from '../images/image.ts';
import { NodeImages, type ImageSource } from '../images/image-store.ts';
import type { CsiNodePlugin } from './csi-plugin.ts';
import { Kubelet, type KubeletOptions } from './kubelet.ts';
import { NodeClock } from './node-clock.ts';
import { NodeDisk } from './node-disk.ts';
import { NodeLink } from './node-link.ts';
import type { VolumeDisk } from './volume-disk.ts';

export type NodeState = 'running' | 'stopped' | 'paused';

export interface NodeMachineOptions extends Omit<
  KubeletOptions,
  'client' | 'images' | 'disk' | 'csiPlugins' | 'machineID'
> {
  transport: ApiTransport;
  /** Registries that pulls go to. */
  registry: ImageSource;
  /** Images on the node from the start, by tag. */
  preloaded?: ReadonlyMap<string, Image>;
  /** Keeps its volumes over a reload; default: they start empty. */
  volumeDisk?: VolumeDisk | undefined;
}

/** From power on until the kubelet runs. */
const BOOT_MS = 6_000;

export class NodeMachine implements Disposable {
  readonly name: string;
  readonly images: NodeImages;
  readonly disk: NodeDisk;
  /** Storage drivers that run on it, by name. */
  readonly csiPlugins = new Map<string, CsiNodePlugin>();
  readonly #options: NodeMachineOptions;
  readonly #clock: NodeClock;
  readonly #link: NodeLink;
  readonly #machineID: string;
  #kubelet: Kubelet | undefined;
  #state: NodeState = 'stopped';
  #severed: Disposable | undefined;
  #cableOut = false;
  /** Counts boots: one that was overtaken by a stop ends. */
  #boots = 0;
  /** When it was switched on last (epoch ms). */
  startedMs = 0;
  /** When it was switched off last; 0: never. */
  stoppedMs = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: NodeMachineOptions) {
    const { nodeName, clock, random, registry, preloaded, transport, volumeDisk } = options;
    this.name = nodeName;
    this.#options = options;
    this.#clock = new NodeClock(clock);
    this.#link = new NodeLink(transport, this.#clock);
    this.#machineID = random.uuid().replaceAll('-', '');
    this.disk = new NodeDisk(clock, volumeDisk);
    this.images = new NodeImages({ clock: this.#clock, random, source: registry });
    for (const [tag, image] of preloaded ?? []) this.images.load(tag, image);
    this.#switchOn();
  }

  get state(): NodeState {
    return this.#state;
  }

  /** Its address, as in `kubectl get nodes -o wide`. */
  get address(): string {
    return this.#options.address;
  }

  /** Whether its cable is out. */
  get isCutOff(): boolean {
    return this.#cableOut;
  }

  /** Whether the API server and other nodes can speak with it. */
  get reachable(): boolean {
    return this.#state === 'running' && !this.#cableOut;
  }

  /** Undefined while it is switched off, and until it has booted. */
  get kubelet(): Kubelet | undefined {
    return this.#kubelet;
  }

  get clock(): Clock {
    return this.#clock;
  }

  /** The first start, with the cluster's. Resolves when the node is Ready. */
  async boot(): Promise<void> {
    await this.#kubelet?.start();
  }

  /** Switches it on again. Resolves when it is Ready; does nothing unless it is stopped. */
  async start(): Promise<void> {
    if (this.#state !== 'stopped') return;
    this.#state = 'running';
    this.startedMs = this.#options.clock.now();
    const boot = ++this.#boots;
    await sleep(this.#clock, BOOT_MS);
    if (boot !== this.#boots) return;
    this.#switchOn();
    await this.#kubelet!.start();
  }

  /** Switches it off: its containers end at once, and nobody says so. */
  stop(): void {
    if (this.#state === 'stopped') return;
    if (this.#state === 'paused') this.unpause();
    this.#boots++;
    this.#state = 'stopped';
    this.stoppedMs = this.#options.clock.now();
    this.#kubelet?.dispose();
    this.#kubelet = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when it is switched off. */
  get stopped(): Promise<void> {
    return this.#state === 'stopped'
      ? Promise.resolve()
      : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Pulls the cable: containers run on, but the node reaches nobody and nobody reaches it. */
  cutOff(): void {
    this.#cableOut = true;
    this.#connect();
  }

  /** Puts the cable back. */
  reconnect(): void {
    this.#cableOut = false;
    this.#connect();
  }

  /** Freezes everything on it where it is. */
  pause(): void {
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    this.#clock.pause();
    this.#connect();
  }

  /** Lets it go on. */
  unpause(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    this.#connect();
    this.#clock.unpause();
  }

  dispose(): void {
    this.stop();
    this.#severed?.dispose();
  }

  #switchOn(): void {
    const {
      transport: _transport,
      registry: _registry,
      preloaded: _preloaded,
      volumeDisk: _disk,
      ...options
    } = this.#options;
    this.#state = 'running';
    this.startedMs = this.#options.clock.now();
    this.#kubelet = new Kubelet({
      ...options,
      clock: this.#clock,
      client: new Client(this.#link, { user: { username: 'system:nodes', groups: ['system:nodes'] } }),
      images: this.images,
      disk: this.disk,
      csiPlugins: this.csiPlugins,
      machineID: this.#machineID,
    });
  }

  /** Makes the connections what they are to be. */
  #connect(): void {
    const severed = this.#cableOut || this.#state === 'paused';
    this.#link.cut = severed;
    if (severed) this.#severed ??= this.#options.network.sever(this.name);
    else {
      this.#severed?.dispose();
      this.#severed = undefined;
    }
    this.#kubelet?.connect(!severed);
  }
}
