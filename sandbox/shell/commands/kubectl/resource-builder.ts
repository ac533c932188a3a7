/**
 * From arguments to resources (cli-runtime `resource.Builder`): `pods`, `pod a b`, `deploy,svc`, `pod/a svc/b`,
 * `-f FILE`, `-l SELECTOR`, `--all`. The result is the objects (or, for lists that are printed, whole Tables) in
 * the order in which kubectl would visit them, and the errors met on the way. Left out: URLs.
 */
import { Errno } from '../../../os/errno.ts';
import { readWholeText } from '../../../os/open.ts';
import { parseSelector, SelectorError } from '../../../cluster/api/labels.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import type { Query } from './api.ts';
import { Discovery, mappingFor, mappingOf, NoKindMatch, resourcePath, type Mapping } from './discovery.ts';
import { CommandError, lowerFirst, throwAll, withContext } from './errors.ts';
import type { Invocation } from './invocation.ts';
import { readManifest } from './manifest.ts';
import { toCompactJson } from './printers/json.ts';

/** One thing to work on. */
export interface Info {
  mapping: Mapping;
  /** Empty for cluster-scoped resources and lists over all namespaces. */
  namespace: string;
  /** Empty for a list. */
  name: string;
  /** File the object came from, or empty. */
  source: string;
  /** The object, list or Table; undefined when it was not asked for. */
  object: any;
}

export interface Selection {
  args?: readonly string[];
  filenames?: readonly string[];
  recursive?: boolean;
  /** The one filename is the directory of a kustomization. */
  kustomize?: boolean;
  labelSelector?: string;
  fieldSelector?: string;
  /** `--all`: every object of the types. */
  all?: boolean;
  allNamespaces?: boolean;
  /** Objects of files are fetched from the server. */
  latest?: boolean;
  /** Go on after an error; all are reported at the end. */
  continueOnError?: boolean;
  /** Do not take a type without a name or selector for all of them. */
  requireName?: boolean;
  singleResourceType?: boolean;
  subresource?: string;
  /** Accept header and query of gets and lists; lists and Tables are then left whole. */
  request?: { accept?: string; query?: Query };
  /** False: a named resource is not fetched. */
  fetch?: boolean;
  /** Objects of files without apiVersion or kind are reported as validation does. */
  validate?: boolean;
  /** Lists stay one object each instead of their items. */
  wholeLists?: boolean;
  /** Never talks to the server (`--local`). */
  local?: boolean;
}

export interface Result {
  infos: Info[];
  errors: Error[];
  /** One object was named, so that a failure concerns it alone. */
  singleItemImplied: boolean;
  /** Objects were named; false for lists. */
  targetsSingleItems: boolean;
}

export async function find(invocation: Invocation, selection: Selection): Promise<Result> {
  return new ResourceBuilder(invocation, selection).resolve();
}

/** `find`, with errors thrown. */
export async function findAll(invocation: Invocation, selection: Selection): Promise<Info[]> {
  const { infos, errors } = await find(invocation, selection);
  throwAll(errors);
  return infos;
}

const MUST_SPECIFY = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

const MULTIPLE_TYPES = 'you may only specify a single resource type';

class ResourceBuilder {
  readonly #invocation: Invocation;
  readonly #selection: Selection;
  readonly #infos: Info[] = [];
  readonly #errors: Error[] = [];
  readonly #namespace: string;
  readonly #explicitNamespace: boolean;

  constructor(invocation: Invocation, selection: Selection) {
    this.#invocation = invocation;
    this.#selection = selection;
    const { namespace, explicit } = invocation.namespace;
    this.#namespace = selection.allNamespaces ? '' : namespace;
    this.#explicitNamespace = explicit && !selection.allNamespaces;
  }

  async resolve(): Promise<Result> {
    const { filenames = [], all, labelSelector = '', fieldSelector = '' } = this.#selection;
    const args = normalize(this.#selection.args ?? []);
    const combined = isCombined(args);
    if (filenames.length > 0) {
      if (combined)
        throw new CommandError('resource/name arguments cannot be provided when a path is specified');
      if (args.length > 1) throw new CommandError('name cannot be provided when a path is specified');
      if (args.length > 0)
        throw new CommandError(
          'when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well',
        );
      return this.#selection.kustomize ? this.#byKustomization(filenames[0]!) : this.#byPath(filenames);
    }
    const hasSelector = labelSelector.trim() !== '' || fieldSelector.trim() !== '' || all;
    if (combined) {
      if (hasSelector)
        throw new CommandError(
          'selectors and the all flag cannot be used when passing resource/name arguments',
        );
      return this.#byTuple(args.map(splitTuple));
    }
    const [types, ...names] = args;
    if (hasSelector || (types && names.length === 0 && !this.#selection.requireName)) {
      if (all && (labelSelector || fieldSelector))
        throw new CommandError("setting 'all' parameter but found a non empty selector. ");
      if (names.length > 0) throw new CommandError('name cannot be provided when a selector is specified');
      if (!types) throw new CommandError('at least one resource must be specified to use a selector');
      return this.#bySelector(await this.#expand(types));
    }
    if (names.length > 0)
      return this.#byTuple(
        names.map((name) => [types!, name] as const),
        true,
      );
    if (types) {
      for (const type of await this.#expand(types)) await mappingFor(this.#invocation.api, type);
      throw new CommandError('resource(s) were provided, but no name was specified');
    }
    throw new CommandError(MUST_SPECIFY);
  }

  #result(singleItemImplied: boolean, targetsSingleItems: boolean): Result {
    return { infos: this.#infos, errors: this.#errors, singleItemImplied, targetsSingleItems };
  }

  /** Types of an argument, categories (`all`) replaced by their members. */
  async #expand(types: string): Promise<string[]> {
    const out = new Set<string>();
    const discovery = await Discovery.of(this.#invocation.api);
    for (const type of types.split(',')) {
      const members = discovery.category(type);
      for (const member of members.length > 0 ? members : [type]) out.add(member);
    }
    return [...out];
  }

  async #mappings(types: readonly string[]): Promise<Mapping[]> {
    const mappings = new Set<Mapping>();
    for (const type of types) mappings.add(await mappingFor(this.#invocation.api, type));
    if (mappings.size > 1 && this.#selection.singleResourceType) throw new CommandError(MULTIPLE_TYPES);
    return [...mappings];
  }

  async #bySelector(types: readonly string[]): Promise<Result> {
    if (types.length > 1 && this.#selection.singleResourceType) throw new CommandError(MULTIPLE_TYPES);
    for (const mapping of await this.#mappings(types)) {
      try {
        await this.#list(mapping);
      } catch (error) {
        this.#failed(error);
      }
    }
    return this.#result(false, false);
  }

  async #list(mapping: Mapping): Promise<void> {
    const { labelSelector = '', fieldSelector = '', request, wholeLists } = this.#selection;
    const namespace = mapping.namespaced ? this.#namespace : '';
    const path = resourcePath(mapping, namespace);
    let next: string | undefined;
    do {
      const query: Query = {
        labelSelector: labelSelector.trim(),
        fieldSelector: fieldSelector.trim(),
        limit: 500,
        continue: next,
        ...request?.query,
      };
      const list = await this.#invocation.api.get(path, query, request?.accept).catch((error: unknown) => {
        throw enhanceListError(error, mapping, labelSelector, fieldSelector);
      });
      next = list.metadata?.continue || undefined;
      if (request?.accept || wholeLists)
        this.#infos.push({ mapping, namespace, name: '', source: '', object: list });
      else for (const item of list.items ?? []) this.#infos.push(infoOf(mapping, withType(item, list), ''));
    } while (next);
  }

  async #byTuple(tuples: readonly (readonly [string, string])[], sameType = false): Promise<Result> {
    if (sameType && tuples[0]![0].split(',').length > 1)
      throw new CommandError('you must specify only one resource');
    const { subresource, request, fetch = true, allNamespaces } = this.#selection;
    const mappings = new Map<string, Mapping>();
    for (const [type] of tuples) {
      if (mappings.has(type)) continue;
      // A category of one member names that member, as ReplaceAliases does.
      const [only, ...others] = sameType ? await this.#expand(type) : [type];
      if (others.length > 0) throw new CommandError('you must specify only one resource');
      mappings.set(type, await mappingFor(this.#invocation.api, only!));
    }
    if (new Set(mappings.values()).size > 1 && this.#selection.singleResourceType)
      throw new CommandError(MULTIPLE_TYPES);
    for (const [type, name] of tuples) {
      const mapping = mappings.get(type)!;
      if (mapping.namespaced && this.#namespace === '')
        throw new CommandError(
          allNamespaces
            ? 'a resource cannot be retrieved by name across all namespaces'
            : 'namespace may not be empty when retrieving a resource by name',
        );
      const namespace = mapping.namespaced ? this.#namespace : '';
      let object: unknown;
      if (fetch) {
        try {
          const path = resourcePath(mapping, namespace, name, subresource);
          object = await this.#invocation.api.get(path, request?.query, request?.accept);
        } catch (error) {
          this.#failed(await this.#namespaceFailure(error, namespace), true);
          continue;
        }
      }
      this.#infos.push({ mapping, namespace, name, source: '', object });
    }
    return this.#result(tuples.length === 1, true);
  }

  /** That the namespace is not there says more than that the object is not. */
  async #namespaceFailure(error: unknown, namespace: string): Promise<unknown> {
    if (!(error instanceof StatusError) || error.reason !== 'NotFound') return error;
    if (!namespace || namespace === 'default') return error;
    try {
      await this.#invocation.api.get(`/api/v1/namespaces/${encodeURIComponent(namespace)}`);
    } catch (failure) {
      if (failure instanceof StatusError && failure.reason === 'NotFound') return failure;
    }
    return error;
  }

  /** Remembers the failure of one member; throws unless the others are to be visited all the same. */
  #failed(error: unknown, named = false): void {
    const known = error instanceof StatusError || error instanceof CommandError;
    if (!known || (!named && !this.#selection.continueOnError)) throw error;
    this.#errors.push(error);
    if (!this.#selection.continueOnError) throw error;
  }

  async #byPath(filenames: readonly string[]): Promise<Result> {
    let many = filenames.length > 1;
    for (const filename of filenames) {
      try {
        if (filename === '-') {
          many = true;
          await this.#read('STDIN', await this.#invocation.process.readAll(0));
          continue;
        }
        if (/^https?:\/\//.test(filename))
          throw new CommandError(
            `unable to read URL ${JSON.stringify(filename)}: this kubectl reads files only`,
          );
        const paths = this.#expandPath(filename);
        if (paths.length !== 1 || paths[0] !== filename) many = true;
        for (const path of paths) {
          try {
            await this.#read(path, await this.#textOf(path));
          } catch (error) {
            this.#failedFile(error);
          }
        }
      } catch (error) {
        this.#failedFile(error);
      }
    }
    return this.#result(!many, true);
  }

  async #textOf(path: string): Promise<string> {
    try {
      return await readWholeText(this.#invocation.process, path);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      throw new CommandError(`open ${path}: ${lowerFirst(error.message)}`);
    }
  }

  async #byKustomization(directory: string): Promise<Result> {
    const { process } = this.#invocation;
    const { buildText } = await process.wait(import('../kustomize/kustomize.ts'));
    const { KustomizeError } = await process.wait(import('../kustomize/resource.ts'));
    try {
      const { text, warnings } = buildText(process, directory);
      for (const line of warnings) await this.#invocation.printError(`${line}\n`);
      await this.#read(directory, text);
    } catch (error) {
      throw error instanceof KustomizeError ? new CommandError(error.message) : error;
    }
    return this.#result(false, true);
  }

  #failedFile(error: unknown): void {
    if (!(error instanceof CommandError || error instanceof StatusError)) throw error;
    if (this.#errors.includes(error)) return;
    this.#errors.push(error);
    if (!this.#selection.continueOnError) throw error;
  }

  /** A file is itself; a directory is its manifests, sorted; a pattern is what it matches. */
  #expandPath(path: string): string[] {
    const { process } = this.#invocation;
    const { files } = process.machine;
    let kind: string;
    try {
      kind = files.stat(process.resolve(path)).kind;
    } catch (error) {
      if (error instanceof Errno && error.code === 'ENOENT')
        throw new CommandError(`the path ${JSON.stringify(path)} does not exist`);
      throw error;
    }
    if (kind !== 'directory') return [path];
    const found: string[] = [];
    const walk = (directory: string, top: boolean) => {
      for (const name of files.readDirectory(process.resolve(directory))) {
        const inner = `${directory.replace(/\/$/, '')}/${name}`;
        if (files.stat(process.resolve(inner)).kind === 'directory') {
          if (this.#selection.recursive) walk(inner, false);
        } else if (/\.(json|yaml|yml)$/.test(name)) found.push(inner.replace(/^\.\//, ''));
      }
      if (top && found.length === 0)
        throw new CommandError(`error reading [${path}]: recognized file extensions are [.json .yaml .yml]`);
    };
    walk(path, true);
    return found;
  }

  async #read(source: string, text: string): Promise<void> {
    for (const document of readManifest(source, text)) {
      try {
        const objects = isList(document) ? document.items : [document];
        for (const object of objects) await this.#add(source, object);
      } catch (error) {
        if (!(error instanceof CommandError || error instanceof StatusError)) throw error;
        this.#errors.push(error);
        if (!this.#selection.continueOnError) throw error;
      }
    }
  }

  async #add(source: string, value: unknown): Promise<void> {
    const { validate, latest, labelSelector, local } = this.#selection;
    if (validate) validateType(source, value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      const type = Array.isArray(value) ? 'array' : typeof value;
      throw new CommandError(
        `unable to decode ${JSON.stringify(source)}: json: cannot unmarshal ${type} into Go value of type unstructured.detector`,
      );
    }
    const object = value as KubernetesObject;
    if (!object.kind)
      throw new CommandError(
        `unable to decode ${JSON.stringify(source)}: Object 'Kind' is missing in '${toCompactJson(object)}'`,
      );
    object.metadata ??= {};
    let mapping: Mapping;
    try {
      mapping = await mappingOf(this.#invocation.api, object);
    } catch (error) {
      if (!(error instanceof NoKindMatch)) throw error;
      const { name = '', namespace = '' } = object.metadata;
      const from = `resource mapping not found for name: ${JSON.stringify(name)} namespace: ${JSON.stringify(namespace)} from ${JSON.stringify(source)}`;
      throw new CommandError(`${from}: ${error.message}\nensure CRDs are installed first`);
    }
    if (mapping.namespaced) {
      object.metadata.namespace ||= this.#namespace || this.#invocation.namespace.namespace;
      if (this.#explicitNamespace && object.metadata.namespace !== this.#namespace)
        throw new CommandError(
          `the namespace from the provided object "${object.metadata.namespace}" does not match the namespace "${this.#namespace}". You must pass '--namespace=${object.metadata.namespace}' to perform this operation.`,
        );
    } else delete object.metadata.namespace;
    if (labelSelector?.trim()) {
      try {
        if (!parseSelector(labelSelector).matches(object.metadata.labels)) return;
      } catch (error) {
        if (!(error instanceof SelectorError)) throw error;
        throw new CommandError(
          `the provided selector ${JSON.stringify(labelSelector)} is not valid: ${error.message}`,
        );
      }
    }
    const info = infoOf(mapping, object, source);
    if (latest && !local) {
      const { request } = this.#selection;
      const path = resourcePath(mapping, info.namespace, info.name, this.#selection.subresource);
      try {
        info.object = await this.#invocation.api.get(path, request?.query, request?.accept);
      } catch (error) {
        throw source && !(error instanceof StatusError) ? withContext(error, `${source}: `) : error;
      }
    }
    this.#infos.push(info);
  }
}

export function infoOf(mapping: Mapping, object: KubernetesObject, source: string): Info {
  const { name = '', namespace = '' } = object.metadata;
  return { mapping, namespace: mapping.namespaced ? namespace : '', name, source, object };
}

/** Items of a typed list come without apiVersion and kind; the list's say them. */
export function withType(
  item: KubernetesObject,
  list: { apiVersion?: string; kind?: string },
): KubernetesObject {
  if (item.kind && item.apiVersion) return item;
  return { apiVersion: list.apiVersion!, kind: list.kind!.replace(/List$/, ''), ...item };
}

const isList = (value: unknown): value is { items: unknown[] } =>
  typeof value === 'object' &&
  value !== null &&
  Array.isArray((value as { items?: unknown }).items) &&
  String((value as { kind?: unknown }).kind).endsWith('List');

/** Client-side validation where the server cannot do it: it has to know which kind to ask. */
function validateType(source: string, value: unknown): void {
  const problems: string[] = [];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    problems.push('invalid object to validate');
  else {
    const { apiVersion, kind } = value as KubernetesObject;
    if (!apiVersion) problems.push('apiVersion not set');
    if (!kind) problems.push('kind not set');
  }
  if (problems.length === 0) return;
  const text = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`;
  throw new CommandError(
    `error validating ${JSON.stringify(source)}: error validating data: ${text}; if you choose to ignore these errors, turn validation off with --validate=false`,
  );
}

/** Several types with names are every pair of them. */
function normalize(args: readonly string[]): string[] {
  const [types, ...names] = args;
  if (!types || names.length === 0) return [...args];
  const each = [...new Set(types.split(','))];
  if (each.length < 2) return [...args];
  return each.flatMap((type) => names.map((name) => `${type}/${name}`));
}

function isCombined(args: readonly string[]): boolean {
  const slashes = args.filter((arg) => arg.includes('/')).length;
  if (slashes > 0 && slashes !== args.length)
    throw new CommandError(
      "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
    );
  return slashes > 0;
}

function splitTuple(argument: string): readonly [string, string] {
  const segments = argument.split('/');
  if (segments.length !== 2)
    throw new CommandError('arguments in resource/name form may not have more than one slash');
  const [type = '', name = ''] = segments;
  if (!type || !name || type.includes(','))
    throw new CommandError('arguments in resource/name form must have a single resource and name');
  return [type, name];
}

function enhanceListError(error: unknown, mapping: Mapping, labels: string, fields: string): unknown {
  if (!(error instanceof StatusError) || (error.reason !== 'BadRequest' && error.reason !== 'NotFound'))
    return error;
  const resource = JSON.stringify(`${mapping.group}/${mapping.version}, Resource=${mapping.resource}`);
  return withContext(
    error,
    labels || fields
      ? `Unable to find ${resource} that match label selector ${JSON.stringify(labels)}, field selector ${JSON.stringify(fields)}: `
      : `Unable to list ${resource}: `,
  );
}
