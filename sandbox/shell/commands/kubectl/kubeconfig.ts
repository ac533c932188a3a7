/**
 * The kubeconfig file (client-go `clientcmd`): which context is current and what its namespace is. The
 * machine's origin is one cluster, whatever server the file names; users and clusters are kept for
 * `kubectl config`. Of a `KUBECONFIG` with several paths the values of the first file that has them count.
 */
import { encode } from '../../../core/bytes.ts';
import { Errno } from '../../../os/errno.ts';
import type { Process } from '../../../os/process.ts';
import { CommandError, VerbatimError } from './errors.ts';
import { parseYaml } from './manifest.ts';
import { toYaml } from './printers/yaml.ts';

export interface NamedContext {
  name: string;
  context: { cluster?: string; user?: string; namespace?: string };
}

export interface KubeconfigFile {
  apiVersion: 'v1';
  kind: 'Config';
  clusters: { name: string; cluster: Record<string, unknown> }[];
  contexts: NamedContext[];
  users: { name: string; user: Record<string, unknown> }[];
  'current-context': string;
  preferences?: Record<string, unknown>;
}

const EMPTY = (): KubeconfigFile => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [],
  contexts: [],
  users: [],
  'current-context': '',
});

export class Kubeconfig {
  readonly #process: Process;
  /** The file that changes go to. */
  readonly path: string;
  content: KubeconfigFile;

  private constructor(process: Process, path: string, content: KubeconfigFile) {
    this.#process = process;
    this.path = path;
    this.content = content;
  }

  /** @param explicit `--kubeconfig`, which must exist unless it is about to be written. */
  static load(process: Process, explicit: string, toBeWritten = false): Kubeconfig {
    const { KUBECONFIG, HOME = '/root' } = process.environment;
    const paths = explicit ? [explicit] : (KUBECONFIG?.split(':').filter(Boolean) ?? []);
    if (paths.length === 0) paths.push(`${HOME}/.kube/config`);
    const content = EMPTY();
    for (const path of paths) {
      let text: string;
      try {
        text = process.readTextFile(path);
      } catch (error) {
        if (!(error instanceof Errno) || error.code !== 'ENOENT') throw error;
        if (explicit && !toBeWritten) throw new CommandError(`stat ${path}: no such file or directory`);
        continue;
      }
      const file = { ...EMPTY(), ...(parseFile(path, text) as Partial<KubeconfigFile>) };
      merge(content.clusters, file.clusters ?? []);
      merge(content.contexts, file.contexts ?? []);
      merge(content.users, file.users ?? []);
      content['current-context'] ||= file['current-context'] ?? '';
      content.preferences ??= file.preferences;
    }
    return new Kubeconfig(process, paths[0]!, content);
  }

  /** The context to use. Throws for one that is named and not there. */
  context(override: string): NamedContext['context'] {
    const name = override || this.content['current-context'];
    const found = this.content.contexts.find((context) => context.name === name);
    if (found) return found.context ?? {};
    if (override)
      throw new VerbatimError(
        `Error in configuration: context was not found for specified context: ${override}`,
      );
    return {};
  }

  /** Throws unless there is such a cluster and such a user; empty names are those of the context. */
  checkOverrides(cluster: string, user: string): void {
    if (user && !this.content.users.some(({ name }) => name === user))
      throw new CommandError(`auth info ${JSON.stringify(user)} does not exist`);
    if (cluster && !this.content.clusters.some(({ name }) => name === cluster))
      throw new CommandError(`no server found for cluster ${JSON.stringify(cluster)}`);
  }

  /** Address of the API server that a context names, or the one that is assumed without. */
  server(context: string): string {
    const { cluster } = this.context(context);
    const found = this.content.clusters.find(({ name }) => name === cluster);
    return String(found?.cluster?.['server'] ?? 'http://localhost:8080');
  }

  save(): void {
    const path = this.#process.resolve(this.path);
    const directory = path.slice(0, path.lastIndexOf('/'));
    if (directory) this.#process.machine.files.mkdir(directory, { recursive: true });
    this.#process.machine.files.writeFile(path, encode(toYaml(this.content)));
  }
}

/** Go's names of what the lists of a file hold. */
const ELEMENTS = { clusters: 'NamedCluster', contexts: 'NamedContext', users: 'NamedAuthInfo' };

function parseFile(path: string, text: string): object {
  const problem = (why: string) =>
    new CommandError(`error loading config file ${JSON.stringify(path)}: ${why}`);
  let content: Record<string, unknown>;
  try {
    content = (parseYaml(text) ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw problem((error as Error).message);
  }
  for (const [field, element] of Object.entries(ELEMENTS)) {
    const value = content[field];
    if (value !== undefined && value !== null && !Array.isArray(value))
      throw problem(
        `json: cannot unmarshal ${typeof value} into Go struct field Config.${field} of type []v1.${element}`,
      );
  }
  return content;
}

function merge<T extends { name: string }>(into: T[], from: readonly T[]): void {
  for (const entry of from) if (!into.some((known) => known.name === entry.name)) into.push(entry);
}
