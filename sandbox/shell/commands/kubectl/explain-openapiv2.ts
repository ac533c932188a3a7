/**
 * `kubectl explain --output plaintext-openapiv2` (`kubectl/pkg/explain`): the form that explanations had before
 * OpenAPI v3, from the server's OpenAPI v2.
 */
import type { Mapping } from './discovery.ts';
import { apiVersionOf } from './discovery.ts';
import { CommandError } from './errors.ts';
import type { Invocation } from './invocation.ts';

interface Schema {
  $ref?: string;
  type?: string;
  description?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}

type Definitions = Record<string, Schema>;

const WIDTH = 80;
const FIELD_INDENT = 3;
const DESCRIPTION_INDENT = 5;

/** Prints the explanation of the field at the path of a kind. Throws `CommandError`. */
export async function explainOpenApiV2(
  invocation: Invocation,
  mapping: Mapping,
  path: readonly string[],
  recursive: boolean,
): Promise<void> {
  const { definitions } = await invocation.api.get<{ definitions: Definitions }>('/openapi/v2');
  const root = Object.values(definitions).find((schema) =>
    schema['x-kubernetes-group-version-kind']?.some(
      ({ group, version, kind }) =>
        group === mapping.group && version === mapping.version && kind === mapping.kind,
    ),
  );
  if (!root)
    throw new CommandError(`couldn't find resource for "${apiVersionOf(mapping)}, Kind=${mapping.kind}"`);
  const explanation = new Explanation(definitions);
  const field = explanation.find(root, path);
  const header = `KIND:     ${mapping.kind}\nVERSION:  ${apiVersionOf(mapping)}\n\n`;
  await invocation.print(header + explanation.text(field, path.at(-1), recursive));
}

class Explanation {
  readonly #definitions: Definitions;

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  #resolve(schema: Schema): Schema {
    return (schema.$ref ? this.#definitions[schema.$ref.split('/').at(-1)!] : undefined) ?? schema;
  }

  find(root: Schema, path: readonly string[]): Schema {
    let at = root;
    for (const name of path) {
      const field = this.#fieldsOf(at)?.[name];
      if (!field) throw new CommandError(`field ${JSON.stringify(name)} does not exist`);
      at = field;
    }
    return at;
  }

  /** Fields of an object, of the items of a list, or of the values of a map. */
  #fieldsOf(schema: Schema): Record<string, Schema> | undefined {
    const { properties, items, additionalProperties } = this.#resolve(schema);
    if (properties) return properties;
    const inner = items ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    return inner && this.#fieldsOf(inner);
  }

  #typeOf(schema: Schema): string {
    const { type, properties, items, additionalProperties } = this.#resolve(schema);
    if (properties) return 'Object';
    if (type === 'array') return `[]${items ? this.#typeOf(items) : ''}`;
    if (type === 'object')
      return `map[string]${typeof additionalProperties === 'object' ? this.#typeOf(additionalProperties) : ''}`;
    return type ?? '';
  }

  text(schema: Schema, name: string | undefined, recursive: boolean): string {
    const type = this.#typeOf(schema);
    const fields = this.#fieldsOf(schema);
    let text = '';
    if (name !== undefined) text = `${fields ? 'RESOURCE: ' : 'FIELD:    '}${name} <${type}>\n\n`;
    text += `DESCRIPTION:\n${this.#descriptions(schema)
      .map((each) => wrapped(DESCRIPTION_INDENT, each))
      .join('\n')}`;
    if (!fields) return text;
    return `${text}\nFIELDS:\n${recursive ? this.#recursively(schema, FIELD_INDENT, []) : this.#list(schema)}`;
  }

  /** What the field says, and what its type, its items or its values say. */
  #descriptions(schema: Schema): string[] {
    const found: string[] = [];
    for (let at: Schema | undefined = schema; at;) {
      if (at.description) found.push(at.description);
      if (at.$ref) at = this.#definitions[at.$ref.split('/').at(-1)!];
      else
        at = at.items ?? (typeof at.additionalProperties === 'object' ? at.additionalProperties : undefined);
    }
    return found.length > 0 ? found : ['<empty>'];
  }

  /** The object whose fields are listed. */
  #object(schema: Schema): Schema {
    const resolved = this.#resolve(schema);
    const inner = resolved.items ?? resolved.additionalProperties;
    return resolved.properties || typeof inner !== 'object' ? resolved : this.#object(inner);
  }

  #list(schema: Schema): string {
    const { properties = {}, required = [] } = this.#object(schema);
    const space = ' '.repeat(FIELD_INDENT);
    return Object.keys(properties)
      .sort()
      .map((name) => {
        const field = properties[name]!;
        const head = `${space}${name}\t<${this.#typeOf(field)}>${required.includes(name) ? ' -required-' : ''}\n`;
        const description = field.description ? wrapped(DESCRIPTION_INDENT, field.description) : '';
        return `${head}${description}\n`;
      })
      .join('');
  }

  #recursively(schema: Schema, indent: number, above: readonly Schema[]): string {
    const object = this.#object(schema);
    if (above.includes(object)) return '';
    const { properties = {} } = object;
    return Object.keys(properties)
      .sort()
      .map((name) => {
        const field = properties[name]!;
        const head = `${' '.repeat(indent)}${name}\t<${this.#typeOf(field)}>\n`;
        return head + this.#recursively(field, indent + FIELD_INDENT, [...above, object]);
      })
      .join('');
  }
}

/** Lines of at most 80 columns, where words allow it, with the indent. */
function wrapped(indent: number, text: string): string {
  const space = ' '.repeat(indent);
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    let current = '';
    for (const word of line.split(' ')) {
      if (current !== '' && current.length + 1 + word.length > WIDTH - indent) {
        lines.push(current);
        current = word;
      } else current = current === '' ? word : `${current} ${word}`;
    }
    lines.push(current);
  }
  return lines.map((line) => `${space}${line}\n`).join('');
}
