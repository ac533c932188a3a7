/** What install, upgrade, template and lint do first: values from flags, the chart, the cluster's abilities, rendering. */
import { decode } from '../../../core/bytes.ts';
import { readWholeText } from '../../../os/open.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import { mappingFor, resourcePath } from '../kubectl/discovery.ts';
import { CommandError } from '../kubectl/errors.ts';
import { flag, type Flag } from '../kubectl/flags.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import { parseYaml, YamlError } from '../kubectl/manifest.ts';
import { HelmError, type Chart } from './chart.ts';
import {
  render,
  sortManifests,
  type Capabilities,
  type Hook,
  type Manifest,
  type ReleaseOptions,
} from './rendering.ts';
import { validateSchema } from './schema-validation.ts';
import { parseVersion, satisfies } from './template/semantic-version.ts';
import {
  coalesceValues,
  overlay,
  processDependencies,
  setJson,
  setValues,
  type SetKind,
} from './values-of.ts';
import type { GoMap } from '../../go-template/values.ts';

export const VALUE_FLAGS: readonly Flag[] = [
  flag('values,f', [], 'File of values; may be repeated, the last one wins.', { kind: 'strings' }),
  flag('set', [], 'Values as key1=val1,key2=val2.'),
  flag('set-string', [], 'As --set, but every value is a string.'),
  flag('set-json', [], 'Values as key=JSON, or a whole object.'),
  flag('set-file', [], 'Values from files, as key=path.'),
  flag('set-literal', [], 'One value, taken as it is written.'),
];

/** Values that the command line gives. */
export async function givenValues({ flags, process }: Invocation): Promise<GoMap> {
  let values: GoMap = {};
  for (const path of flags.list('values')) {
    const source = path === '-' ? await process.readAll(0) : await readFile(process, path);
    try {
      values = overlay(values, (parseYaml(source) ?? {}) as GoMap);
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      throw new HelmError(`failed to parse ${path}: error converting YAML to JSON: ${error.message}`);
    }
  }
  for (const text of flags.list('set-json')) values = setJson(values, text);
  for (const kind of ['set', 'set-string', 'set-literal'] as SetKind[])
    for (const text of flags.list(kind)) setValues(values, text, kind);
  for (const text of flags.list('set-file')) {
    const equals = text.indexOf('=');
    setValues(
      values,
      `${text.slice(0, equals)}=${await readFile(process, text.slice(equals + 1))}`,
      'set-literal',
    );
  }
  return values;
}

async function readFile(process: Invocation['process'], path: string): Promise<string> {
  try {
    return await readWholeText(process, path);
  } catch {
    throw new HelmError(`open ${path}: no such file or directory`);
  }
}

const CLIENT_VERSION = 'v1.35.0';
/** What `helm template` takes a cluster for that it does not ask. */
const CLIENT_API_VERSIONS = ['v1'];

export const clientCapabilities = (kubeVersion = '', more: readonly string[] = []): Capabilities => ({
  kubeVersion: kubeVersion ? `v${kubeVersion.replace(/^v/, '')}` : CLIENT_VERSION,
  apiVersions: new Set([...CLIENT_API_VERSIONS, ...more]),
});

export async function clusterCapabilities({ api }: Invocation): Promise<Capabilities> {
  const { gitVersion } = await api.get<{ gitVersion: string }>('/version');
  const apiVersions = new Set<string>();
  const add = async (path: string, groupVersion: string) => {
    apiVersions.add(groupVersion);
    const { resources } = await api.get<{ resources: { name: string; kind: string }[] }>(path);
    for (const { kind } of resources) apiVersions.add(`${groupVersion}/${kind}`);
  };
  await add('/api/v1', 'v1');
  const { groups } = await api.get<{ groups: { versions: { groupVersion: string }[] }[] }>('/apis');
  for (const { versions } of groups)
    for (const { groupVersion } of versions) await add(`/apis/${groupVersion}`, groupVersion);
  return { kubeVersion: gitVersion, apiVersions };
}

/** Templates or what they made are wrong, and not what was given to them. */
export class RenderError extends HelmError {}

export interface Rendered {
  hooks: Hook[];
  manifests: Manifest[];
  notes: string;
  files: ReadonlyMap<string, string>;
}

/** Renders and sorts. With `cluster` the functions `lookup` of templates ask it. */
export async function renderChart(
  invocation: Invocation,
  chart: Chart,
  given: GoMap,
  release: ReleaseOptions,
  capabilities: Capabilities,
  cluster: boolean,
): Promise<Rendered> {
  processDependencies(chart, given);
  const values = coalesceValues(chart, given);
  const skips =
    invocation.flags.has('skip-schema-validation') && invocation.flags.bool('skip-schema-validation');
  if (!skips) checkSchemas(chart, values);
  checkKubeVersion(chart, capabilities);
  const { machine } = invocation.process;
  const surroundings = { random: machine.random, now: () => machine.clock.now() };
  const found = new Map<string, unknown>();
  for (;;) {
    // A template cannot wait: what it looks up is fetched, and it is rendered again.
    let missing: [string, string, string, string] | undefined;
    const lookup = (...key: [string, string, string, string]): unknown => {
      if (!cluster) return {};
      const text = key.join('\n');
      if (!found.has(text)) missing ??= key;
      return found.get(text) ?? {};
    };
    let files: Map<string, string> | undefined;
    let failure: unknown;
    try {
      files = render(chart, values, { release, capabilities, surroundings, lookup });
    } catch (error) {
      failure = error;
    }
    if (missing) {
      found.set(missing.join('\n'), await lookUp(invocation, ...missing));
      continue;
    }
    if (!files) throw failure instanceof HelmError ? new RenderError(failure.message) : failure;
    const notes = files.get(`${chart.metadata.name}/templates/NOTES.txt`) ?? '';
    try {
      return { ...sortManifests(files), notes, files };
    } catch (error) {
      throw error instanceof HelmError ? new RenderError(error.message) : error;
    }
  }
}

async function lookUp(
  { api }: Invocation,
  apiVersion: string,
  kind: string,
  namespace: string,
  name: string,
): Promise<unknown> {
  try {
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    const mapping = await mappingFor(api, group ? `${kind}.${version}.${group}` : kind.toLowerCase());
    return await api.get(resourcePath(mapping, mapping.namespaced ? namespace : '', name));
  } catch (error) {
    if (error instanceof CommandError || (error instanceof StatusError && error.reason === 'NotFound'))
      return {};
    throw error;
  }
}

function checkSchemas(chart: Chart, values: GoMap): void {
  const failures: string[] = [];
  const visit = ({ metadata, schema, dependencies }: Chart, own: GoMap) => {
    const problems = schema ? validateSchema(JSON.parse(decode(schema)), own) : [];
    if (problems.length > 0) failures.push(`${metadata.name}:\n${problems.join('\n')}\n`);
    for (const child of dependencies) visit(child, (own[child.metadata.name] ?? {}) as GoMap);
  };
  visit(chart, values);
  if (failures.length > 0)
    throw new HelmError(
      `values don't meet the specifications of the schema(s) in the following chart(s):\n${failures.join('')}`,
    );
}

function checkKubeVersion({ metadata }: Chart, { kubeVersion }: Capabilities): void {
  if (!metadata.kubeVersion) return;
  const version = parseVersion(kubeVersion);
  if (version && satisfies(metadata.kubeVersion, { ...version, prerelease: '' }) === false)
    throw new HelmError(
      `chart requires kubeVersion: ${metadata.kubeVersion} which is incompatible with Kubernetes ${kubeVersion}`,
    );
}
