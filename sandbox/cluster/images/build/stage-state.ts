/**
 * What a stage has come to: files, configuration, history, and the key under which the next step is cached.
 * Instructions that only change the configuration are applied here (BuildKit's `dispatch*`). Left out: ONBUILD,
 * which is refused.
 */
import { encode } from '../../../core/bytes.ts';
import { timestamp } from '../../../core/clock.ts';
import type { FileTree } from '../../../os/file-tree.ts';
import { resolvePath } from '../../../os/path.ts';
import type { Image, ImageConfig, ImageHistory } from '../image.ts';
import type { Layer } from '../layer.ts';
import { sha256 } from '../../../core/sha256.ts';
import type { Variables } from './build-words.ts';
import { parseError, type Instruction } from './dockerfile.ts';
import { healthCheckOf } from './health-check.ts';
import { expand, wordsOf } from './stages.ts';

const COMMENT = 'buildkit.dockerfile.v0';
const DEFAULT_SHELL = ['/bin/sh', '-c'];
export const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export class StageState {
  tree: FileTree;
  readonly config: ImageConfig;
  readonly layers: Layer[];
  readonly history: ImageHistory[];
  /** ARGs declared so far. */
  readonly args = new Map<string, string>();
  /** Stands for all that led here. */
  key: string;
  #ownCommand = false;

  constructor(from: {
    tree: FileTree;
    config: ImageConfig;
    layers: readonly Layer[];
    history: readonly ImageHistory[];
    key: string;
  }) {
    this.tree = from.tree;
    this.config = structuredClone(from.config);
    this.layers = [...from.layers];
    this.history = [...from.history];
    this.key = from.key;
    this.config.Env ??= [DEFAULT_PATH];
    this.config.WorkingDir ??= '/';
  }

  static ofImage({ tree, config, layers, history, id }: Image): StageState {
    return new StageState({ tree, config, layers, history, key: id });
  }

  /** The environment as it stands in the configuration. */
  get environment(): Map<string, string> {
    return new Map(
      (this.config.Env ?? []).map((entry) => {
        const equals = entry.indexOf('=');
        return [entry.slice(0, equals), entry.slice(equals + 1)];
      }),
    );
  }

  /** What `$NAME` means in an instruction: ENV wins over ARG. */
  get variables(): Variables {
    return new Map([...this.args, ...this.environment]);
  }

  get shell(): string[] {
    return this.config.Shell ?? DEFAULT_SHELL;
  }

  get directory(): string {
    return this.config.WorkingDir ?? '/';
  }

  /** Adds to the key. */
  advance(...parts: string[]): void {
    this.key = sha256(encode([this.key, ...parts].join('\0')));
  }

  addLayer(layer: Layer, createdBy: string): void {
    this.layers.push(layer);
    this.history.push({ created: timestamp(layer.createdMs), created_by: createdBy, comment: COMMENT });
  }

  addEmpty(createdBy: string, createdMs: number): void {
    this.history.push({
      created: timestamp(createdMs),
      created_by: createdBy,
      comment: COMMENT,
      empty_layer: true,
    });
  }

  setEnvironment(name: string, value: string): void {
    const env = (this.config.Env ??= []);
    const at = env.findIndex((entry) => entry.startsWith(`${name}=`));
    if (at >= 0) env[at] = `${name}=${value}`;
    else env.push(`${name}=${value}`);
  }

  /**
   * Applies an instruction that changes the configuration only; returns how the history tells it. `globals` are
   * the ARGs above the first FROM. Throws `BuildError`.
   */
  configure(
    instruction: Instruction,
    context: { escape: string; globals: Variables; buildArguments: Readonly<Record<string, string>> },
  ): string | undefined {
    const { keyword, lines, rest, json } = instruction;
    const { escape } = context;
    const { config } = this;
    const words = () => {
      const list = wordsOf(instruction, escape).map((word) =>
        expand(word, instruction, this.variables, escape),
      );
      if (list.length === 0) throw parseError(lines, `${keyword} requires at least one argument`);
      return list;
    };
    const single = () => {
      const list = words();
      if (list.length !== 1) throw parseError(lines, `${keyword} requires exactly one argument`);
      return list[0]!;
    };
    switch (keyword) {
      case 'ARG':
        return this.#declare(instruction, context);
      case 'ENV': {
        const pairs = this.#pairs(instruction, escape);
        for (const [name, value] of pairs) this.setEnvironment(name, value);
        return `ENV ${pairs.map(([name, value]) => `${name}=${value}`).join(' ')}`;
      }
      case 'LABEL': {
        const pairs = this.#pairs(instruction, escape);
        config.Labels = { ...config.Labels, ...Object.fromEntries(pairs) };
        return `LABEL ${pairs.map(([name, value]) => `${name}=${value}`).join(' ')}`;
      }
      case 'MAINTAINER':
        return `MAINTAINER ${rest}`;
      case 'EXPOSE': {
        const ports = words().map((port) => exposedPort(port, instruction));
        config.ExposedPorts = {
          ...config.ExposedPorts,
          ...Object.fromEntries(ports.map((port) => [port, {}])),
        };
        return `EXPOSE map[${ports.map((port) => `${port}:{}`).join(' ')}]`;
      }
      case 'USER':
        config.User = single();
        return `USER ${config.User}`;
      case 'VOLUME': {
        const paths = json ?? words();
        config.Volumes = {
          ...config.Volumes,
          ...Object.fromEntries(paths.map((path) => [resolvePath(this.directory, path), {}])),
        };
        return `VOLUME [${paths.join(' ')}]`;
      }
      case 'STOPSIGNAL':
        config.StopSignal = single();
        return `STOPSIGNAL ${config.StopSignal}`;
      case 'SHELL':
        if (!json?.length) throw parseError(lines, 'SHELL requires the arguments to be in JSON form');
        config.Shell = json;
        return `SHELL [${json.join(' ')}]`;
      case 'CMD':
        config.Cmd = this.#command(instruction);
        this.#ownCommand = true;
        return `CMD ${goWords(config.Cmd)}`;
      case 'ENTRYPOINT':
        config.Entrypoint = this.#command(instruction);
        // The base's arguments were meant for its own entry point.
        if (!this.#ownCommand) delete config.Cmd;
        return `ENTRYPOINT ${goWords(config.Entrypoint)}`;
      case 'HEALTHCHECK':
        config.Healthcheck = healthCheckOf(instruction, this.shell);
        return `HEALTHCHECK &{${goWords(config.Healthcheck.Test)}}`;
      default:
        throw parseError(lines, `${keyword} is not supported here`);
    }
  }

  #declare(
    instruction: Instruction,
    {
      escape,
      globals,
      buildArguments,
    }: { escape: string; globals: Variables; buildArguments: Readonly<Record<string, string>> },
  ): string {
    for (const word of wordsOf(instruction, escape)) {
      const equals = word.indexOf('=');
      const name = equals < 0 ? word : word.slice(0, equals);
      const value =
        buildArguments[name] ??
        (equals < 0
          ? globals.get(name)
          : expand(word.slice(equals + 1), instruction, this.variables, escape));
      if (value !== undefined) this.args.set(name, value);
    }
    return `ARG ${instruction.rest}`;
  }

  /** `A=b C="d e"`, or the old form `A b c`. */
  #pairs(instruction: Instruction, escape: string): [string, string][] {
    const { keyword, lines, rest } = instruction;
    const words = wordsOf(instruction, escape);
    // All of one instruction see the variables as they were before it.
    const { variables } = this;
    const value = (word: string) => expand(word, instruction, variables, escape);
    if (words.length === 0) throw parseError(lines, `${keyword} requires at least one argument`);
    if (!words[0]!.includes('=')) {
      if (words.length < 2) throw parseError(lines, `${keyword} must have two arguments`);
      return [[words[0]!, value(rest.slice(words[0]!.length).trim())]];
    }
    return words.map((word) => {
      const equals = word.indexOf('=');
      if (equals < 0)
        throw parseError(
          lines,
          `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`,
        );
      if (equals === 0) throw parseError(lines, `${keyword} names can not be blank`);
      return [value(word.slice(0, equals)), value(word.slice(equals + 1))];
    });
  }

  #command({ json, rest }: Instruction): string[] {
    return json ?? [...this.shell, rest];
  }
}

/** A list of strings as Go prints it: `["node" "server.js"]`. */
const goWords = (words: readonly string[]): string =>
  `[${words.map((word) => JSON.stringify(word)).join(' ')}]`;

function exposedPort(text: string, { lines }: Instruction): string {
  const [port = '', protocol = 'tcp'] = text.split('/');
  if (!/^\d+(-\d+)?$/.test(port) || !['tcp', 'udp', 'sctp'].includes(protocol))
    throw parseError(lines, `invalid containerPort: ${text}`);
  return `${port}/${protocol}`;
}
