/** `replacements`: a field of one resource is written into fields of others. */
import type { FieldOptions, Replacement, Selector } from './kustomization.ts';
import { groupOf } from './order.ts';
import { KustomizeError, type Resource } from './resource.ts';

export function applyReplacement(resources: readonly Resource[], { source, targets }: Replacement): void {
  if (!source) throw new KustomizeError('replacements must specify a source');
  if (!targets) throw new KustomizeError('replacements must specify at least one target');
  const found = resources.filter((resource) => selects(source, resource));
  const id = selectorText(source);
  if (found.length === 0) throw new KustomizeError(`nothing selected by ${id}`);
  if (found.length > 1) throw new KustomizeError(`multiple matches for selector ${id}`);
  const fieldPath = source.fieldPath ?? 'metadata.name';
  const [place] = placesOf(found[0]!.object, splitPath(fieldPath), false);
  if (!place || place.holder[place.key] === undefined)
    throw new KustomizeError(`fieldPath \`${fieldPath}\` is missing for replacement source ${id}`);
  const value = piece(place.holder[place.key], source.options);
  for (const { select, reject = [], fieldPaths = ['metadata.name'], options = {} } of targets) {
    for (const resource of resources) {
      if (!selects(select, resource) || reject.some((each) => selects(each, resource))) continue;
      for (const path of fieldPaths) {
        const places = placesOf(resource.object, splitPath(path), options.create ?? false);
        const usable = places.filter(({ holder, key }) => options.create || holder[key] !== undefined);
        if (usable.length === 0)
          throw new KustomizeError(`unable to find field ${JSON.stringify(path)} in replacement target`);
        for (const { holder, key } of usable) holder[key] = inserted(holder[key], value, options);
      }
    }
  }
}

function selects(selector: Selector, { object, names, namespaces }: Resource): boolean {
  const is = (wanted: string | undefined, values: readonly string[]) => !wanted || values.includes(wanted);
  return (
    is(selector.group, [groupOf(object.apiVersion)]) &&
    is(selector.version, [object.apiVersion!.split('/').at(-1)!]) &&
    is(selector.kind, [object.kind!]) &&
    is(selector.name, names) &&
    is(selector.namespace, namespaces)
  );
}

const selectorText = ({ kind, version, group, name, namespace }: Selector) =>
  `${kind ?? '[noKind]'}.${version ?? '[noVer]'}.${group ?? '[noGrp]'}/${name ?? '[noName]'}.${namespace ?? '[noNs]'}`;

/** Steps of a path: dots separate unless escaped or between brackets. */
function splitPath(path: string): string[] {
  return [...path.matchAll(/\[[^\]]*\]|(?:\\.|[^.[\\])+/g)].map(([step]) => step.replace(/\\(.)/g, '$1'));
}

interface Place {
  holder: any;
  key: string | number;
}

function placesOf(value: any, [step, ...rest]: string[], create: boolean): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  let keys: (string | number)[];
  const condition = /^\[([^=\]]+)=(.*)\]$/.exec(step!);
  if (condition) {
    if (!Array.isArray(value)) return [];
    const [, name, wanted] = condition as unknown as [string, string, string];
    keys = [...value.keys()].filter((at) => String(value[at]?.[name]) === wanted);
    if (keys.length === 0 && create) keys = [value.push({ [name]: wanted }) - 1];
  } else if (step === '*') keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  else if (Array.isArray(value)) keys = step === '-' ? [value.length] : [Number(step)];
  else keys = [step!];
  return keys.flatMap((key) => {
    if (rest.length === 0) return [{ holder: value, key }];
    if (value[key] === undefined && create) value[key] = /^\[|^\d+$|^-$/.test(rest[0]!) ? [] : {};
    return placesOf(value[key], rest, create);
  });
}

/** The part of a source's text that `delimiter` and `index` choose. */
function piece(value: unknown, { delimiter, index = 0 }: FieldOptions = {}): unknown {
  if (!delimiter) return value;
  const parts = String(value).split(delimiter);
  if (index < 0 || index >= parts.length)
    throw new KustomizeError(`options.index ${index} is out of bounds for value ${String(value)}`);
  return parts[index];
}

function inserted(old: unknown, value: unknown, { delimiter, index = 0 }: FieldOptions): unknown {
  if (!delimiter) return structuredTyped(old, value);
  const parts = String(old ?? '').split(delimiter);
  if (index < 0) parts.unshift(String(value));
  else if (index >= parts.length) parts.push(String(value));
  else parts[index] = String(value);
  return parts.join(delimiter);
}

/** A scalar keeps the type of the field that it goes into. */
function structuredTyped(old: unknown, value: unknown): unknown {
  if (typeof value === 'object') return structuredClone(value);
  if (typeof old === 'string') return String(value);
  if (typeof old === 'number' && typeof value === 'string' && value !== '' && !Number.isNaN(Number(value)))
    return Number(value);
  return value;
}
