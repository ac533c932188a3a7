/**
 * `kubectl explain` (`kubectl/pkg/explain/v2`, the plaintext template): a kind's fields from the server's
 * OpenAPI v3. A server that serves no descriptions has its fields explained without them.
 */
import type { Command } from './command.ts';
import { apiVersionOf, Discovery, mappingFor, type Mapping } from './discovery.ts';
import { CommandError, VerbatimError } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';

interface Schema {
  $ref?: string;
  type?: string;
  description?: string;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  allOf?: Schema[];
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}

type Schemas = Record<string, Schema>;

/** Values of an enum shown in a list of fields. */
const SHORT_ENUM = 4;

export const command: Command = {
  use: 'TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2]',
  short: 'Get documentation for a resource',
  long: `Describe fields and structure of various resources.

 Fields are identified by a path: <type>.<fieldName>[.<fieldName>]. What is shown comes from the server's OpenAPI.`,
  examples: [
    ['A kind and its fields', 'kubectl explain pods'],
    ['All its fields', 'kubectl explain pods --recursive'],
    ['One field', 'kubectl explain pods.spec.containers'],
  ],
  flags: [
    flag('api-version', '', 'The version of the API group to use (group/version).'),
    flag('output,o', 'plaintext', 'Format in which to render the schema. Valid values are: (plaintext).'),
    flag('recursive', false, 'All fields at once, without their descriptions.'),
  ],
  run: async (invocation) => {
    const { flags, args } = invocation;
    if (args.length === 0)
      throw new CommandError(
        'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.\n',
      );
    if (args.length > 1) throw new CommandError('We accept only this format: explain RESOURCE\n');
    const output = flags.string('output');
    if (output !== 'plaintext' && output !== 'plaintext-openapiv2')
      throw new CommandError(`unrecognized format: ${output}`);
    const { mapping, path } = await resolve(invocation, args[0]!);
    if (output === 'plaintext-openapiv2') {
      const { explainOpenApiV2 } = await import('./explain-openapiv2.ts');
      return explainOpenApiV2(invocation, mapping, path, flags.bool('recursive'));
    }
    const schemas = await schemasOf(invocation, mapping);
    const root = Object.values(schemas).find((schema) =>
      schema['x-kubernetes-group-version-kind']?.some(
        ({ group, version, kind }) =>
          group === mapping.group && version === mapping.version && kind === mapping.kind,
      ),
    );
    if (mapping.group) await invocation.print(`GROUP:      ${mapping.group}\n`);
    await invocation.print(`KIND:       ${mapping.kind}\nVERSION:    ${mapping.version}\n\n`);
    if (!root)
      throw new CommandError(
        `GVK {${mapping.group} ${mapping.version} ${mapping.kind}} not found in OpenAPI schema`,
      );
    const text = new Explanation(schemas, flags.bool('recursive')).explain(root, path);
    if (text === undefined) throw new CommandError(`field ${JSON.stringify(path.at(-1))} does not exist`);
    await invocation.print(`${text}\n`);
  },
};

/** The kind and the path of fields; a group's dots are part of the kind's name. */
async function resolve(
  invocation: Invocation,
  argument: string,
): Promise<{ mapping: Mapping; path: string[] }> {
  const parts = argument.split('.').filter(Boolean);
  const wanted = invocation.flags.string('api-version');
  let mapping = await mappingFor(invocation.api, parts[0]!, VerbatimError);
  if (wanted) {
    const { mappings } = await Discovery.of(invocation.api);
    const { resource } = mapping;
    const found = mappings.find((each) => each.resource === resource && apiVersionOf(each) === wanted);
    if (!found) {
      const text = wanted.includes('/') ? wanted : `/${wanted}`;
      throw new CommandError(`couldn't find resource for "${text}, Resource=${resource}"`);
    }
    mapping = found;
  }
  return { mapping, path: parts.slice(1) };
}

async function schemasOf({ api }: Invocation, mapping: Mapping): Promise<Schemas> {
  const name = mapping.group ? `apis/${mapping.group}/${mapping.version}` : `api/${mapping.version}`;
  const index = await api.get<{ paths: Record<string, { serverRelativeURL: string }> }>('/openapi/v3');
  const url = index.paths[name]?.serverRelativeURL;
  if (!url)
    throw new CommandError(
      `couldn't find resource for "${mapping.group}/${mapping.version}, Kind=${mapping.kind}"`,
    );
  const document = await api.get<{ components?: { schemas?: Schemas } }>(url);
  return document.components?.schemas ?? {};
}

class Explanation {
  readonly #schemas: Schemas;
  readonly #recursive: boolean;

  constructor(schemas: Schemas, recursive: boolean) {
    this.#schemas = schemas;
    this.#recursive = recursive;
  }

  #resolve(schema: Schema): Schema {
    return (schema.$ref ? this.#schemas[schema.$ref.split('/').at(-1)!] : undefined) ?? schema;
  }

  /** Undefined when the path leads nowhere. */
  explain(
    schema: Schema,
    path: readonly string[],
    seen: ReadonlySet<string> = new Set(),
  ): string | undefined {
    const resolved = this.#resolve(schema);
    const [name, ...rest] = path;
    if (name === undefined) {
      const description = this.#description(schema) || '<empty>';
      const fields = this.#fieldList(schema, 1, new Set());
      return `DESCRIPTION:\n${indent(4, wrap(76, description))}\n${fields ? `FIELDS:\n${fields}` : ''}`;
    }
    const { $ref } = schema;
    if ($ref && seen.has($ref)) return undefined;
    const inner = $ref ? new Set([...seen, $ref]) : seen;
    const field = resolved.properties?.[name];
    if (field) {
      const below = this.explain(field, rest);
      if (below === undefined || rest.length > 0) return below;
      const values = field.enum
        ? `ENUM:${field.enum.map((value) => `\n    ${enumText(value)}`).join('')}`
        : '';
      return `FIELD: ${name} <${this.#type(field)}>\n${values}\n\n${below}`;
    }
    if (resolved.items) return this.explain(resolved.items, path, inner);
    if (typeof resolved.additionalProperties === 'object')
      return this.explain(resolved.additionalProperties, path, inner);
    for (const alternative of resolved.allOf ?? []) {
      const text = this.explain(alternative, path, inner);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  #description(schema: Schema): string {
    const resolved = this.#resolve(schema);
    let text = resolved.description ? `${resolved.description}\n` : '';
    for (const part of resolved.allOf ?? []) text += this.#description(part);
    if (resolved.items) text += this.#description(resolved.items);
    if (typeof resolved.additionalProperties === 'object')
      text += this.#description(resolved.additionalProperties);
    return text;
  }

  #fieldList(schema: Schema, level: number, seen: ReadonlySet<string>): string {
    if (schema.$ref && seen.has(schema.$ref)) return '';
    const inner = schema.$ref ? new Set([...seen, schema.$ref]) : seen;
    const resolved = this.#resolve(schema);
    let text = '';
    for (const name of Object.keys(resolved.properties ?? {}).sort()) {
      const field = resolved.properties![name]!;
      text += this.#field(name, field, resolved.required?.includes(name) ?? false, level);
      if (this.#recursive) text += this.#fieldList(field, level + 1, inner);
    }
    for (const part of resolved.allOf ?? []) text += this.#fieldList(part, level, inner);
    if (resolved.items) text += this.#fieldList(resolved.items, level, inner);
    if (typeof resolved.additionalProperties === 'object')
      text += this.#fieldList(resolved.additionalProperties, level, inner);
    return text;
  }

  #field(name: string, field: Schema, required: boolean, level: number): string {
    const margin = level * 2;
    const space = ' '.repeat(margin);
    let text = `${space}${name}\t<${this.#type(field)}>${required ? ' -required-' : ''}`;
    if (field.enum) {
      const shown = field.enum.slice(0, SHORT_ENUM).map(enumText).join(', ');
      text += `\n${space}enum: ${shown}${field.enum.length > SHORT_ENUM ? ', ....' : ''}`;
    }
    text += '\n';
    if (this.#recursive) return text;
    return `${text}${indent(margin + 2, wrap(78 - margin, field.description ?? '<no description>'))}\n\n`;
  }

  #type(schema: Schema): string {
    if (schema.items) return `[]${this.#type(schema.items)}`;
    if (typeof schema.additionalProperties === 'object')
      return `map[string]${this.#type(schema.additionalProperties)}`;
    if (schema.allOf?.length === 1 && !schema.properties) return this.#type(schema.allOf[0]!);
    if (schema.$ref) {
      const target = this.#schemas[schema.$ref.split('/').at(-1)!];
      if (target?.type && target.type !== 'object') return target.type;
      return schema.$ref.split('/').at(-1)!.split('.').at(-1) || 'Object';
    }
    return !schema.type || schema.type === 'object' ? 'Object' : schema.type;
  }
}

const enumText = (value: unknown) => (value === '' ? '""' : String(value));

const indent = (spaces: number, text: string) =>
  text
    .split('\n')
    .map((line) => ' '.repeat(spaces) + line)
    .join('\n');

/** Breaks lines at spaces so that none is longer than `width`, where it can be. */
function wrap(width: number, text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const out: string[] = [];
      const [margin = ''] = /^\s*/.exec(line) ?? [];
      let current = margin;
      for (const word of line.slice(margin.length).split(' ')) {
        if (current.trim() !== '' && current.length + 1 + word.length > width) {
          out.push(current);
          current = word;
        } else current = current.trim() === '' ? current + word : `${current} ${word}`;
      }
      out.push(current);
      return out.join('\n');
    })
    .join('\n');
}
