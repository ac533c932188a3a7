/**
 * The kubeconfig file (client-go `clientcmd`): which context is current and what its namespace is. The
 * machine's origin is one cluster, whatever server the file names; users and clusters are kept for
 * `kubectl config`. Of a `KUBECONFIG` with several paths the values of the first file that has them count.
 */
import { encode } from '../../../core/bytes.ts';
import { Errno } from '../../../os/errno.ts';
import type { Process } from '../../../os/process.ts';
import { CommandError } from './errors.ts';
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

  /** @param explicit `--kubeconfig`, which must exist. */
  static load(process: Process, explicit: string): Kubeconfig {
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
        if (explicit) throw new CommandError(`stat ${path}: no such file or directory`);
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
    if (override) throw new CommandError(`context ${JSON.stringify(override)} does not exist`);
    return {};
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

function parseFile(path: string, text: string): object {
  try {
    return (parseYaml(text) ?? {}) as object;
  } catch (error) {
    throw new CommandError(`error loading config file ${JSON.stringify(path)}: ${(error as Error).message}`);
  }
}

function merge<T extends { name: string }>(into: T[], from: readonly T[]): void {
  for (const entry of from) if (!into.some((known) => known.name === entry.name)) into.push(entry);
}
