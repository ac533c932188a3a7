/** Kinds without a describer of their own: every field, its name made words. */
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { goValue } from '../printers/go-values.ts';
import type { Description } from './description.ts';
import { isObject } from '../../../../cluster/api/json-object.ts';

const SKIPPED = new Set([
  '.metadata.managedFields',
  '.metadata.name',
  '.metadata.namespace',
  '.metadata.labels',
  '.metadata.annotations',
]);

export async function describeGeneric(description: Description, object: KubernetesObject): Promise<void> {
  description.head(object);
  description.metadata(object);
  printContent(description, 0, object, '');
  await description.describeEvents(object);
}

function printContent(
  description: Description,
  level: number,
  content: Record<string, unknown>,
  path: string,
): void {
  for (const name of Object.keys(content).sort()) {
    const inner = `${path}.${name}`;
    if (SKIPPED.has(inner)) continue;
    const value = content[name];
    if (Array.isArray(value)) {
      description.line(level, `${label(name)}:`);
      for (const item of value)
        if (isObject(item)) printContent(description, level + 1, item, inner);
        else description.line(level + 1, goValue(item));
    } else if (isObject(value)) {
      description.line(level, `${label(name)}:`);
      printContent(description, level + 1, value, inner);
    } else description.field(label(name), goValue(value), level);
  }
}

const ACRONYMS = new Set(['API', 'URL', 'UID', 'OSB', 'GUID']);

/** `creationTimestamp` → `Creation Timestamp`, `apiVersion` → `API Version`; names with other characters stay. */
function label(name: string): string {
  if (/[^\p{L}-]/u.test(name)) return name;
  const words = name.match(/\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?\p{Ll}+|\p{Lu}+|-/gu) ?? [name];
  return words
    .map((word) =>
      ACRONYMS.has(word.toUpperCase())
        ? word.toUpperCase()
        : word.charAt(0).toUpperCase() + word.slice(1).toLowerCase(),
    )
    .join(' ');
}
