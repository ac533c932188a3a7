/**
 * The container engine of the learner's machine: Docker as far as lessons use it, beside the cluster, as with
 * kind. Images are kept on the machine's disk; builds and containers share its network with the nodes.
 */
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { BatchTools } from '../../os/batch-tools.ts';
import type { BuildEvent, BuildRequest, BuiltImage, ContainerEngine } from '../../os/container-engine.ts';
import type { FileSystem } from '../../os/file-system.ts';
import { Builder } from '../images/build/builder.ts';
import { MachineRunner } from '../images/build/machine-runner.ts';
import type { ProgramTable } from '../images/executable.ts';
import type { ImageSources } from '../images/image-sources.ts';
import { NodeImages } from '../images/image-store.ts';
import type { ClusterNetwork } from '../network/cluster-network.ts';
import { DockerContainers } from './engine-containers.ts';
import type { NodeMachine } from '../kubelet/node-machine.ts';
import { DockerImages } from './engine-images.ts';
import { NodeContainers } from './node-containers.ts';
import { StoredImages } from './stored-images.ts';

export interface DockerEngineOptions {
  clock: Clock;
  random: Random;
  network: ClusterNetwork;
  /** Registries. */
  sources: ImageSources;
  programs: ProgramTable;
  batch: BatchTools | undefined;
  /** Where images are kept. */
  disk: FileSystem;
  /** Absolute, on the disk. */
  directory: string;
  /** Nodes of the cluster: containers too, and images can be put on them. */
  nodes: readonly NodeMachine[];
}

export class DockerEngine implements ContainerEngine {
  readonly images: DockerImages;
  readonly containers: NodeContainers;
  readonly #own: DockerContainers;
  readonly #builder: Builder;

  constructor(options: DockerEngineOptions) {
    const { clock, random, network, sources, programs, batch, disk, directory, nodes } = options;
    const images = new NodeImages({ clock, random, source: sources, network: network.learner });
    const stored = new StoredImages(disk, `${directory}/image`);
    stored.restore(images);
    this.#own = new DockerContainers({
      clock,
      random,
      programs,
      batch,
      network,
      findImage: (name) => this.images.find(name),
    });
    this.images = new DockerImages({
      images,
      sources,
      network: network.learner,
      stored,
      nodes,
      usedBy: (id) => this.#own.usedBy(id),
    });
    this.containers = new NodeContainers(this.#own, nodes, clock);
    this.#builder = new Builder({
      clock,
      images: this.images,
      runner: new MachineRunner({ clock, random, programs, network: network.learner, batch }),
    });
  }

  async build(
    request: BuildRequest,
    told: (event: BuildEvent) => void,
    signal: AbortSignal,
  ): Promise<BuiltImage> {
    const image = await this.#builder.build(request, told, signal);
    this.images.keep(image, request.tags);
    return { id: image.id };
  }

  pruneBuilds(): number {
    return this.#builder.prune();
  }

  dispose(): void {
    this.#own.dispose();
  }
}
