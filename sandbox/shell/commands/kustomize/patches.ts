/**
 * `patches`: strategic merge patches and JSON patches (RFC 6902), for one object or for all that a target
 * selects. Lists that merge by a key begin with the patch's items, as kustomize (and not the API server) does.
 */
import { parseSelector } from '../../../cluster/api/labels.ts';
import { applyJsonPatch, type JsonPatchOperation } from '../../../cluster/api/json-patch.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { TypeRegistry, type TypeInfo } from '../../../cluster/api/schema.ts';
import { parseYaml, YamlError } from '../kubectl/manifest.ts';
import { yamlDocuments } from './documents.ts';
import type { Patch, Selector } from './kustomization.ts';
import { groupOf } from './order.ts';
import { idOf, KustomizeError, rename, type Resource } from './resource.ts';
import { isObject } from '../../../cluster/api/json-object.ts';

/** Applies one patch; what `$patch: delete` names is gone from the result. */
export function applyPatch(resources: Resource[], { target, options }: Patch, text: string): Resource[] {
  const operations = jsonPatch(text);
  if (operations) {
    if (!target) throw new KustomizeError('must specify a target for JSON patch');
    for (const resource of resources.filter((each) => isTarget(each, target))) {
      const { name, kind } = resource.object.metadata.name
        ? { ...resource.object.metadata, kind: resource.object.kind }
        : { name: '', kind: '' };
      try {
        resource.object = applyJsonPatch(resource.object, operations) as KubernetesObject;
      } catch (error) {
        throw new KustomizeError((error as Error).message);
      }
      if (!options?.allowNameChange) resource.object.metadata.name = name;
      else rename(resource, resource.object.metadata.name!);
      if (!options?.allowKindChange) resource.object.kind = kind;
    }
    return resources;
  }
  let out = resources;
  for (const patch of yamlDocuments(text) as KubernetesObject[]) {
    const chosen = target ? out.filter((each) => isTarget(each, target)) : [namedBy(out, patch)];
    for (const resource of chosen) {
      if ((patch as { $patch?: string }).$patch === 'delete') {
        out = out.filter((each) => each !== resource);
        continue;
      }
      resource.object = merged(resource.object, patch);
    }
  }
  return out;
}

function jsonPatch(text: string): JsonPatchOperation[] | undefined {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    if (error instanceof YamlError && /^---/m.test(text)) return undefined;
    throw new KustomizeError(
      `unable to parse SM or JSON patch from [patch: ${JSON.stringify(text)}]: ${(error as Error).message}`,
    );
  }
  return Array.isArray(value) ? (value as JsonPatchOperation[]) : undefined;
}

/** The resource that a strategic merge patch names by kind and by any name it had. */
function namedBy(resources: readonly Resource[], patch: KubernetesObject): Resource {
  const { apiVersion, kind, metadata } = patch;
  if (!kind || !metadata?.name)
    throw new KustomizeError('unable to parse SM or JSON patch: missing metadata.name or kind in object');
  const found = resources.filter(
    ({ object, names, namespaces }) =>
      object.kind === kind &&
      groupOf(object.apiVersion) === groupOf(apiVersion) &&
      names.includes(metadata.name!) &&
      (!metadata.namespace || namespaces.includes(metadata.namespace)),
  );
  if (found.length === 1) return found[0]!;
  const id = idOf(patch);
  const slashed = id.replace(/^([^.]+)\.([^/]+)\/(.*)$/, '$1.$2/$3');
  if (found.length === 0)
    throw new KustomizeError(
      `no resource matches strategic merge patch ${JSON.stringify(slashed)}: no matches for Id ${id}; failed to find unique target for patch ${id}`,
    );
  throw new KustomizeError(`multiple matches for Id ${id}; failed to find unique target for patch ${id}`);
}

const matches = (pattern: string | undefined, texts: readonly string[]) =>
  !pattern || texts.some((text) => new RegExp(`^(?:${pattern})$`).test(text));

function isTarget({ object, names, namespaces }: Resource, target: Selector): boolean {
  const { labels, annotations } = object.metadata;
  return (
    matches(target.group, [groupOf(object.apiVersion)]) &&
    matches(target.version, [object.apiVersion!.split('/').at(-1)!]) &&
    matches(target.kind, [object.kind!]) &&
    matches(target.name, names) &&
    matches(target.namespace, namespaces) &&
    (!target.labelSelector || parseSelector(target.labelSelector).matches(labels)) &&
    (!target.annotationSelector || parseSelector(target.annotationSelector).matches(annotations))
  );
}

type Json = Record<string, any>;
/** The object as the patch changes it; name and kind stay. */
function merged(object: KubernetesObject, patch: KubernetesObject): KubernetesObject {
  const [version, group] = object.apiVersion!.split('/').reverse() as [string, string?];
  const type = TypeRegistry.builtin().typeForKind(group ?? '', version, object.kind!);
  const out = mergeMap(object, patch, type) as KubernetesObject;
  out.kind = object.kind;
  out.apiVersion = object.apiVersion;
  out.metadata = {
    ...out.metadata,
    name: object.metadata.name!,
    ...(object.metadata.namespace ? { namespace: object.metadata.namespace } : {}),
  };
  return out;
}

function mergeMap(original: Json, patch: Json, type: TypeInfo | undefined): Json {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch) as Json;
  const out: Json = { ...original };
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    if (value === null || (isObject(value) && value['$patch'] === 'delete')) {
      delete out[key];
      continue;
    }
    const field = type?.fields.get(key);
    const inner = type?.kind === 'map' ? type.element : field?.type;
    if (isObject(value)) out[key] = mergeMap(isObject(out[key]) ? out[key] : {}, value, inner);
    else if (Array.isArray(value) && Array.isArray(out[key]) && field?.patchStrategy.includes('merge'))
      out[key] = mergeList(out[key], value, field.patchMergeKey, inner?.element);
    else out[key] = withoutDirectives(value);
  }
  return out;
}

function mergeList(
  original: readonly any[],
  patch: readonly any[],
  mergeKey: string | undefined,
  type: TypeInfo | undefined,
): any[] {
  if (patch.some((item) => isObject(item) && item['$patch'] === 'replace'))
    return patch.filter((item) => item['$patch'] !== 'replace').map(withoutDirectives);
  if (!mergeKey) return [...new Set([...original, ...patch])];
  const rest = [...original];
  const out: any[] = [];
  for (const item of patch) {
    const at = rest.findIndex((each) => each[mergeKey] === item[mergeKey]);
    const [old] = at < 0 ? [undefined] : rest.splice(at, 1);
    if (item['$patch'] === 'delete') continue;
    out.push(old ? mergeMap(old, item, type) : withoutDirectives(item));
  }
  return [...out, ...rest];
}

function withoutDirectives(value: any): any {
  if (Array.isArray(value)) return value.map(withoutDirectives);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !key.startsWith('$') && inner !== null)
      .map(([key, inner]) => [key, withoutDirectives(inner)]),
  );
}
