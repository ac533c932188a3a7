/**
 * A container's environment: `makeEnvironmentVariables` of pkg/kubelet/kubelet_pods.go. In order: the
 * Services of the namespace, `envFrom`, `env` with `$(NAME)` of what came before.
 */
import { decode } from '../../core/bytes.ts';
import { byNamespace, type Informer } from '../client/informer.ts';
import type { Container, EnvVar, FileKeySelector, Pod, Service } from '../client/kinds.ts';
import { fromBase64 } from '../../core/base64.ts';
import { ConfigError } from './container-errors.ts';
import { fieldValue, resourceValue, type PodPlace } from './downward-api.ts';
import { expand } from './expansion.ts';
import type { ReferencedObjects } from './referenced-objects.ts';
import type { MountedVolume } from './volumes.ts';

/** Namespace whose `kubernetes` Service every pod learns of. */
const MASTER_NAMESPACE = 'default';
const ENVIRONMENT_NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

export interface EnvironmentSources {
  objects: ReferencedObjects;
  services: Informer<Service>;
  allocatable: Readonly<Record<string, string | number>>;
  /** Says which keys of `envFrom` were left out. */
  onInvalidNames(source: string, names: string[]): void;
}

export class Environment {
  readonly #sources: EnvironmentSources;

  constructor(sources: EnvironmentSources) {
    this.#sources = sources;
    sources.services.addIndex('namespace', byNamespace);
  }

  /** Resolves with the variables in order. Rejects with `ConfigError`. */
  async of(
    pod: Pod,
    container: Container,
    place: PodPlace,
    volumes: ReadonlyMap<string, MountedVolume>,
  ): Promise<Record<string, string>> {
    const services = this.#serviceVariables(pod);
    if (!container.env?.length && !container.envFrom?.length) return services;
    const out: Record<string, string> = {};
    for (const source of container.envFrom ?? []) await this.#addAll(out, pod, source);
    for (const variable of container.env ?? []) {
      const value = variable.valueFrom?.fileKeyRef
        ? fileValue(variable.valueFrom.fileKeyRef, volumes)
        : await this.#value(variable, { ...services, ...out }, pod, container, place);
      if (value !== undefined) out[variable.name] = value;
    }
    // What the pod says wins over what its Services say.
    return { ...services, ...out };
  }

  async #addAll(
    out: Record<string, string>,
    pod: Pod,
    source: NonNullable<Container['envFrom']>[number],
  ): Promise<void> {
    const namespace = pod.metadata.namespace!;
    const { configMapRef, secretRef, prefix = '' } = source;
    let data: Record<string, string> | undefined;
    let label: string;
    if (configMapRef) {
      const name = configMapRef.name ?? '';
      label = `configMap ${namespace}/${name}`;
      const found = await this.#sources.objects.configMap(namespace, name);
      if (!found && !configMapRef.optional) throw new ConfigError(`configmap "${name}" not found`);
      data = found?.data;
    } else {
      const name = secretRef?.name ?? '';
      label = `secret ${namespace}/${name}`;
      const found = await this.#sources.objects.secret(namespace, name);
      if (!found && !secretRef?.optional) throw new ConfigError(`secret "${name}" not found`);
      data = found?.data && decoded(found.data);
    }
    const invalid: string[] = [];
    for (const key of Object.keys(data ?? {}).sort()) {
      if (ENVIRONMENT_NAME.test(prefix + key)) out[prefix + key] = data![key]!;
      else invalid.push(prefix + key);
    }
    if (invalid.length > 0) this.#sources.onInvalidNames(label, invalid);
  }

  async #value(
    variable: EnvVar,
    before: Record<string, string>,
    pod: Pod,
    container: Container,
    place: PodPlace,
  ): Promise<string | undefined> {
    const from = variable.valueFrom;
    if (!from) return expand(variable.value ?? '', before);
    const namespace = pod.metadata.namespace!;
    if (from.fieldRef) return fieldValue(pod, place, from.fieldRef.fieldPath);
    if (from.resourceFieldRef) {
      const { containerName } = from.resourceFieldRef;
      const other = containerName && pod.spec.containers.find(({ name }) => name === containerName);
      return resourceValue(other || container, from.resourceFieldRef, this.#sources.allocatable);
    }
    if (from.configMapKeyRef) {
      const { name = '', key, optional } = from.configMapKeyRef;
      const configMap = await this.#sources.objects.configMap(namespace, name);
      const value = configMap?.data?.[key];
      if (value !== undefined || optional) return value;
      if (!configMap) throw new ConfigError(`configmap "${name}" not found`);
      throw new ConfigError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    }
    if (from.secretKeyRef) {
      const { name = '', key, optional } = from.secretKeyRef;
      const secret = await this.#sources.objects.secret(namespace, name);
      const value = secret?.data?.[key];
      if (value !== undefined) return decode(fromBase64(value));
      if (optional) return undefined;
      if (!secret) throw new ConfigError(`secret "${name}" not found`);
      throw new ConfigError(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    }
    return undefined;
  }

  /** Docker-link variables of the Services that are there now, and `KUBERNETES_*` always. */
  #serviceVariables(pod: Pod): Record<string, string> {
    const { services } = this.#sources;
    const out: Record<string, string> = {};
    const { namespace } = pod.metadata;
    const master = services.get(`${MASTER_NAMESPACE}/kubernetes`);
    if (master) Object.assign(out, variablesOf(master));
    if (pod.spec.enableServiceLinks === false) return out;
    for (const service of services.indexed('namespace', namespace!)) Object.assign(out, variablesOf(service));
    return out;
  }
}

/** A variable of an env file that another container has written into an emptyDir (`fileKeyRef`). */
function fileValue(
  { path, volumeName, key, optional }: FileKeySelector,
  volumes: ReadonlyMap<string, MountedVolume>,
): string | undefined {
  const files = volumes.get(volumeName)?.files;
  if (!files) throw new ConfigError(`cannot find the volume "${volumeName}" referenced by FileKeyRef`);
  let text: string;
  try {
    text = decode(files.readFile(`/${path}`));
  } catch {
    if (optional) return undefined;
    throw new ConfigError(`couldn't parse env file: open ${path}: no such file or directory`);
  }
  for (const line of text.split('\n')) {
    const match = /^\s*([^#=\s][^=]*?)\s*=\s*'?(.*?)'?\s*$/.exec(line);
    if (match?.[1] === key) return match[2];
  }
  if (optional) return undefined;
  throw new ConfigError(`environment variable key "${key}" not found in file "${path}"`);
}

/** Every container of a namespace is told the same. */
const known = new WeakMap<Service, Record<string, string>>();

/** `pkg/kubelet/envvars`: `WEB_SERVICE_HOST`, `WEB_PORT_80_TCP_ADDR` and their kin. */
function variablesOf(service: Service): Record<string, string> {
  const before = known.get(service);
  if (before) return before;
  const out: Record<string, string> = {};
  known.set(service, out);
  const { metadata, spec } = service;
  const address = spec.clusterIP;
  const [first, ...others] = spec.ports ?? [];
  if (!address || address === 'None' || !first) return out;
  const prefix = metadata.name!.toUpperCase().replaceAll('-', '_');
  out[`${prefix}_SERVICE_HOST`] = address;
  out[`${prefix}_SERVICE_PORT`] = String(first.port);
  for (const port of [first, ...others]) {
    if (port.name)
      out[`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`] = String(port.port);
  }
  for (const port of [first, ...others]) {
    const protocol = port.protocol ?? 'TCP';
    const url = `${protocol.toLowerCase()}://${address}:${port.port}`;
    if (port === first) out[`${prefix}_PORT`] = url;
    const link = `${prefix}_PORT_${port.port}_${protocol}`;
    out[link] = url;
    out[`${link}_PROTO`] = protocol.toLowerCase();
    out[`${link}_PORT`] = String(port.port);
    out[`${link}_ADDR`] = address;
  }
  return out;
}

function decoded(data: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decode(fromBase64(value))]));
}
