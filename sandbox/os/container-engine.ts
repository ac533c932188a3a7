/**
 * What `docker` talks to: a container engine with its images, containers and builds. `os/` knows the shape;
 * `cluster/engine` has the implementation, beside the cluster whose nodes are its containers.
 */
import type { FileSystem } from './file-system.ts';
import type { OpenFile } from './open-file.ts';
import type { Pty } from './pty.ts';

/** A failure in the daemon's words, behind `Error response from daemon: `. */
export class EngineError extends Error {}

export interface ContainerEngine {
  readonly images: EngineImages;
  readonly containers: EngineContainers;
  /** Builds an image and tags it. Rejects with `BuildError`. `told` hears of the steps as they go. */
  build(request: BuildRequest, told: (event: BuildEvent) => void, signal: AbortSignal): Promise<BuiltImage>;
  /** Forgets what builds have cached; how many steps that were. */
  pruneBuilds(): number;
}

// ---- images

export interface ImageSummary {
  /** `sha256:…` */
  id: string;
  /** `busybox:1`, as Docker shows names. */
  tags: string[];
  /** `busybox@sha256:…` */
  digests: string[];
  createdMs: number;
  sizeBytes: number;
}

export interface ImageStep {
  createdMs: number;
  createdBy: string;
  sizeBytes: number;
  comment: string;
  /** The image that ends with this step, where one does. */
  id?: string;
}

/** What became of a layer on its way from or to a registry. */
export interface LayerProgress {
  /** The first digits of its digest. */
  layer: string;
  status: string;
}

export interface EngineImages {
  /** Newest first. */
  list(): ImageSummary[];
  /** Latest step first. Throws `EngineError`. */
  history(name: string): ImageStep[];
  /** `docker inspect`'s document. Undefined: there is no such image. */
  inspect(name: string): Record<string, unknown> | undefined;
  /** Throws `EngineError`. */
  tag(source: string, target: string): void;
  /** Takes a name, or an image by its ID; says what went, as `docker rmi` prints it. Throws `EngineError`. */
  remove(name: string, force: boolean): string[];
  /** Removes images without a name. */
  prune(): string[];
  pull(name: string, told: (progress: LayerProgress) => void): Promise<Pulled>;
  push(name: string, told: (progress: LayerProgress) => void): Promise<{ digest: string; sizeBytes: number }>;
  /** Puts an image on the nodes of the cluster, as `kind load docker-image` does; the nodes that lacked it. */
  load(name: string): { id: string; nodes: string[] };
}

export interface Pulled {
  digest: string;
  /** False: it was here already. */
  newer: boolean;
  /** `docker.io/library/busybox:1` */
  reference: string;
}

// ---- containers

export interface ContainerRequest {
  image: string;
  name?: string | undefined;
  command: string[];
  entrypoint?: string[] | undefined;
  /** `NAME=value` */
  environment: string[];
  directory?: string | undefined;
  user?: string | undefined;
  hostname?: string | undefined;
  ports: { host: number; container: number; address: string }[];
  /** Directories of the learner's machine in the container. */
  mounts: { source: FileSystem; from: string; to: string; readOnly: boolean }[];
  remove: boolean;
  stdin: boolean;
  tty: boolean;
}

export interface ContainerSummary {
  id: string;
  name: string;
  image: string;
  command: string;
  createdMs: number;
  state: 'created' | 'running' | 'paused' | 'exited';
  startedMs: number;
  finishedMs: number;
  exitCode: number;
  ports: string[];
}

export interface EngineContainers {
  /** Newest first. */
  list(): ContainerSummary[];
  /** Makes a container of an image that is here. Returns its ID. Throws `EngineError`. */
  create(request: ContainerRequest): string;
  /** Rejects with `EngineError`. */
  start(name: string): Promise<void>;
  /** Hears what it prints from now on, until the returned function is called. */
  attach(name: string, told: (fd: 1 | 2, bytes: Uint8Array) => void): () => void;
  /** To its standard input; undefined: no more comes. */
  write(name: string, bytes: Uint8Array | undefined): Promise<void>;
  resize(name: string, columns: number, rows: number): void;
  /** Resolves with the exit code when it has ended. */
  wait(name: string): Promise<number>;
  signal(name: string, signal: string): void;
  /** Stops all its processes where they are, until `unpause`. Rejects with `EngineError`. */
  pause(name: string): Promise<void>;
  unpause(name: string): Promise<void>;
  /** Puts it into a network. Rejects with `EngineError`. */
  connect(network: string, name: string): Promise<void>;
  /** Takes it off a network: it reaches nobody there, and nobody reaches it. */
  disconnect(network: string, name: string): Promise<void>;
  /** TERM (or the image's own signal), then KILL. */
  stop(name: string, timeoutMs: number): Promise<void>;
  remove(name: string, force: boolean): Promise<void>;
  /** What it has printed, both streams as they came, and with `follow` what it prints. Ends with it. */
  logs(
    name: string,
    options: { follow: boolean; tail: number | undefined; timestamps: boolean; signal: AbortSignal },
  ): AsyncIterable<Uint8Array>;
  exec(
    name: string,
    request: { argv: string[]; environment: string[]; files: (OpenFile | undefined)[]; terminal?: Pty },
  ): Promise<number>;
  inspect(name: string): Record<string, unknown> | undefined;
  /** The files in it, for `docker cp`. */
  files(name: string): FileSystem;
}

// ---- builds

export interface BuildRequest {
  /** The context. */
  files: FileSystem;
  /** Absolute, in `files`. */
  directory: string;
  dockerfile: { name: string; text: string };
  tags: string[];
  target?: string | undefined;
  buildArguments: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  noCache: boolean;
  pull: boolean;
}

export interface BuiltImage {
  /** `sha256:…` */
  id: string;
}

/** A step (BuildKit: a vertex) by its number, from 1. */
export type BuildEvent =
  | { kind: 'start'; step: number; name: string }
  /** A line about a part of it: `transferring context: 32B done`. */
  | { kind: 'status'; step: number; text: string }
  /** What its command printed. */
  | { kind: 'output'; step: number; text: string }
  | { kind: 'end'; step: number; cached: boolean; error?: string };

/** Why a build failed; `message` is what follows `failed to solve: `. */
export class BuildError extends Error {
  /** First and last line of the Dockerfile that it is about, from 1. */
  readonly lines: readonly [number, number] | undefined;

  constructor(message: string, lines?: readonly [number, number]) {
    super(message);
    this.lines = lines;
  }
}
