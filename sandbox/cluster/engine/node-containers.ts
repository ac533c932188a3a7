/**
 * Docker's containers with those of kind among them: each node of the cluster is one, named after it, in the
 * network `kind`. They stop, start and pause as nodes do (`kubelet/node-machine.ts`); taken off their network they
 * are cut off. Left out: what is in them. A node has no shell, and the control plane runs beside its node, so that
 * it goes on when the node does not.
 */
import { encode } from '../../core/bytes.ts';
import type { Clock } from '../../core/clock.ts';
import {
  EngineError,
  type ContainerRequest,
  type ContainerSummary,
  type EngineContainers,
} from '../../os/container-engine.ts';
import type { FileSystem } from '../../os/file-system.ts';
import { sha256 } from '../../core/sha256.ts';
import type { NodeMachine } from '../kubelet/node-machine.ts';
import type { DockerContainers } from './engine-containers.ts';

const NODE_IMAGE = 'kindest/node:v1.35.4';
const ENTRY_POINT = '/usr/local/bin/entrypoint /sbin/init';
const NETWORK = 'kind';
/** Of a container that was told to stop: SIGRTMIN+3 ends systemd with it. */
const STOPPED_EXIT_CODE = 137;

export class NodeContainers implements EngineContainers {
  readonly #own: DockerContainers;
  readonly #nodes: readonly NodeMachine[];
  /** When the cluster was made (epoch ms). */
  readonly #createdMs: number;

  constructor(own: DockerContainers, nodes: readonly NodeMachine[], clock: Clock) {
    this.#own = own;
    this.#nodes = nodes;
    this.#createdMs = Math.min(clock.now(), ...nodes.map(({ startedMs }) => startedMs));
  }

  list(): ContainerSummary[] {
    return [...this.#own.list(), ...this.#nodes.map((node) => this.#summary(node)).reverse()];
  }

  create(request: ContainerRequest): string {
    const taken =
      request.name === undefined ? undefined : this.#nodes.find(({ name }) => name === request.name);
    if (taken)
      throw new EngineError(
        `Conflict. The container name "/${taken.name}" is already in use by container "${idOf(taken)}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    return this.#own.create(request);
  }

  async start(name: string): Promise<void> {
    const node = this.#node(name);
    if (!node) return this.#own.start(name);
    // Docker's part is done at once; the node is Ready some time later.
    void node.start();
  }

  async stop(name: string, timeoutMs: number): Promise<void> {
    const node = this.#node(name);
    if (!node) return this.#own.stop(name, timeoutMs);
    this.#worker(node, 'stopped').stop();
  }

  signal(name: string, signal: string): void {
    const node = this.#node(name);
    if (!node) return this.#own.signal(name, signal);
    if (node.state === 'stopped')
      throw new EngineError(`cannot kill container: ${name}: container ${idOf(node)} is not running`);
    if (/^(SIG)?KILL$/i.test(signal)) this.#worker(node, 'killed').stop();
  }

  async pause(name: string): Promise<void> {
    const node = this.#node(name);
    if (!node) return this.#own.pause(name);
    if (node.state === 'paused') throw new EngineError(`Container ${name} is already paused`);
    if (node.state === 'stopped') throw new EngineError(`Container ${idOf(node)} is not running`);
    this.#worker(node, 'paused').pause();
  }

  async unpause(name: string): Promise<void> {
    const node = this.#node(name);
    if (!node) return this.#own.unpause(name);
    if (node.state !== 'paused') throw new EngineError(`Container ${idOf(node)} is not paused`);
    node.unpause();
  }

  async connect(network: string, name: string): Promise<void> {
    const node = this.#attached(network, name);
    if (!node.isCutOff)
      throw new EngineError(`endpoint with name ${node.name} already exists in network ${NETWORK}`);
    node.reconnect();
  }

  async disconnect(network: string, name: string): Promise<void> {
    const node = this.#attached(network, name);
    if (node.isCutOff)
      throw new EngineError(`container ${idOf(node)} is not connected to network ${NETWORK}`);
    this.#worker(node, 'cut off').cutOff();
  }

  attach(name: string, told: (fd: 1 | 2, bytes: Uint8Array) => void): () => void {
    return this.#node(name) ? () => {} : this.#own.attach(name, told);
  }

  async write(name: string, bytes: Uint8Array | undefined): Promise<void> {
    if (!this.#node(name)) await this.#own.write(name, bytes);
  }

  resize(name: string, columns: number, rows: number): void {
    if (!this.#node(name)) this.#own.resize(name, columns, rows);
  }

  async wait(name: string): Promise<number> {
    const node = this.#node(name);
    if (!node) return this.#own.wait(name);
    await node.stopped;
    return STOPPED_EXIT_CODE;
  }

  async remove(name: string, force: boolean): Promise<void> {
    const node = this.#node(name);
    if (!node) return this.#own.remove(name, force);
    throw new EngineError(`${node.name} is a node of the cluster: it can be stopped, but not removed`);
  }

  logs(name: string, options: Parameters<EngineContainers['logs']>[1]): AsyncIterable<Uint8Array> {
    const node = this.#node(name);
    return node ? bootMessages() : this.#own.logs(name, options);
  }

  async exec(name: string, request: Parameters<EngineContainers['exec']>[1]): Promise<number> {
    const node = this.#node(name);
    if (!node) return this.#own.exec(name, request);
    if (node.state === 'stopped') throw new EngineError(`container ${idOf(node)} is not running`);
    throw new EngineError(
      'nodes of this cluster have no shell: look into pods with `kubectl exec`, and at the node with `kubectl debug` or `kubectl describe node`',
    );
  }

  inspect(name: string): Record<string, unknown> | undefined {
    const node = this.#node(name);
    if (!node) return this.#own.inspect(name);
    const time = (ms: number) => (ms === 0 ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString());
    return {
      Id: idOf(node),
      Created: time(this.#createdMs),
      Path: '/usr/local/bin/entrypoint',
      Args: ['/sbin/init'],
      State: {
        Status: stateOf(node),
        Running: node.state !== 'stopped',
        Paused: node.state === 'paused',
        ExitCode: node.state === 'stopped' ? STOPPED_EXIT_CODE : 0,
        Error: '',
        StartedAt: time(node.startedMs),
        FinishedAt: time(node.stoppedMs),
      },
      Name: `/${node.name}`,
      Config: {
        Hostname: node.name,
        Image: NODE_IMAGE,
        Tty: true,
        Labels: {
          'io.x-k8s.kind.cluster': 'slipway',
          'io.x-k8s.kind.role': isControlPlane(node) ? 'control-plane' : 'worker',
        },
      },
      NetworkSettings: {
        Networks: node.isCutOff
          ? {}
          : { [NETWORK]: { IPAddress: node.state === 'stopped' ? '' : node.address } },
        Ports: {},
      },
    };
  }

  files(name: string): FileSystem {
    if (this.#node(name)) throw new EngineError('the files of a node cannot be reached from here');
    return this.#own.files(name);
  }

  #node(name: string): NodeMachine | undefined {
    const wanted = name.replace(/^\//, '');
    const exact = this.#nodes.find((node) => node.name === wanted || idOf(node) === wanted);
    if (exact || !/^[0-9a-f]{4,}$/.test(wanted)) return exact;
    return this.#nodes.find((node) => idOf(node).startsWith(wanted));
  }

  /** A node that may be without power or network. */
  #worker(node: NodeMachine, done: string): NodeMachine {
    if (isControlPlane(node))
      throw new EngineError(
        `${node.name} is the node of the control plane, which runs beside it here: it cannot be ${done}. Workers can.`,
      );
    return node;
  }

  #attached(network: string, name: string): NodeMachine {
    if (network !== NETWORK) throw new EngineError(`network ${network} not found`);
    const node = this.#node(name);
    if (node) return node;
    if (!this.#own.inspect(name)) throw new EngineError(`No such container: ${name}`);
    throw new EngineError(`containers beside the nodes stay in the network bridge: ${name} cannot be moved`);
  }

  #summary(node: NodeMachine): ContainerSummary {
    return {
      id: idOf(node),
      name: node.name,
      image: NODE_IMAGE,
      command: ENTRY_POINT,
      createdMs: this.#createdMs,
      state: stateOf(node),
      startedMs: node.startedMs,
      finishedMs: node.stoppedMs,
      exitCode: node.state === 'stopped' ? STOPPED_EXIT_CODE : 0,
      ports: isControlPlane(node) ? ['127.0.0.1:6443->6443/tcp'] : [],
    };
  }
}

const stateOf = ({ state }: NodeMachine): ContainerSummary['state'] =>
  state === 'stopped' ? 'exited' : state;

const isControlPlane = ({ name }: NodeMachine): boolean => name.endsWith('-control-plane');

const idOf = ({ name }: NodeMachine): string => sha256(encode(`container ${name}`));

async function* bootMessages(): AsyncGenerator<Uint8Array> {
  yield encode('INFO: starting init\n');
}
