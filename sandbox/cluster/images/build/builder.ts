/**
 * `docker build`: BuildKit's way through a Dockerfile. Only the stages that the target needs are built, each
 * step is a layer of real bytes, and a step whose inputs were seen before is taken from the cache. Commands run
 * by the runner that the engine gives. Left out: other platforms, secrets, SSH and cache mounts, ADD of URLs.
 */
import { decode } from '../../../core/bytes.ts';
import type { Clock } from '../../../core/clock.ts';
import { BuildError, type BuildEvent, type BuildRequest } from '../../../os/container-engine.ts';
import { FileTree } from '../../../os/file-tree.ts';
import { MemoryFileSystem } from '../../../os/memory-file-system.ts';
import { joinPath, nameOf, resolvePath } from '../../../os/path.ts';
import { accountOf, homeOf } from '../accounts.ts';
import { Image } from '../image.ts';
import { Layer } from '../layer.ts';
import { InvalidReference, formatReference, parseReference, type ImageReference } from '../reference.ts';
import { BuildContext } from './build-context.ts';
import { expandWord } from './build-words.ts';
import { checksumOf, copyInto, type CopyRequest } from './copy.ts';
import { DockerIgnore } from './docker-ignore.ts';
import { parseDockerfile, parseError, type Instruction } from './dockerfile.ts';
import { StageState } from './stage-state.ts';
import {
  expand,
  findStage,
  isStep,
  neededStages,
  stagesOf,
  wordsOf,
  type Stage,
  type Stages,
} from './stages.ts';
import { treeDifference } from './tree-difference.ts';

/** Runs a command in a stage's files. Rejects with `RunFailure` when it cannot be started. */
export interface StepRunner {
  run(step: RunStep, signal: AbortSignal): Promise<number>;
}

export interface RunStep {
  files: MemoryFileSystem;
  argv: string[];
  environment: Record<string, string>;
  directory: string;
  user: { uid: number; gid: number };
  output(text: string): void;
}

export class RunFailure extends Error {}

/** What the engine knows about images. */
export interface BaseImages {
  /** Rejects with an `Error` whose message is the registry's. */
  base(reference: ImageReference, pull: boolean): Promise<Image>;
}

export interface BuilderOptions {
  clock: Clock;
  images: BaseImages;
  runner: StepRunner;
}

type Told = (event: BuildEvent) => void;

/** What a step left: nothing when no file changed. */
interface CachedStep {
  layer: Layer | undefined;
  tree: FileTree;
}

export class Builder {
  readonly #options: BuilderOptions;
  /** By key of the stage after the step. */
  readonly #cache = new Map<string, CachedStep>();
  /** When a step that changed the configuration was first seen. */
  readonly #times = new Map<string, number>();

  constructor(options: BuilderOptions) {
    this.#options = options;
  }

  /** Resolves with the image. Rejects with `BuildError`. */
  build(request: BuildRequest, told: Told, signal: AbortSignal): Promise<Image> {
    return new Build(this.#options, this.#cache, this.#times, request, told, signal).run();
  }

  /** Forgets what was built: `docker builder prune`. */
  prune(): number {
    const { size } = this.#cache;
    this.#cache.clear();
    this.#times.clear();
    return size;
  }
}

class Build {
  readonly #options: BuilderOptions;
  readonly #cache: Map<string, CachedStep>;
  readonly #times: Map<string, number>;
  readonly #request: BuildRequest;
  readonly #told: Told;
  readonly #signal: AbortSignal;
  readonly #states = new Map<Stage, StageState>();
  #steps = 0;
  #stages!: Stages;
  #context!: BuildContext;
  #bases: ReadonlyMap<string, Image> = new Map();

  constructor(
    options: BuilderOptions,
    cache: Map<string, CachedStep>,
    times: Map<string, number>,
    request: BuildRequest,
    told: Told,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#cache = cache;
    this.#times = times;
    this.#request = request;
    this.#told = told;
    this.#signal = signal;
  }

  async run(): Promise<Image> {
    const { dockerfile, files, directory, buildArguments, target, labels } = this.#request;
    await this.#step(`[internal] load build definition from ${nameOf(dockerfile.name)}`, async (status) =>
      status(`transferring dockerfile: ${humanBytes(dockerfile.text.length)} done`),
    );
    this.#stages = stagesOf(parseDockerfile(dockerfile.text), buildArguments);
    const needed = neededStages(this.#stages, target);
    this.#bases = await this.#loadBases(needed);
    const ignore = await this.#loadIgnore();
    this.#context = new BuildContext(files, directory, ignore);
    if (needed.some(({ instructions }) => instructions.some(readsContext)))
      await this.#step('[internal] load build context', async (status) =>
        status(`transferring context: ${humanBytes(this.#context.sizeBytes())} done`),
      );
    for (const stage of needed) this.#states.set(stage, await this.#buildStage(stage));
    const state = this.#states.get(needed.at(-1)!)!;
    if (Object.keys(labels).length > 0) state.config.Labels = { ...state.config.Labels, ...labels };
    return this.#export(state);
  }

  async #loadBases(needed: Stage[]): Promise<Map<string, Image>> {
    const bases = new Map<string, Image>();
    const { images } = this.#options;
    const load = async (name: string, { lines }: Instruction) => {
      if (name === 'scratch' || bases.has(name)) return;
      let reference: ImageReference;
      try {
        reference = parseReference(name);
      } catch (error) {
        if (!(error instanceof InvalidReference)) throw error;
        throw new BuildError(`failed to parse stage name ${JSON.stringify(name)}: ${error.message}`, lines);
      }
      const full = formatReference(reference);
      await this.#step(`[internal] load metadata for ${full}`, async () => {
        try {
          bases.set(name, await images.base(reference, this.#request.pull));
        } catch (error) {
          throw new BuildError(
            `${name}: failed to resolve source metadata for ${full}: ${(error as Error).message}`,
            lines,
          );
        }
      });
    };
    for (const stage of needed) {
      if (!findStage(this.#stages, stage.base, stage.index)) await load(stage.base, stage.from);
      for (const instruction of stage.instructions) {
        const from = this.#fromOf(instruction);
        if (from && !findStage(this.#stages, from, stage.index)) await load(from, instruction);
      }
    }
    return bases;
  }

  #fromOf(instruction: Instruction): string | undefined {
    const from = instruction.flags.get('from');
    return from && expand(from, instruction, this.#stages.globals, this.#stages.escape);
  }

  async #loadIgnore(): Promise<DockerIgnore | undefined> {
    const { files, directory, dockerfile } = this.#request;
    const own = resolvePath(directory, `${dockerfile.name}.dockerignore`);
    const path = exists(files, own) ? own : joinPath(directory, '.dockerignore');
    const text = exists(files, path) ? decode(files.readFile(path)) : undefined;
    await this.#step('[internal] load .dockerignore', async (status) =>
      status(`transferring context: ${humanBytes(text?.length ?? 2)} done`),
    );
    return text === undefined ? undefined : new DockerIgnore(text);
  }

  async #buildStage(stage: Stage): Promise<StageState> {
    const { instructions, from } = stage;
    const count = 1 + instructions.filter(isStep).length;
    const label = this.#stages.stages.length > 1 ? `${stage.name ?? `stage-${stage.index}`} ` : '';
    let number = 1;
    const name = (text: string) => `[${label}${number}/${count}] ${text}`;
    const source = findStage(this.#stages, stage.base, stage.index);
    let state: StageState;
    if (source) state = new StageState(this.#states.get(source)!);
    else if (stage.base === 'scratch')
      state = new StageState({ tree: FileTree.empty(), config: {}, layers: [], history: [], key: 'scratch' });
    else {
      const image = this.#bases.get(stage.base)!;
      await this.#step(name(`FROM ${formatReference(parseReference(stage.base))}`), async () => {});
      state = StageState.ofImage(image);
    }
    if (from.flags.has('platform')) state.advance(`platform ${from.flags.get('platform')}`);
    for (const instruction of instructions) {
      if (isStep(instruction)) {
        number++;
        await this.#runStep(stage, state, instruction, name);
        continue;
      }
      const createdBy = state.configure(instruction, {
        escape: this.#stages.escape,
        globals: this.#stages.globals,
        buildArguments: this.#request.buildArguments,
      })!;
      // Arguments count where they are used: a step's variables are part of its key.
      if (instruction.keyword !== 'ARG') state.advance(createdBy);
      state.addEmpty(createdBy, this.#time(`${state.key} ${createdBy}`));
    }
    return state;
  }

  async #runStep(
    stage: Stage,
    state: StageState,
    instruction: Instruction,
    name: (text: string) => string,
  ): Promise<void> {
    const { keyword } = instruction;
    if (keyword === 'WORKDIR') return this.#workdir(state, instruction, name);
    if (keyword === 'RUN') return this.#run(state, instruction, name);
    return this.#copy(stage, state, instruction, name);
  }

  async #workdir(state: StageState, instruction: Instruction, name: (text: string) => string): Promise<void> {
    const words = wordsOf(instruction, this.#stages.escape);
    if (words.length !== 1) throw parseError(instruction.lines, 'WORKDIR requires exactly one argument');
    const path = resolvePath(
      state.directory,
      expand(words[0]!, instruction, state.variables, this.#stages.escape),
    );
    state.config.WorkingDir = path;
    const createdBy = `WORKDIR ${path}`;
    await this.#cached(state, instruction, name(createdBy), createdBy, createdBy, async (files) => {
      files.mkdir(path, { recursive: true });
    });
  }

  async #run(state: StageState, instruction: Instruction, name: (text: string) => string): Promise<void> {
    const argv = commandOf(instruction, state.shell);
    if (argv.length === 0) throw parseError(instruction.lines, 'RUN requires at least one argument');
    const environment: Record<string, string> = Object.fromEntries([...state.args, ...state.environment]);
    const used = [...state.args].map(([key, value]) => `${key}=${value}`);
    const text = argv.join(' ');
    const createdBy = `RUN ${used.length > 0 ? `|${used.length} ${used.join(' ')} ` : ''}${text} # buildkit`;
    const inputs = [...argv, JSON.stringify(environment), state.config.User ?? ''].join('\0');
    await this.#cached(state, instruction, name(instruction.text), createdBy, inputs, async (files, step) => {
      const user = this.#user(state, files, instruction);
      environment['HOME'] ??= homeOf(user.uid, files);
      let exitCode: number;
      try {
        exitCode = await this.#options.runner.run(
          {
            files,
            argv,
            environment,
            directory: state.directory,
            user,
            output: (output) => this.#told({ kind: 'output', step, text: output }),
          },
          this.#signal,
        );
      } catch (error) {
        if (!(error instanceof RunFailure)) throw error;
        throw new BuildError(
          `process ${JSON.stringify(text)} did not complete successfully: ${error.message}`,
          instruction.lines,
        );
      }
      if (exitCode !== 0)
        throw new BuildError(
          `process ${JSON.stringify(text)} did not complete successfully: exit code: ${exitCode}`,
          instruction.lines,
        );
    });
  }

  #user(state: StageState, files: MemoryFileSystem, { lines }: Instruction): { uid: number; gid: number } {
    const { User: user = '' } = state.config;
    if (user === '') return { uid: 0, gid: 0 };
    const account = accountOf(user.split(':')[0]!, files);
    if (!account)
      throw new BuildError(`unable to find user ${user}: no matching entries in passwd file`, lines);
    return account;
  }

  async #copy(
    stage: Stage,
    state: StageState,
    instruction: Instruction,
    name: (text: string) => string,
  ): Promise<void> {
    const { keyword, json, heredocs, lines, flags } = instruction;
    const { escape } = this.#stages;
    const { variables } = state;
    const words = (json ?? wordsOf(instruction, escape)).map((word) =>
      json ? word : expand(word, instruction, variables, escape),
    );
    if (words.length < 2)
      throw parseError(
        lines,
        words.length === 0
          ? `${keyword} requires at least one argument`
          : `${keyword} requires at least two arguments, but only one was provided. Destination could not be determined`,
      );
    const inline = heredocs.map((heredoc) => ({
      name: heredoc.name,
      contents: heredoc.expand ? expandContents(heredoc.contents, variables, escape) : heredoc.contents,
    }));
    const request: CopyRequest = {
      instruction,
      context: this.#sourceOf(stage, instruction),
      sources: words.slice(0, -1).filter((word) => !word.startsWith('<<')),
      destination: words.at(-1)!,
      directory: state.directory,
      unpack: keyword === 'ADD',
      inline,
    };
    const createdBy = `${instruction.text} # buildkit`;
    const owner = [...flags].map(([key, value]) => `${key}=${value}`).join(' ');
    const inputs = [checksumOf(request), owner, resolvePath(state.directory, request.destination)].join('\0');
    await this.#cached(state, instruction, name(instruction.text), createdBy, inputs, async (files) =>
      copyInto(files, request),
    );
  }

  #sourceOf(stage: Stage, instruction: Instruction): BuildContext {
    const from = this.#fromOf(instruction);
    if (!from) return this.#context;
    const source = findStage(this.#stages, from, stage.index);
    const tree = source ? this.#states.get(source)!.tree : this.#bases.get(from)!.tree;
    return new BuildContext(new MemoryFileSystem({ clock: this.#options.clock, tree }), '/');
  }

  /** One step: from the cache, or done now and kept. */
  async #cached(
    state: StageState,
    { lines }: Instruction,
    name: string,
    createdBy: string,
    inputs: string,
    change: (files: MemoryFileSystem, step: number) => Promise<void>,
  ): Promise<void> {
    const { clock } = this.#options;
    const before = state.tree;
    state.advance(createdBy, inputs);
    const cached = this.#request.noCache ? undefined : this.#cache.get(state.key);
    if (cached) {
      await this.#step(name, async () => {}, true);
      this.#apply(state, cached, createdBy);
      return;
    }
    await this.#step(name, async (_, step) => {
      const files = new MemoryFileSystem({ clock, tree: before });
      try {
        await change(files, step);
      } catch (error) {
        if (error instanceof BuildError || this.#signal.aborted) throw error;
        throw new BuildError((error as Error).message, lines);
      }
      const tree = files.snapshot();
      const entries = treeDifference(before, tree, MOUNTED);
      const layer = new Layer(entries, createdBy, clock.now());
      const done = { layer: entries.length > 0 || createdBy.startsWith('RUN') ? layer : undefined, tree };
      this.#cache.set(state.key, done);
      this.#apply(state, done, createdBy);
    });
  }

  #apply(state: StageState, { layer, tree }: CachedStep, createdBy: string): void {
    state.tree = tree;
    if (layer) state.addLayer(layer, createdBy);
    else state.addEmpty(createdBy, this.#time(state.key));
  }

  /** When this was first seen, so that a build that repeats another makes the same image. */
  #time(key: string): number {
    let time = this.#request.noCache ? undefined : this.#times.get(key);
    if (time === undefined) this.#times.set(key, (time = this.#options.clock.now()));
    return time;
  }

  async #export(state: StageState): Promise<Image> {
    const created = state.history.reduce(
      (latest, step) => (step.created > latest ? step.created : latest),
      '',
    );
    const image = new Image(state.config, state.layers, { history: state.history, created });
    await this.#step('exporting to image', async (status) => {
      status('exporting layers done');
      status(`writing image ${image.id} done`);
      for (const tag of this.#request.tags) status(`naming to ${formatReference(parseReference(tag))} done`);
    });
    return image;
  }

  async #step(
    name: string,
    body: (status: (text: string) => void, step: number) => Promise<void>,
    cached = false,
  ): Promise<void> {
    this.#signal.throwIfAborted();
    const step = ++this.#steps;
    this.#told({ kind: 'start', step, name });
    try {
      await body((text) => this.#told({ kind: 'status', step, text }), step);
    } catch (error) {
      this.#told({ kind: 'end', step, cached: false, error: (error as Error).message });
      throw error;
    }
    this.#told({ kind: 'end', step, cached });
  }
}

/** Mounted while a command runs: never part of a layer. */
const MOUNTED: ReadonlySet<string> = new Set(['/dev', '/proc', '/sys', '/etc/hosts', '/etc/resolv.conf']);

const readsContext = ({ keyword, flags }: Instruction): boolean =>
  (keyword === 'COPY' || keyword === 'ADD') && !flags.has('from');

/** The command line of RUN: JSON, a line for the shell, or a heredoc that is a script. */
function commandOf({ json, rest, heredocs }: Instruction, shell: readonly string[]): string[] {
  if (json) return json;
  const [script] = heredocs;
  if (!script) return rest === '' ? [] : [...shell, rest];
  if (/^<<-?['"]?\w+['"]?$/.test(rest.trim())) return [...shell, script.contents];
  const bodies = heredocs.map(({ name, contents }) => `${contents}${name}\n`);
  return [...shell, `${rest}\n${bodies.join('')}`];
}

/** Variables of a heredoc, which keeps its quotes. */
function expandContents(contents: string, variables: ReadonlyMap<string, string>, escape: string): string {
  return contents.replace(/\\\$|\$\{[^}]*\}|\$[a-zA-Z_]\w*/g, (text) =>
    text === '\\$' ? '$' : expandWord(text, variables, escape),
  );
}

function exists(files: { stat(path: string): unknown }, path: string): boolean {
  try {
    files.stat(path);
    return true;
  } catch {
    return false;
  }
}

/** As BuildKit writes sizes: `98B`, `1.20kB`. */
export function humanBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes}B`;
  const units = ['kB', 'MB', 'GB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(2)}${units[unit]}`;
}
