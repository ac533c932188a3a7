/**
 * `kustomize build` (5.7, as kubectl 1.35 has it): resources of a directory and of those it names, changed by
 * each kustomization in kustomize's order: patches, namespace, names, labels, annotations, JSON patches,
 * replicas, images, replacements; at the end hashes and references. Left out: resources from URLs, which are
 * refused, and origin annotations (`buildMetadata`).
 */
import { decode } from '../../../core/bytes.ts';
import { Errno } from '../../../os/errno.ts';
import type { FileSystem } from '../../../os/file-system.ts';
import { joinPath, resolvePath } from '../../../os/path.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { yamlDocuments } from './documents.ts';
import { ANNOTATIONS, METADATA_LABELS, SELECTOR_LABELS, setEntries, TEMPLATE_LABELS } from './fields.ts';
import { generate, type ReadFile } from './generators.ts';
import { setImages } from './images.ts';
import { parseKustomization, type Generator, type Kustomization, type Patch } from './kustomization.ts';
import { nameHash } from './name-hash.ts';
import { fixNameReferences } from './name-references.ts';
import { inLegacyOrder } from './order.ts';
import { applyPatch } from './patches.ts';
import { applyReplacement } from './replacements.ts';
import { idOf, isNamespaced, KustomizeError, rename, resourceOf, type Resource } from './resource.ts';

const NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** Their names are told to the whole cluster: prefixes would break what relies on them. */
const KEEP_NAME = new Set(['CustomResourceDefinition', 'APIService', 'Namespace']);
const REPLICATED = ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'];

export interface BuildOptions {
  files: FileSystem;
  /** Directory of the kustomization as it was typed, and the working directory that it is relative to. */
  path: string;
  directory: string;
  warn: (line: string) => void;
  /** Files from outside a kustomization's directory may be read. */
  unrestricted?: boolean;
}

/** The objects in the order in which they are printed. Throws `KustomizeError`. */
export function build(options: BuildOptions): KubernetesObject[] {
  const { path, directory } = options;
  if (/^https?:\/\/|^git@|^github\.com\//.test(path))
    throw new KustomizeError(
      `${path}: this terminal does not fetch kustomizations; clone the repository and name its directory`,
    );
  const builder = new Builder(options);
  const root = resolvePath(directory, path);
  if (!builder.isDirectory(root))
    throw new KustomizeError(
      builder.exists(root)
        ? `must build at directory: '${root}': file is not directory`
        : `must build at directory: not a valid directory: evalsymlink failure on '${path}' : lstat ${root}: no such file or directory`,
    );
  const { resources, kustomization } = builder.accumulate(root, [], []);
  for (const resource of resources) {
    if (!resource.needsHash) continue;
    resource.object.metadata.name = `${resource.object.metadata.name}-${nameHash(resource.object)}`;
  }
  fixNameReferences(resources);
  const objects = resources.map(({ object }) => object);
  return kustomization.sortOptions?.order === 'fifo' ? objects : inLegacyOrder(objects);
}

class Builder {
  readonly #options: BuildOptions;
  constructor(options: BuildOptions) {
    this.#options = options;
  }

  isDirectory(path: string): boolean {
    return this.#kind(path) === 'directory';
  }

  exists(path: string): boolean {
    return this.#kind(path) !== undefined;
  }

  #kind(path: string): string | undefined {
    try {
      return this.#options.files.stat(path).kind;
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      return undefined;
    }
  }

  /**
   * The resources of the kustomization in `root`.
   * @param given what a component changes; empty for others.
   * @param above directories on the way here, to find cycles.
   */
  accumulate(
    root: string,
    given: Resource[],
    above: readonly string[],
  ): { resources: Resource[]; kustomization: Kustomization } {
    if (above.includes(root)) throw new KustomizeError(`cycle detected: ${[...above, root].join(' -> ')}`);
    const kustomization = this.#read(root);
    const way = [...above, root];
    let resources = [...given];
    const add = (more: readonly Resource[], path: string) => {
      for (const resource of more) {
        const id = idOf(resource.object);
        if (resources.some(({ object }) => idOf(object) === id))
          throw new KustomizeError(
            `accumulating resources: accumulation err='merging resources from '${path}': may not add resource with an already registered id: ${id}': must build at directory: '${resolvePath(root, path)}': file is not directory`,
          );
        resources.push(resource);
      }
    };
    for (const path of [...(kustomization.resources ?? []), ...(kustomization.bases ?? [])])
      add(this.#resourcesOf(root, path, way), path);
    for (const path of kustomization.components ?? [])
      resources = this.accumulate(resolvePath(root, path), resources, way).resources;
    const read: ReadFile = (path) => this.#file(root, path);
    for (const generator of kustomization.configMapGenerator ?? [])
      this.#generate('ConfigMap', generator, kustomization, resources, read);
    for (const generator of kustomization.secretGenerator ?? [])
      this.#generate('Secret', generator, kustomization, resources, read);
    return { resources: this.#transform(root, kustomization, resources), kustomization };
  }

  #read(root: string): Kustomization {
    const present = NAMES.filter((name) => this.exists(joinPath(root, name)));
    if (present.length === 0)
      throw new KustomizeError(
        `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${root}'`,
      );
    if (present.length > 1) throw new KustomizeError(`Found multiple kustomization files under: ${root}`);
    return parseKustomization(
      decode(this.#options.files.readFile(joinPath(root, present[0]!))),
      this.#options.warn,
    );
  }

  #resourcesOf(root: string, path: string, way: readonly string[]): Resource[] {
    const full = resolvePath(root, path);
    if (/^https?:\/\/|^git@/.test(path))
      throw new KustomizeError(
        `accumulating resources: ${path}: this terminal does not fetch resources from URLs`,
      );
    if (!this.exists(full)) {
      const missing = `evalsymlink failure on '${full}' : lstat ${full}: no such file or directory`;
      throw new KustomizeError(
        `accumulating resources: accumulation err='accumulating resources from '${path}': ${missing}': must build at directory: not a valid directory: ${missing}`,
      );
    }
    if (this.isDirectory(full)) return this.accumulate(full, [], way).resources;
    if (!this.#allowed(root, full))
      throw new KustomizeError(
        `accumulating resources: accumulation err='accumulating resources from '${path}': security; file '${full}' is not in or below '${root}'': must build at directory: '${full}': file is not directory`,
      );
    return (yamlDocuments(decode(this.#options.files.readFile(full))) as KubernetesObject[]).map((object) => {
      if (typeof object !== 'object' || !object.kind)
        throw new KustomizeError(
          `accumulating resources: accumulation err='accumulating resources from '${path}': invalid Kubernetes object: missing kind': must build at directory: '${full}': file is not directory`,
        );
      object.metadata ??= {};
      return resourceOf(object);
    });
  }

  #allowed(root: string, full: string): boolean {
    return this.#options.unrestricted === true || full.startsWith(root === '/' ? '/' : `${root}/`);
  }

  #file(root: string, path: string): Uint8Array {
    const full = resolvePath(root, path);
    if (!this.exists(full))
      throw new KustomizeError(`evalsymlink failure on '${full}' : lstat ${full}: no such file or directory`);
    if (!this.#allowed(root, full))
      throw new KustomizeError(`security; file '${full}' is not in or below '${root}'`);
    return this.#options.files.readFile(full);
  }

  #generate(
    kind: 'ConfigMap' | 'Secret',
    generator: Generator,
    { generatorOptions }: Kustomization,
    resources: Resource[],
    read: ReadFile,
  ): void {
    const { object, needsHash } = generate(kind, generator, generatorOptions, read);
    const { behavior = 'create', name, namespace = '' } = generator;
    const existing = resources.find(
      (each) =>
        each.object.kind === kind &&
        each.names.includes(name) &&
        (!namespace || each.namespaces.includes(namespace)),
    );
    if (behavior === 'create') {
      if (existing)
        throw new KustomizeError(`may not add resource with an already registered id: ${idOf(object)}`);
      resources.push(resourceOf(object, needsHash));
      return;
    }
    if (!existing)
      throw new KustomizeError(
        `merging from generator: id ${idOf(object)} does not exist; cannot merge or replace`,
      );
    const old = existing.object;
    const { labels, annotations } = object.metadata;
    if (labels) old.metadata.labels = { ...old.metadata.labels, ...labels };
    if (annotations) old.metadata.annotations = { ...old.metadata.annotations, ...annotations };
    for (const field of ['data', 'binaryData'] as const) {
      const next = behavior === 'merge' ? { ...old[field], ...object[field] } : object[field];
      if (next && Object.keys(next).length > 0) old[field] = next;
      else delete old[field];
    }
    if (object.immutable) old.immutable = true;
    existing.needsHash ||= needsHash;
  }

  #transform(root: string, kustomization: Kustomization, given: Resource[]): Resource[] {
    let resources = given;
    const text = (patch: Patch) => {
      if ((patch.patch === undefined) === (patch.path === undefined))
        throw new KustomizeError('must specify one of patch and path in patchesTransformer');
      return patch.patch ?? decode(this.#file(root, patch.path!));
    };
    for (const entry of kustomization.patchesStrategicMerge ?? []) {
      const inline = entry.includes('\n') || entry.includes('{');
      resources = applyPatch(resources, {}, inline ? entry : decode(this.#file(root, entry)));
    }
    for (const patch of kustomization.patches ?? []) resources = applyPatch(resources, patch, text(patch));
    if (kustomization.namespace) setNamespace(resources, kustomization.namespace);
    const { namePrefix = '', nameSuffix = '' } = kustomization;
    if (namePrefix || nameSuffix)
      for (const resource of resources)
        if (!KEEP_NAME.has(resource.object.kind!))
          rename(resource, `${namePrefix}${resource.object.metadata.name}${nameSuffix}`);
    setLabels(resources, kustomization);
    if (kustomization.commonAnnotations)
      for (const { object } of resources) setEntries(object, ANNOTATIONS, kustomization.commonAnnotations);
    for (const patch of kustomization.patchesJson6902 ?? [])
      resources = applyPatch(resources, patch, text(patch));
    for (const { name, count } of kustomization.replicas ?? []) setReplicas(resources, name, count);
    for (const image of kustomization.images ?? [])
      for (const { object } of resources) setImages(object, image);
    for (const replacement of kustomization.replacements ?? [])
      for (const each of replacement.path
        ? (yamlDocuments(decode(this.#file(root, replacement.path))).flat() as (typeof replacement)[])
        : [replacement])
        applyReplacement(resources, each);
    return resources;
  }
}

function setNamespace(resources: readonly Resource[], namespace: string): void {
  for (const resource of resources) {
    const { object, namespaces } = resource;
    for (const subject of object.kind?.endsWith('RoleBinding') ? (object.subjects ?? []) : [])
      if (subject.kind === 'ServiceAccount' && subject.name === 'default') subject.namespace = namespace;
    if (!isNamespaced(object.kind!)) continue;
    object.metadata.namespace = namespace;
    if (namespaces.at(-1) !== namespace) namespaces.push(namespace);
  }
}

function setLabels(resources: readonly Resource[], { labels = [], commonLabels }: Kustomization): void {
  const sets = [...labels, ...(commonLabels ? [{ pairs: commonLabels, includeSelectors: true }] : [])];
  for (const { pairs = {}, includeSelectors, includeTemplates } of sets)
    for (const { object } of resources)
      setEntries(
        object,
        [
          ...METADATA_LABELS,
          ...(includeSelectors || includeTemplates ? TEMPLATE_LABELS : []),
          ...(includeSelectors ? SELECTOR_LABELS : []),
        ],
        pairs,
      );
}

function setReplicas(resources: readonly Resource[], name: string, count: number): void {
  const found = resources.filter(
    ({ object, names }) => REPLICATED.includes(object.kind!) && names.includes(name),
  );
  if (found.length === 0)
    throw new KustomizeError(
      `resource with name ${name} does not match a config with the following GVK [Deployment.[noVer].[noGrp] StatefulSet.[noVer].[noGrp] ReplicaSet.[noVer].[noGrp] ReplicationController.[noVer].[noGrp]]`,
    );
  for (const { object } of found) (object.spec ??= {}).replicas = count;
}
