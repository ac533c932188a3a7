/**
 * Releases where helm keeps them: a Secret `sh.helm.release.v1.NAME.vN` for each revision, with the release as
 * base64 of gzip of JSON (helm 4, `pkg/storage/driver`). Real helm reads what is written here, and the other way
 * round. Left out: the ConfigMap, SQL and memory drivers.
 */
import { fromBase64, toBase64 } from '../../../core/base64.ts';
import { decode, encode } from '../../../core/bytes.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import { gunzip, gzip } from '../compression.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import { HelmError, type Chart, type ChartFile, type ChartMetadata } from './chart.ts';
import type { Hook } from './rendering.ts';
import type { GoMap } from '../../go-template/values.ts';

interface StoredFile {
  name: string;
  data: string;
}

export interface StoredChart {
  metadata: ChartMetadata;
  lock: null;
  templates: StoredFile[];
  values: GoMap;
  schema: string | null;
  files: StoredFile[];
}

export type ReleaseStatus =
  | 'deployed' | 'superseded' | 'failed' | 'uninstalled' | 'uninstalling' | 'pending-install' | 'pending-upgrade'
  | 'pending-rollback' | 'unknown'; // prettier-ignore

export interface Release {
  name: string;
  info: {
    first_deployed: string;
    last_deployed: string;
    deleted?: string;
    description: string;
    status: ReleaseStatus;
    notes?: string;
  };
  chart: StoredChart;
  config: GoMap;
  manifest: string;
  hooks: Hook[];
  version: number;
  namespace: string;
  apply_method: string;
  /** Those of its Secret: helm's own and those of --labels. They are not in the stored release. */
  labels?: Record<string, string>;
}

/** Labels of a release's Secret that nobody may choose. */
const SYSTEM_LABELS = ['name', 'owner', 'status', 'version', 'createdAt', 'modifiedAt'];

/** `--labels a=b,c=d` over the labels of the last revision; `a=null` takes one away. */
export function releaseLabels(
  texts: readonly string[],
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const labels = Object.fromEntries(Object.entries(before).filter(([key]) => !SYSTEM_LABELS.includes(key)));
  for (const text of texts) {
    const equals = text.indexOf('=');
    const key = equals < 0 ? text : text.slice(0, equals);
    if (SYSTEM_LABELS.includes(key))
      throw new HelmError(
        `user supplied labels contains system reserved label name. System labels: [${SYSTEM_LABELS.join(' ')}]`,
      );
    if (text.slice(equals + 1) === 'null') delete labels[key];
    else labels[key] = equals < 0 ? '' : text.slice(equals + 1);
  }
  return labels;
}

const stored = (files: readonly ChartFile[]): StoredFile[] =>
  files.map(({ name, data }) => ({ name, data: toBase64(data) }));

export const storedChart = ({ metadata, templates, values, schema, files }: Chart): StoredChart => ({
  metadata,
  lock: null,
  templates: stored(templates),
  values,
  schema: schema ? toBase64(schema) : null,
  files: stored(files),
});

/** RFC 3339, as Go writes times into JSON. */
export const timestamp = (epochMs: number): string => new Date(epochMs).toISOString().replace(/\.?0*Z$/, 'Z');

/** Whole numbers of templates and of `--set` are numbers of JSON. */
const releaseJson = (release: Release): string =>
  JSON.stringify({ ...release, labels: undefined }, (_, value: unknown) =>
    typeof value === 'bigint' ? Number(value) : value,
  );

export class ReleaseStore {
  readonly #invocation: Invocation;
  readonly #namespace: string;

  /** @param namespace empty for all. */
  constructor(invocation: Invocation, namespace = invocation.namespace.namespace) {
    this.#invocation = invocation;
    this.#namespace = namespace;
  }

  #path(namespace: string, name = ''): string {
    const space = namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
    return `/api/v1${space}/secrets${name ? `/${name}` : ''}`;
  }

  /** Every revision, or those of one name, oldest first. */
  async list(name?: string, selector = ''): Promise<Release[]> {
    const labelSelector = [
      'owner=helm',
      ...(name ? [`name=${name}`] : []),
      ...(selector ? [selector] : []),
    ].join(',');
    const { items } = await this.#invocation.api.get(this.#path(this.#namespace), { labelSelector });
    const releases: Release[] = [];
    for (const { type, data, metadata } of items)
      if (type === 'helm.sh/release.v1')
        releases.push({ ...(await this.#decode(data.release)), labels: metadata.labels ?? {} });
    return releases.sort((a, b) => a.version - b.version);
  }

  /** The newest revision, or `version`. */
  async get(name: string, version = 0): Promise<Release> {
    checkName(name);
    const all = await this.list(name);
    const found = version > 0 ? all.find((release) => release.version === version) : all.at(-1);
    if (!found) throw new HelmError('release: not found');
    return found;
  }

  async create(release: Release): Promise<void> {
    await this.#invocation.api.request('POST', this.#path(this.#namespace), {
      body: await this.#secret(release, 'createdAt'),
    });
  }

  async update(release: Release): Promise<void> {
    const secret = await this.#secret(release, 'modifiedAt');
    await this.#invocation.api.request('PUT', this.#path(this.#namespace, secret.metadata.name), {
      body: secret,
    });
  }

  async delete(release: Release): Promise<void> {
    try {
      await this.#invocation.api.request('DELETE', this.#path(this.#namespace, secretName(release)));
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
    }
  }

  async #secret(release: Release, stamp: 'createdAt' | 'modifiedAt') {
    const packed = await gzip(this.#invocation.process, encode(releaseJson(release)));
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: secretName(release),
        namespace: this.#namespace,
        labels: {
          ...releaseLabels([], release.labels),
          [stamp]: String(Math.floor(this.#invocation.now() / 1000)),
          name: release.name,
          owner: 'helm',
          status: release.info.status,
          version: String(release.version),
        },
      },
      type: 'helm.sh/release.v1',
      data: { release: btoa(toBase64(packed)) },
    };
  }

  async #decode(data: string): Promise<Release> {
    const packed = fromBase64(atob(data));
    const text = await gunzip(this.#invocation.process, packed);
    if (!text) throw new HelmError('a Secret of a release holds no gzip: it was not written by helm');
    const release = JSON.parse(decode(text)) as Release;
    release.hooks ??= [];
    release.config ??= {};
    return release;
  }
}

const secretName = ({ name, version }: Release) => `sh.helm.release.v1.${name}.v${version}`;

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export function checkName(name: string): void {
  if (!NAME.test(name) || name.length > 53)
    throw new HelmError(
      `release name is invalid: ${name}: invalid release name, must match regex ${NAME.source} and the length must not be longer than 53`,
    );
}
