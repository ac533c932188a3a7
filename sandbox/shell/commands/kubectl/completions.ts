/**
 * What Tab offers after `kubectl`: verbs, flags, kinds, names of objects, namespaces, containers and output
 * formats. The server is asked in the background of the prompt, so failures offer nothing.
 */
import { readBody } from '../../../core/http.ts';
import { decode } from '../../../core/bytes.ts';
import type { HttpOrigin } from '../../../core/http.ts';
import type { Machine } from '../../../os/machine.ts';
import type { Command, CommandEntry, CommandTable } from './command.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';
import type { KubeconfigFile } from './kubeconfig.ts';
import { parseYaml } from './manifest.ts';
import { VERBS } from './verbs.ts';

/** Verbs whose first argument is a pod, or TYPE/NAME. */
const OF_PODS = new Set(['logs', 'exec', 'attach', 'port-forward']);
const FORMATS = ['json', 'yaml', 'name', 'wide', 'jsonpath=', 'custom-columns=', 'go-template='];

interface Resource {
  group: string;
  version: string;
  name: string;
  singular: string;
  shortNames: string[];
  namespaced: boolean;
}

/**
 * Candidates for `words[index]`, sorted; `words[0]` is `kubectl`. The caller matches them against what was
 * typed, except that all begin with the word before the cursor.
 */
export async function completions(
  words: readonly string[],
  index: number,
  machine: Machine,
  home = '/root',
): Promise<string[]> {
  const typed = words[index] ?? '';
  const before = words.slice(1, index);
  const { command, rest } = await commandOf(before);
  const candidates = await candidatesFor(command, rest, words[index - 1] ?? '', typed, machine, before, home);
  return [...new Set(candidates)].filter((candidate) => candidate.startsWith(typed)).sort();
}

async function commandOf(
  words: readonly string[],
): Promise<{ command: Command | undefined; rest: string[] }> {
  let table: CommandTable | undefined = VERBS;
  let command: Command | undefined;
  const rest: string[] = [];
  for (const word of words) {
    const entry: CommandEntry | undefined = table && Object.hasOwn(table, word) ? table[word] : undefined;
    if (!entry || word.startsWith('-')) {
      rest.push(word);
      continue;
    }
    const loaded = await entry.load();
    command = loaded.command;
    table = loaded.command.subcommands;
  }
  return { command, rest };
}

async function candidatesFor(
  command: Command | undefined,
  rest: readonly string[],
  previous: string,
  typed: string,
  machine: Machine,
  before: readonly string[],
  home: string,
): Promise<string[]> {
  const flags = [...(command?.flags ?? []), ...GLOBAL_FLAGS];
  if (typed.startsWith('-'))
    return flags.map((flag) => `--${flag.name}${flag.bare === undefined ? '=' : ''}`);
  if (!command) return Object.keys(VERBS);
  if (rest.includes('--')) return [];
  const namespace = namespaceOf(before) ?? contextNamespace(machine, before, home);
  switch (previous) {
    case '-n':
    case '--namespace':
      return names(machine, '/api/v1/namespaces');
    case '-o':
    case '--output':
      return FORMATS;
    case '-c':
    case '--container':
      return containers(machine, namespace, positionals(rest, flags)[0] ?? '');
  }
  const flag = flags.find((each) => previous === `--${each.name}` || previous === `-${each.shorthand}`);
  if (flag && flag.bare === undefined) return [];
  const given = positionals(rest, flags);
  if (command.subcommands && given.length === 0) return Object.keys(command.subcommands);
  const verb = before.find((word) => Object.hasOwn(VERBS, word)) ?? '';
  if (verb === 'create' || verb === 'apply' || verb === 'run') return [];
  const resources = await discover(machine);
  if (typed.includes('/')) {
    const [type = ''] = typed.split('/');
    const resource = find(resources, type);
    return resource
      ? (await names(machine, collection(resource, namespace))).map((name) => `${type}/${name}`)
      : [];
  }
  if (OF_PODS.has(verb))
    return given.length === 0 ? names(machine, `/api/v1/namespaces/${namespace}/pods`) : [];
  if (given.length === 0) return resources.map((resource) => resource.name);
  const resource = find(resources, given[0]!.split(',')[0]!);
  if (!resource || verb === 'explain') return [];
  return names(machine, collection(resource, namespace));
}

/** Arguments that are neither flags nor their values. */
function positionals(
  words: readonly string[],
  flags: readonly { name: string; shorthand?: string; bare?: string }[],
): string[] {
  const out: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (!word.startsWith('-')) out.push(word);
    else if (!word.includes('=')) {
      const flag = flags.find((each) => word === `--${each.name}` || word === `-${each.shorthand}`);
      if (flag && flag.bare === undefined) at++;
    }
  }
  return out;
}

function namespaceOf(words: readonly string[]): string | undefined {
  for (const [at, word] of words.entries()) {
    if (word === '-n' || word === '--namespace') return words[at + 1] ?? 'default';
    const match = /^(?:--namespace=|-n=?)(.+)$/.exec(word);
    if (match) return match[1]!;
  }
  return undefined;
}

/** The namespace of the context that the command would use. */
function contextNamespace(machine: Machine, words: readonly string[], home: string): string {
  const at = words.indexOf('--context');
  const named = at < 0 ? words.find((word) => word.startsWith('--context='))?.slice(10) : words[at + 1];
  try {
    const { contexts, 'current-context': current } = parseYaml(
      decode(machine.files.readFile(`${home}/.kube/config`)),
    ) as Partial<KubeconfigFile>;
    const found = contexts?.find(({ name }) => name === (named ?? current));
    return found?.context?.namespace || 'default';
  } catch {
    // No configuration, or none that can be read: a prompt has nowhere to say why.
    return 'default';
  }
}

const collection = ({ group, version, name, namespaced }: Resource, namespace: string) =>
  `${group ? `/apis/${group}` : '/api'}/${version}${namespaced ? `/namespaces/${namespace}` : ''}/${name}`;

const find = (resources: readonly Resource[], type: string) =>
  resources.find(
    ({ name, singular, shortNames }) => name === type || singular === type || shortNames.includes(type),
  );

async function getJson(machine: Machine, path: string, accept = 'application/json'): Promise<any> {
  const origin: HttpOrigin | undefined = machine.kube;
  if (!origin) return undefined;
  try {
    const response = await origin.fetch({ method: 'GET', path, headers: { accept } });
    return response.status < 400 ? JSON.parse(decode(await readBody(response))) : undefined;
  } catch {
    // No answer is no candidates: a prompt has nowhere to say why.
    return undefined;
  }
}

async function names(machine: Machine, path: string): Promise<string[]> {
  const list = await getJson(
    machine,
    `${path}?limit=500`,
    'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
  );
  return (list?.items ?? []).map((item: { metadata: { name: string } }) => item.metadata.name);
}

async function containers(machine: Machine, namespace: string, pod: string): Promise<string[]> {
  const object = await getJson(
    machine,
    `/api/v1/namespaces/${namespace}/pods/${pod.replace(/^pods?\//, '')}`,
  );
  const { containers: main = [], initContainers = [] } = object?.spec ?? {};
  return [...main, ...initContainers].map(({ name }: { name: string }) => name);
}

async function discover(machine: Machine): Promise<Resource[]> {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const lists = await Promise.all(['/api', '/apis'].map((path) => getJson(machine, path, accept)));
  return lists.flatMap((list) =>
    (list?.items ?? []).flatMap(({ metadata, versions }: any) =>
      versions.slice(0, 1).flatMap(({ version, resources = [] }: any) =>
        resources.map((each: any) => ({
          group: metadata.name ?? '',
          version,
          name: each.resource,
          singular: each.singularResource,
          shortNames: each.shortNames ?? [],
          namespaced: each.scope === 'Namespaced',
        })),
      ),
    ),
  );
}
