/**
 * What Kubernetes says about its kinds and fields: `.slipway/prose.json`, which `generate.mjs` makes from a
 * package before anything is built or started. It is large and is loaded when somebody first asks for OpenAPI.
 */
import type { TypeRegistry } from '../../api/schema.ts';

/** Prose for a type, or for one of its fields; undefined where there is none. */
export type Describe = (type: string, field?: string) => string | undefined;

/** What every object says about its first two fields. */
const OBJECT_FIELDS: Record<string, string> = {
  apiVersion:
    'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
  kind: 'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
};

type Prose = Record<string, [text: string, fields: Record<string, string>]>;

let loaded: Promise<Prose> | undefined;

/** Without the file, which only happens before `node setup.mjs` has run, nothing is described. */
const load = (): Promise<Prose> =>
  (loaded ??= import('../../../../.slipway/prose.json', { with: { type: 'json' } }).then(
    (module) => module.default as Prose,
    () => ({}),
  ));

export async function loadProse(types: TypeRegistry): Promise<Describe> {
  const prose = await load();
  return (name, field) => {
    const entry = prose[name];
    if (field === undefined) return entry?.[0] || undefined;
    return entry?.[1][field] ?? (types.typeOf(name)?.gvk ? OBJECT_FIELDS[field] : undefined);
  };
}

/** The words that objects of custom resources share with all others. */
export const objectFieldText = (field: string): string | undefined => OBJECT_FIELDS[field];
