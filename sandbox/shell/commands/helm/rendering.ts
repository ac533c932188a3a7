/**
 * From a chart and values to manifests (`pkg/engine`): every template of the chart and its subcharts in one set,
 * then sorted into hooks and manifests, the latter in the order in which they are installed.
 */
import { toBase64 } from '../../../core/base64.ts';
import { decode } from '../../../core/bytes.ts';
import { nameOf } from '../../../os/path.ts';
import { parseYaml, YamlError } from '../kubectl/manifest.ts';
import { HelmError, type Chart, type ChartFile } from './chart.ts';
import { COLLECTION_FUNCTIONS } from './template/collection-functions.ts';
import { encodingFunctions, toYaml, type Surroundings } from './template/encoding-functions.ts';
import {
  ExecutionError,
  FunctionError,
  TemplateSet,
  type FunctionTable,
} from '../../go-template/execution.ts';
import { NUMBER_FUNCTIONS } from './template/number-functions.ts';
import { fn, more, text } from './template/signature.ts';
import { STRING_FUNCTIONS } from './template/string-functions.ts';
import { TemplateSyntaxError } from '../../go-template/syntax.ts';
import { isMap, TemplateObject, type GoMap } from '../../go-template/values.ts';

export interface ReleaseOptions {
  name: string;
  namespace: string;
  revision: number;
  isInstall: boolean;
}

export interface Capabilities {
  /** `v1.35.4` */
  kubeVersion: string;
  apiVersions: ReadonlySet<string>;
}

export interface RenderOptions {
  release: ReleaseOptions;
  capabilities: Capabilities;
  surroundings: Surroundings;
  /** Objects of the cluster for `lookup`, fetched before; by `apiVersion/kind/namespace/name`. */
  lookup: (apiVersion: string, kind: string, namespace: string, name: string) => unknown;
}

/** Rendered files by path (`shop/templates/service.yaml`). */
export function render(chart: Chart, values: GoMap, options: RenderOptions): Map<string, string> {
  const templates: { path: string; source: string; scope: GoMap }[] = [];
  collect(chart, values, '', options, templates);
  // Those deeper in the tree first, so that parents may define a template again.
  const depth = (path: string) => path.split('/').length;
  templates.sort((a, b) => depth(b.path) - depth(a.path) || (a.path < b.path ? 1 : -1));
  const set = new TemplateSet(functionsOf(options));
  const full: TemplateSet = set.with({
    include: fn(2, (name, scope) => full.execute(text(name), scope).replaceAll('<no value>', '')),
    tpl: fn(2, (source, scope) => {
      const inner = full.with({});
      const name = (scope as { Template?: { Name?: string } } | undefined)?.Template?.Name ?? 'gotpl';
      try {
        inner.add(name, text(source));
      } catch (error) {
        if (!(error instanceof TemplateSyntaxError)) throw error;
        throw new FunctionError(
          `cannot parse template ${JSON.stringify(source)}: template: ${name}:${error.line}: ${error.message}`,
        );
      }
      return inner.execute(name, scope).replaceAll('<no value>', '');
    }),
    lookup: fn(4, (apiVersion, kind, namespace, name) =>
      options.lookup(text(apiVersion), text(kind), text(namespace), text(name)),
    ),
  });
  for (const { path, source } of templates) {
    try {
      full.add(path, source);
    } catch (error) {
      if (!(error instanceof TemplateSyntaxError)) throw error;
      throw new HelmError(`parse error at (${path}:${error.line}): ${error.message}`);
    }
  }
  const out = new Map<string, string>();
  for (const { path, scope } of templates) {
    if (nameOf(path).startsWith('_')) continue;
    try {
      out.set(path, full.execute(path, scope).replaceAll('<no value>', ''));
    } catch (error) {
      throw error instanceof ExecutionError ? new HelmError(executionMessage(error)) : error;
    }
  }
  return out;
}

/** The words of helm for what failed inside of templates. */
function executionMessage({ frames, message, called, author }: ExecutionError): string {
  if (author) return `execution error at (${frames[0]!.place}): ${message}`;
  const calling = called && called !== 'include' && called !== 'tpl';
  const innermost = frames.at(-1)!;
  if (calling && frames.length === 1)
    return `template: ${innermost.place}: executing ${JSON.stringify(innermost.template)} at <${innermost.source}>: error calling ${called}: ${message}`;
  const steps = frames.map(({ place, template, source }, at) => {
    const last = at === frames.length - 1;
    const why =
      last && !called
        ? message
        : `error calling ${last ? called : /^\w+/.exec(source.replace(/^\{\{/, ''))?.[0]}:`;
    return `${place}\n  executing ${JSON.stringify(template)} at <${source}>:\n    ${why}`;
  });
  return called ? `${steps.join('\n')}\n${message}` : steps.join('\n');
}

function functionsOf({ surroundings }: RenderOptions): FunctionTable {
  return {
    ...STRING_FUNCTIONS,
    ...NUMBER_FUNCTIONS,
    ...COLLECTION_FUNCTIONS,
    ...encodingFunctions(surroundings),
    include: fn(2, () => ''),
    tpl: fn(2, () => ''),
    lookup: fn(4, () => ({})),
    getHostByName: more(1, () => ''),
  };
}

function collect(
  chart: Chart,
  values: GoMap,
  parent: string,
  options: RenderOptions,
  out: { path: string; source: string; scope: GoMap }[],
): TemplateObject | GoMap {
  const { release, capabilities } = options;
  const base = `${parent}${chart.metadata.name}`;
  const scope: GoMap = {
    Chart: chartObject(chart),
    Values: values,
    Files: filesObject(chart.files),
    Release: {
      Name: release.name,
      Namespace: release.namespace,
      Revision: BigInt(release.revision),
      IsInstall: release.isInstall,
      IsUpgrade: !release.isInstall,
      Service: 'Helm',
    },
    Capabilities: capabilitiesObject(capabilities),
    Subcharts: {} as GoMap,
  };
  for (const child of chart.dependencies) {
    const own = values[child.metadata.name];
    (scope['Subcharts'] as GoMap)[child.metadata.name] = collect(
      child,
      isMap(own) ? own : {},
      `${base}/charts/`,
      options,
      out,
    );
  }
  if (chart.metadata.type === 'library') {
    for (const { name, data } of chart.templates)
      if (nameOf(name).startsWith('_')) out.push({ path: `${base}/${name}`, source: decode(data), scope });
    return scope;
  }
  for (const { name, data } of chart.templates) {
    const path = `${base}/${name}`;
    out.push({
      path,
      source: decode(data),
      scope: { ...scope, Template: { Name: path, BasePath: `${base}/templates` } },
    });
  }
  return scope;
}

const capital = (key: string) =>
  key === 'apiVersion' ? 'APIVersion' : key.charAt(0).toUpperCase() + key.slice(1);

function chartObject({ metadata }: Chart): TemplateObject {
  const fields: GoMap = {
    Description: '', AppVersion: '', Type: '', KubeVersion: '', Home: '', Icon: '', Condition: '', Tags: '',
    Keywords: [], Sources: [], Maintainers: [], Annotations: {}, Dependencies: [], Deprecated: false, IsRoot: true,
  }; // prettier-ignore
  for (const [key, value] of Object.entries(metadata))
    fields[capital(key)] =
      Array.isArray(value) && value.every(isMap)
        ? value.map((item) =>
            Object.fromEntries(Object.entries(item).map(([name, inner]) => [capital(name), inner])),
          )
        : value;
  return new TemplateObject(fields, {}, undefined);
}

function capabilitiesObject({ kubeVersion, apiVersions }: Capabilities): TemplateObject {
  const [, major = '', minor = ''] = /^v?(\d+)\.(\d+)/.exec(kubeVersion) ?? [];
  const version = new TemplateObject(
    { Version: kubeVersion, Major: major, Minor: minor, GitVersion: kubeVersion },
    {},
    kubeVersion,
  );
  return new TemplateObject({
    KubeVersion: version,
    APIVersions: new TemplateObject(
      {},
      { Has: (wanted) => apiVersions.has(text(wanted)) },
      `[${[...apiVersions].join(' ')}]`,
    ),
    HelmVersion: { Version: 'v4.1.4', GitCommit: '', GitTreeState: 'clean', GoVersion: 'go1.25.9' },
  });
}

function filesObject(files: readonly ChartFile[]): TemplateObject {
  const contents = (name: unknown) => files.find((file) => file.name === text(name))?.data;
  const byName = (list: readonly ChartFile[]) => [...list].sort((a, b) => (a.name < b.name ? -1 : 1));
  return new TemplateObject(Object.fromEntries(files.map(({ name, data }) => [name, decode(data)])), {
    Get: (name) => decode(contents(name) ?? new Uint8Array(0)),
    GetBytes: (name) => decode(contents(name) ?? new Uint8Array(0)),
    Lines: (name) => {
      const lines = decode(contents(name) ?? new Uint8Array(0)).split('\n');
      return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
    },
    Glob: (pattern) => filesObject(files.filter(({ name }) => glob(text(pattern)).test(name))),
    AsConfig: () =>
      files.length === 0
        ? ''
        : toYaml(Object.fromEntries(byName(files).map(({ name, data }) => [nameOf(name), decode(data)]))),
    AsSecrets: () =>
      files.length === 0
        ? ''
        : toYaml(Object.fromEntries(byName(files).map(({ name, data }) => [nameOf(name), toBase64(data)]))),
  });
}

function glob(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^$()|\\]/g, '\\$&')
    .replace(/\*\*\/?|\*|\?|\{([^}]*)\}/g, (part, inner: string | undefined) => {
      if (inner !== undefined) return `(?:${inner.replaceAll(',', '|')})`;
      if (part === '?') return '[^/]';
      return part.startsWith('**') ? '.*' : '[^/]*';
    });
  return new RegExp(`^${source}$`);
}

export interface Hook {
  name: string;
  kind: string;
  path: string;
  manifest: string;
  events: string[];
  last_run: { started_at?: string; completed_at?: string; phase: string };
  weight?: number;
  delete_policies?: string[];
  output_log_policies?: string[];
}

export interface Manifest {
  path: string;
  content: string;
  kind: string;
  name: string;
}

const INSTALL_ORDER = [
  'PriorityClass', 'Namespace', 'NetworkPolicy', 'ResourceQuota', 'LimitRange', 'PodSecurityPolicy', 'PodDisruptionBudget',
  'ServiceAccount', 'Secret', 'SecretList', 'ConfigMap', 'StorageClass', 'PersistentVolume', 'PersistentVolumeClaim',
  'CustomResourceDefinition', 'ClusterRole', 'ClusterRoleList', 'ClusterRoleBinding', 'ClusterRoleBindingList', 'Role',
  'RoleList', 'RoleBinding', 'RoleBindingList', 'Service', 'DaemonSet', 'Pod', 'ReplicationController', 'ReplicaSet',
  'Deployment', 'HorizontalPodAutoscaler', 'StatefulSet', 'Job', 'CronJob', 'IngressClass', 'Ingress', 'APIService',
  'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration',
]; // prettier-ignore

/** Known kinds in the order of installation, the others behind them by their names. */
export function byInstallOrder<T extends { kind: string }>(items: readonly T[]): T[] {
  const rank = ({ kind }: T) => {
    const at = INSTALL_ORDER.indexOf(kind);
    return at < 0 ? INSTALL_ORDER.length : at;
  };
  return [...items].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (rank(a) === INSTALL_ORDER.length ? (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0) : 0),
  );
}

const EVENTS = new Set([
  'pre-install', 'post-install', 'pre-upgrade', 'post-upgrade', 'pre-delete', 'post-delete', 'pre-rollback',
  'post-rollback', 'test', 'test-success',
]); // prettier-ignore

/** The documents of rendered files, hooks apart. Throws `HelmError` for what is no YAML. */
export function sortManifests(rendered: ReadonlyMap<string, string>): {
  hooks: Hook[];
  manifests: Manifest[];
} {
  const hooks: Hook[] = [];
  const manifests: Manifest[] = [];
  for (const path of [...rendered.keys()].sort()) {
    if (nameOf(path).startsWith('_') || path.endsWith('NOTES.txt')) continue;
    const documents = splitDocuments(rendered.get(path)!);
    for (const content of documents) {
      const head = headOf(path, content);
      const annotations = (head.metadata?.annotations ?? {}) as Record<string, string>;
      const kind = head.kind ?? '';
      const name = head.metadata?.name ?? '';
      const events = annotations['helm.sh/hook'];
      if (events === undefined) {
        manifests.push({ path, content, kind, name });
        continue;
      }
      const list = (key: string) =>
        annotations[key]
          ?.split(',')
          .map((word) => word.trim().toLowerCase())
          .filter(Boolean);
      const known = list('helm.sh/hook')!.filter((event) => EVENTS.has(event));
      if (known.length === 0) continue;
      const weight = Number.parseInt(annotations['helm.sh/hook-weight'] ?? '0', 10) || 0;
      const policies = list('helm.sh/hook-delete-policy');
      const logs = list('helm.sh/hook-output-log-policy');
      hooks.push({
        name,
        kind,
        path,
        manifest: content,
        events: known.map((event) => (event === 'test-success' ? 'test' : event)),
        last_run: { phase: '' },
        ...(weight ? { weight } : {}),
        ...(policies ? { delete_policies: policies } : {}),
        ...(logs ? { output_log_policies: logs } : {}),
      });
    }
  }
  return { hooks: byInstallOrder(hooks), manifests: byInstallOrder(manifests) };
}

/** Documents with something in them; white space around them is gone. */
export const splitDocuments = (source: string): string[] =>
  `\n${source.trim()}`
    .split(/(?:^|\s*\n)---\s*/)
    .filter((document) => document.trim() !== '' && !/^(\s*#.*\n?|\s*\n)*$/.test(document))
    .map((document) => document.replace(/^\n/, ''));

interface Head {
  apiVersion?: string;
  kind?: string;
  metadata?: { name?: string; annotations?: unknown };
}

function headOf(path: string, content: string): Head {
  let value: unknown;
  try {
    value = parseYaml(content);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new HelmError(`YAML parse error on ${path}: error converting YAML to JSON: ${error.message}`);
  }
  if (isMap(value)) return value as Head;
  const type = Array.isArray(value) ? 'array' : typeof value;
  throw new HelmError(
    `YAML parse error on ${path}: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type util.SimpleHead`,
  );
}

/** What is stored and printed: every manifest with the file that it is from. */
export const manifestText = (manifests: readonly { path: string; content: string }[]): string =>
  manifests.map(({ path, content }) => `---\n# Source: ${path}\n${content}\n`).join('');
