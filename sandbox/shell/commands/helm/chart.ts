/**
 * Charts on disk: a directory or a `.tgz` of one, with `Chart.yaml` (v1 and v2), `values.yaml`, schema, templates,
 * files, CRDs and subcharts in `charts/`. `.helmignore` is followed. Left out: charts of repositories and
 * registries, which this terminal cannot reach.
 */
import { decode } from '../../../core/bytes.ts';
import { Errno } from '../../../os/errno.ts';
import { joinPath } from '../../../os/path.ts';
import type { Process } from '../../../os/process.ts';
import { readTar } from '../../../core/tar-archive.ts';
import { gunzip } from '../compression.ts';
import { parseYaml, YamlError } from '../kubectl/manifest.ts';
import type { GoMap } from '../../go-template/values.ts';

/** Ends a command: printed after `Error: `. */
export class HelmError extends Error {}

export interface Dependency {
  name: string;
  version?: string;
  repository?: string;
  condition?: string;
  tags?: string[];
  alias?: string;
  'import-values'?: (string | { child: string; parent: string })[];
}

export interface ChartMetadata {
  name: string;
  version: string;
  apiVersion: string;
  appVersion?: string;
  description?: string;
  type?: string;
  kubeVersion?: string;
  keywords?: string[];
  home?: string;
  icon?: string;
  sources?: string[];
  maintainers?: { name?: string; email?: string; url?: string }[];
  annotations?: Record<string, string>;
  deprecated?: boolean;
  dependencies?: Dependency[];
  [key: string]: unknown;
}

export interface ChartFile {
  /** Relative to the chart. */
  name: string;
  data: Uint8Array;
}

export interface Chart {
  metadata: ChartMetadata;
  values: GoMap;
  /** `values.yaml` as it is written. */
  valuesText: string;
  schema: Uint8Array | undefined;
  templates: ChartFile[];
  files: ChartFile[];
  crds: ChartFile[];
  dependencies: Chart[];
}

/** Throws `HelmError`. */
export async function loadChart(process: Process, path: string): Promise<Chart> {
  const full = process.resolve(path);
  let kind: string;
  try {
    kind = process.fileSystem.stat(full).kind;
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    if (/^(https?|oci):\/\//.test(path))
      throw new HelmError(
        `${path}: this terminal reaches no chart repository; use a chart in a directory or a .tgz file`,
      );
    if (path.startsWith('.') || path.startsWith('/'))
      throw new HelmError(`path ${JSON.stringify(path)} not found`);
    if (path.includes('/')) throw new HelmError(`repo ${path.slice(0, path.indexOf('/'))} not found`);
    throw new HelmError(`non-absolute URLs should be in form of repo_name/path_to_chart, got: ${path}`);
  }
  const files =
    kind === 'directory'
      ? directoryFiles(process, full)
      : await archiveFiles(process, process.fileSystem.readFile(full));
  return chartOf(process, files);
}

function directoryFiles({ fileSystem }: Process, root: string): ChartFile[] {
  const all: ChartFile[] = [];
  const walk = (directory: string, prefix: string) => {
    for (const name of fileSystem.readDirectory(directory)) {
      const path = joinPath(directory, name);
      if (fileSystem.stat(path).kind === 'directory') walk(path, `${prefix}${name}/`);
      else all.push({ name: prefix + name, data: fileSystem.readFile(path) });
    }
  };
  walk(root, '');
  const rules = all.find(({ name }) => name === '.helmignore');
  const ignored = ignoreRules(rules ? decode(rules.data) : '');
  return all.filter(({ name }) => name === 'Chart.yaml' || !ignored(name));
}

/** The members of a packaged chart without the directory that they are in. */
export async function archiveFiles(process: Process, bytes: Uint8Array): Promise<ChartFile[]> {
  const files: ChartFile[] = [];
  const archive = await gunzip(process, bytes);
  if (!archive) throw new HelmError('file does not appear to be a gzipped archive');
  for (const { name, kind, contents } of readTar(archive))
    if (kind === 'file') files.push({ name: name.slice(name.indexOf('/') + 1), data: contents });
  return files;
}

function ignoreRules(text: string): (name: string) => boolean {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'));
  const tests = rules.map((rule) => {
    const negated = rule.startsWith('!');
    const pattern = rule.replace(/^!/, '').replace(/\/$/, '');
    const anchored = pattern.includes('/');
    const source = pattern
      .replace(/^\//, '')
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]');
    const expression = new RegExp(`^${source}$`);
    return {
      negated,
      directory: rule.endsWith('/'),
      matches: (path: string) => expression.test(anchored ? path : path.slice(path.lastIndexOf('/') + 1)),
    };
  });
  return (name) => {
    const steps = name.split('/');
    return steps.some((_, at) => {
      const path = steps.slice(0, at + 1).join('/');
      const isFile = at === steps.length - 1;
      let out = false;
      for (const { negated, directory, matches } of tests)
        if (!(directory && isFile) && matches(path)) out = !negated;
      return out;
    });
  };
}

async function chartOf(process: Process, files: readonly ChartFile[]): Promise<Chart> {
  const find = (name: string) => files.find((file) => file.name === name);
  const manifest = find('Chart.yaml');
  if (!manifest) throw new HelmError('Chart.yaml file is missing');
  const metadata = yamlOf(manifest, 'cannot load Chart.yaml') as unknown as ChartMetadata;
  checkMetadata(metadata);
  const valuesFile = find('values.yaml');
  const chart: Chart = {
    metadata,
    values: valuesFile ? yamlOf(valuesFile, 'cannot load values.yaml') : {},
    valuesText: valuesFile ? decode(valuesFile.data) : '',
    schema: find('values.schema.json')?.data,
    templates: [],
    files: [],
    crds: [],
    dependencies: [],
  };
  const inner = new Map<string, ChartFile[]>();
  for (const file of files) {
    const { name } = file;
    if (
      [
        'Chart.yaml',
        'Chart.lock',
        'values.yaml',
        'values.schema.json',
        'requirements.yaml',
        'requirements.lock',
      ].includes(name)
    )
      continue;
    if (name.startsWith('templates/')) chart.templates.push(file);
    else if (name.startsWith('charts/')) {
      const [, child = '', ...rest] = name.split('/');
      if (/^[._]/.test(child)) continue;
      if (rest.length > 0)
        inner.set(child, [...(inner.get(child) ?? []), { name: rest.join('/'), data: file.data }]);
      else if (child.endsWith('.tgz')) inner.set(child, await archiveFiles(process, file.data));
      else chart.files.push(file);
    } else {
      chart.files.push(file);
      if (name.startsWith('crds/') && /\.(ya?ml|json)$/.test(name)) chart.crds.push(file);
    }
  }
  for (const [name, members] of inner) {
    if (!members.some((member) => member.name === 'Chart.yaml')) continue;
    try {
      chart.dependencies.push(await chartOf(process, members));
    } catch (error) {
      if (!(error instanceof HelmError)) throw error;
      throw new HelmError(`error unpacking subchart ${name} in ${metadata.name}: ${error.message}`);
    }
  }
  return chart;
}

function yamlOf({ data }: ChartFile, what: string): GoMap {
  try {
    return (parseYaml(decode(data)) ?? {}) as GoMap;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new HelmError(`${what}: error converting YAML to JSON: ${error.message}`);
  }
}

function checkMetadata(metadata: ChartMetadata): void {
  const wrong = (message: string) => new HelmError(`validation: ${message}`);
  if (!metadata.apiVersion) throw wrong('chart.metadata.apiVersion is required');
  if (!metadata.name) throw wrong('chart.metadata.name is required');
  if (!metadata.version) throw wrong('chart.metadata.version is required');
  for (const key of ['version', 'appVersion'] as const)
    if (metadata[key] !== undefined) metadata[key] = String(metadata[key]);
}

/** `shop-1.2.3` */
export const chartLabel = ({ metadata }: Chart): string => `${metadata.name}-${metadata.version}`;
