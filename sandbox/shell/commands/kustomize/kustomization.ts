/**
 * `kustomization.yaml`, kustomize 5.7. Left out, each refused with its reason: what runs other programs or
 * fetches from elsewhere (plugins in `generators`, `transformers` and `validators`, `helmCharts`), custom field
 * tables (`configurations`, `crds`, `openapi`) and `vars`, which `replacements` have replaced.
 */
import { parseYaml, YamlError } from '../kubectl/manifest.ts';
import { KustomizeError } from './resource.ts';

export interface GeneratorOptions {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  disableNameSuffixHash?: boolean;
  immutable?: boolean;
}

export interface Generator {
  name: string;
  namespace?: string;
  behavior?: 'create' | 'merge' | 'replace';
  literals?: string[];
  files?: string[];
  envs?: string[];
  env?: string;
  /** Of a Secret. */
  type?: string;
  options?: GeneratorOptions;
}

/** What a patch or a replacement applies to. Texts of patch targets are regular expressions. */
export interface Selector {
  group?: string;
  version?: string;
  kind?: string;
  name?: string;
  namespace?: string;
  labelSelector?: string;
  annotationSelector?: string;
}

export interface Patch {
  path?: string;
  patch?: string;
  target?: Selector;
  options?: { allowNameChange?: boolean; allowKindChange?: boolean };
}

export interface FieldOptions {
  delimiter?: string;
  index?: number;
  create?: boolean;
}

export interface Replacement {
  path?: string;
  source?: Selector & { fieldPath?: string; options?: FieldOptions };
  targets?: { select: Selector; reject?: Selector[]; fieldPaths?: string[]; options?: FieldOptions }[];
}

export interface Kustomization {
  apiVersion?: string;
  kind?: string;
  metadata?: unknown;
  resources?: string[];
  bases?: string[];
  components?: string[];
  namePrefix?: string;
  nameSuffix?: string;
  namespace?: string;
  commonLabels?: Record<string, string>;
  labels?: {
    pairs?: Record<string, string>;
    includeSelectors?: boolean;
    includeTemplates?: boolean;
  }[];
  commonAnnotations?: Record<string, string>;
  images?: { name: string; newName?: string; newTag?: string; digest?: string }[];
  replicas?: { name: string; count: number }[];
  patches?: Patch[];
  patchesStrategicMerge?: string[];
  patchesJson6902?: Patch[];
  configMapGenerator?: Generator[];
  secretGenerator?: Generator[];
  generatorOptions?: GeneratorOptions;
  replacements?: Replacement[];
  buildMetadata?: string[];
  sortOptions?: { order?: 'legacy' | 'fifo' };
}

const STRING_LISTS = ['resources', 'bases', 'components', 'patchesStrategicMerge', 'buildMetadata'] as const;
const LISTS = [
  'labels', 'images', 'replicas', 'patches', 'patchesJson6902', 'configMapGenerator', 'secretGenerator',
  'replacements',
] as const; // prettier-ignore
const OTHERS = [
  'apiVersion', 'kind', 'metadata', 'namePrefix', 'nameSuffix', 'namespace', 'commonLabels', 'commonAnnotations',
  'generatorOptions', 'sortOptions',
] as const; // prettier-ignore
const KNOWN: ReadonlySet<string> = new Set([...STRING_LISTS, ...LISTS, ...OTHERS]);

const REFUSED: Readonly<Record<string, string>> = {
  generators: 'plugins run other programs, which this terminal does not have',
  transformers: 'plugins run other programs, which this terminal does not have',
  validators: 'plugins run other programs, which this terminal does not have',
  helmCharts: 'charts would be fetched from a repository; render them with helm template',
  helmGlobals: 'charts would be fetched from a repository; render them with helm template',
  helmChartInflationGenerator: 'charts would be fetched from a repository; render them with helm template',
  configurations: 'the table of fields is built in',
  crds: 'the table of fields is built in',
  openapi: 'the schema of the built-in kinds is used',
  vars: 'they are deprecated; use replacements',
};

const DEPRECATED: Readonly<Record<string, string>> = {
  bases: 'resources',
  commonLabels: 'labels',
  patchesJson6902: 'patches',
  patchesStrategicMerge: 'patches',
};

/** @param warn told of every field that is deprecated. */
export function parseKustomization(text: string, warn: (line: string) => void): Kustomization {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new KustomizeError(`invalid Kustomization: error converting YAML to JSON: ${error.message}`);
  }
  if (value === undefined || value === null) throw new KustomizeError('kustomization.yaml is empty');
  if (typeof value !== 'object' || Array.isArray(value))
    throw new KustomizeError(
      `invalid Kustomization: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type types.Kustomization`,
    );
  for (const [key, field] of Object.entries(value)) {
    if (REFUSED[key]) throw new KustomizeError(`${key} cannot be used in this terminal: ${REFUSED[key]}`);
    if (!KNOWN.has(key))
      throw new KustomizeError(`invalid Kustomization: json: unknown field ${JSON.stringify(key)}`);
    if (([...STRING_LISTS, ...LISTS] as string[]).includes(key) && field !== null && !Array.isArray(field)) {
      const type = (STRING_LISTS as readonly string[]).includes(key) ? '[]string' : `[]types.${key}`;
      throw new KustomizeError(
        `invalid Kustomization: json: cannot unmarshal ${typeof field} into Go struct field Kustomization.${key} of type ${type}`,
      );
    }
  }
  for (const key of Object.keys(DEPRECATED))
    if (Object.hasOwn(value, key))
      warn(
        `# Warning: '${key}' is deprecated. Please use '${DEPRECATED[key]}' instead. Run 'kustomize edit fix' to update your Kustomization automatically.`,
      );
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null)) as Kustomization;
}
