/**
 * The algebra of RBAC rules (`k8s.io/component-helpers/auth/rbac/validation`): whether some rules allow all
 * that others do, and how what is missing is told.
 */
import type { Rule } from './authorizer.ts';

/** The rules as ones that name one verb, one group, one resource and one name, or one path, each. */
export function brokenDown(rules: readonly Rule[]): Rule[] {
  return rules.flatMap(
    ({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }) => [
      ...apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.flatMap((verb) => {
            const rule: Rule = { verbs: [verb], apiGroups: [group], resources: [resource] };
            return resourceNames.length > 0
              ? resourceNames.map((name) => ({ ...rule, resourceNames: [name] }))
              : [rule];
          }),
        ),
      ),
      ...nonResourceURLs.flatMap((url) => verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [url] }))),
    ],
  );
}

/** Of what `asked` allows, broken down, what `held` does not. */
export function missingRules(held: readonly Rule[], asked: readonly Rule[]): Rule[] {
  return brokenDown(asked).filter((rule) => !held.some((holder) => covers(holder, rule)));
}

function covers(
  holder: Rule,
  { verbs, apiGroups, resources, resourceNames, nonResourceURLs }: Rule,
): boolean {
  if (!holdsAll(holder.verbs, verbs)) return false;
  if (nonResourceURLs)
    return nonResourceURLs.every((url) => holder.nonResourceURLs?.some((held) => coversPath(held, url)));
  if (!holdsAll(holder.apiGroups, apiGroups!)) return false;
  const named = resources!.every(
    (resource) => holdsAll(holder.resources, [resource]) || holder.resources?.includes(anyOf(resource)),
  );
  if (!named) return false;
  if (!holder.resourceNames?.length) return true;
  return (
    Boolean(resourceNames?.length) && resourceNames!.every((name) => holder.resourceNames!.includes(name))
  );
}

const holdsAll = (held: readonly string[] | undefined, asked: readonly string[]): boolean =>
  held !== undefined && (held.includes('*') || asked.every((each) => held.includes(each)));

/** The name under which rules speak of a subresource of anything: `log` of all for that of pods. */
const anyOf = (resource: string): string =>
  resource.includes('/') ? `*/${resource.slice(resource.indexOf('/') + 1)}` : resource;

const coversPath = (held: string, path: string): boolean =>
  held === '*' || held === path || (held.endsWith('*') && path.startsWith(held.replace(/\*+$/, '')));

/** Rules about the same resource as one, with the verbs of all; what names objects or paths stays as it is. */
export function compacted(rules: readonly Rule[]): Rule[] {
  const compact: Rule[] = [];
  const byResource = new Map<string, Rule>();
  for (const rule of rules) {
    const isSimple =
      rule.apiGroups?.length === 1 &&
      rule.resources?.length === 1 &&
      !rule.resourceNames &&
      !rule.nonResourceURLs;
    const key = isSimple ? `${rule.apiGroups![0]}/${rule.resources![0]}` : undefined;
    const known = key === undefined ? undefined : byResource.get(key);
    if (known) {
      known.verbs = [...new Set([...known.verbs, ...rule.verbs])];
      continue;
    }
    const own = { ...rule };
    compact.push(own);
    if (key !== undefined) byResource.set(key, own);
  }
  return compact;
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
export function ruleText({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: Rule): string {
  const parts = Object.entries({
    APIGroups: apiGroups,
    Resources: resources,
    NonResourceURLs: nonResourceURLs,
    ResourceNames: resourceNames,
    Verbs: verbs,
  })
    .filter(([, list]) => list?.length)
    .map(([name, list]) => `${name}:[${list!.map((each) => JSON.stringify(each)).join(' ')}]`);
  return `{${parts.join(', ')}}`;
}
