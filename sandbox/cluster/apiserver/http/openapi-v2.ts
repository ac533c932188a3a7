/**
 * OpenAPI v2: the documents of all groups in one, as JSON and as gnostic's protobuf message, which is the form
 * that kubectl asks for (`application/com.github.proto-openapi.spec.v2@v1.0+protobuf`). Made of version 3, for
 * `kubectl explain --output plaintext-openapiv2` and clients from before it.
 *
 * Left out of the protobuf: paths, which nobody reads there.
 */
import { dump } from 'js-yaml';
import { concat, encode } from '../../../core/bytes.ts';
import { varint } from '../../api/protobuf-varint.ts';
import { KUBERNETES_VERSION, type TypeRegistry } from '../../api/schema.ts';
import type { Describe } from '../prose/prose.ts';
import { documentPaths, openApiDocument } from './openapi.ts';

type Json = Record<string, any>;

/** As kubectl asks for it, and as it is answered. */
export const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

export function openApiV2(types: TypeRegistry, describe: Describe): Json {
  const paths: Json = {};
  const definitions: Json = {};
  const version = `v${KUBERNETES_VERSION}`;
  for (const path of documentPaths(types)) {
    const document = openApiDocument(types, path, version, describe) as Json;
    for (const [name, schema] of Object.entries<Json>(document.components.schemas))
      definitions[name] ??= schemaV2(schema);
    for (const [name, item] of Object.entries<Json>(document.paths)) paths[name] = pathItemV2(item);
  }
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version },
    paths: sorted(paths),
    definitions: sorted(definitions),
    securityDefinitions: {
      BearerToken: {
        description: 'Bearer Token authentication',
        type: 'apiKey',
        name: 'authorization',
        in: 'header',
      },
    },
    security: [{ BearerToken: [] }],
  };
}

const sorted = (members: Json): Json =>
  Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));

/** References are at other places, and what version 2 has no words for is left out. */
function schemaV2(schema: Json): Json {
  const { allOf, oneOf, anyOf, not: _not, nullable: _nullable, ...rest } = schema;
  const out: Json = { ...rest };
  // A reference beside a description is one in a list of its own in version 3.
  if (allOf?.length === 1 && allOf[0].$ref) out.$ref = definitionOf(allOf[0].$ref);
  if ((oneOf || anyOf) && !out.type && !out['x-kubernetes-int-or-string']) out.type = 'string';
  if (out.$ref) out.$ref = definitionOf(out.$ref);
  // Old clients took a type at its word, where null or anything else could stand.
  if (schema.nullable || (schema['x-kubernetes-preserve-unknown-fields'] && !schema.properties)) {
    delete out.type;
    return out;
  }
  if (schema.items) out.items = schemaV2(schema.items);
  if (typeof schema.additionalProperties === 'object')
    out.additionalProperties = schemaV2(schema.additionalProperties);
  if (schema.properties) {
    out.properties = {};
    for (const name of Object.keys(schema.properties).sort())
      out.properties[name] = schemaV2(schema.properties[name]);
  }
  return out;
}

const definitionOf = (ref: string): string => ref.replace('#/components/schemas/', '#/definitions/');

function pathItemV2(item: Json): Json {
  const out: Json = {};
  for (const [name, value] of Object.entries<any>(item))
    out[name] = name === 'parameters' ? value.map(parameterV2) : operationV2(value);
  return out;
}

const parameterV2 = ({ schema, ...parameter }: Json): Json => ({ ...parameter, ...schema });

function operationV2({ requestBody, responses, parameters = [], ...operation }: Json): Json {
  const schemaOf = (holder: Json | undefined): Json | undefined =>
    Object.values<Json>(holder?.content ?? {})[0]?.schema;
  const body = schemaOf(requestBody);
  const given = parameters.map(parameterV2);
  if (body) given.push({ name: 'body', in: 'body', required: true, schema: schemaV2(body) });
  const answers: Json = {};
  for (const [code, response] of Object.entries<Json>(responses)) {
    const schema = schemaOf(response);
    answers[code] = { description: response.description, ...(schema && { schema: schemaV2(schema) }) };
  }
  const consumes = Object.keys(requestBody?.content ?? { '*/*': {} });
  const produces = ['application/json', 'application/yaml'];
  return { ...operation, consumes, produces, parameters: given, responses: answers };
}

/** The document as a message `openapi.v2.Document` of gnostic. */
export function openApiV2Protobuf({ swagger, info, definitions }: Json): Uint8Array {
  const writer = new MessageWriter();
  writer.text(1, swagger);
  writer.message(2, (inner) => {
    inner.text(1, info.title);
    inner.text(2, info.version);
  });
  writer.message(8, () => {});
  writer.message(9, (inner) => {
    for (const name in definitions) inner.message(1, (named) => writeNamed(named, name, definitions[name]));
  });
  return writer.bytes();
}

function writeNamed(writer: MessageWriter, name: string, schema: Json): void {
  writer.text(1, name);
  writer.message(2, (inner) => writeSchema(inner, schema));
}

/** Numbers are those of `openapiv2/OpenAPIv2.proto`. */
function writeSchema(writer: MessageWriter, schema: Json): void {
  writer.text(1, schema.$ref);
  writer.text(2, schema.format);
  writer.text(3, schema.title);
  writer.text(4, schema.description);
  if (schema.default !== undefined) writer.message(5, (inner) => writeAny(inner, schema.default));
  for (const name of schema.required ?? []) writer.text(19, name);
  for (const value of schema.enum ?? []) writer.message(20, (inner) => writeAny(inner, value));
  const { additionalProperties } = schema;
  if (typeof additionalProperties === 'object')
    writer.message(21, (inner) => inner.message(1, (each) => writeSchema(each, additionalProperties)));
  if (schema.type) writer.message(22, (inner) => inner.text(1, schema.type));
  if (schema.items)
    writer.message(23, (inner) => inner.message(1, (each) => writeSchema(each, schema.items)));
  if (schema.properties)
    writer.message(25, (inner) => {
      for (const name in schema.properties)
        inner.message(1, (named) => writeNamed(named, name, schema.properties[name]));
    });
  for (const name in schema)
    if (name.startsWith('x-kubernetes-'))
      writer.message(31, (inner) => {
        inner.text(1, name);
        inner.message(2, (any) => writeAny(any, schema[name]));
      });
}

/** Any value, as YAML. */
const writeAny = (writer: MessageWriter, value: unknown): void =>
  writer.text(2, dump(value, { lineWidth: -1, noRefs: true, sortKeys: true }));

/** Writes a protobuf message: texts and messages are all that is needed here. */
class MessageWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  text(field: number, value: string | undefined): void {
    if (value) this.#delimited(field, [encode(value)]);
  }

  message(field: number, write: (inner: MessageWriter) => void): void {
    const inner = new MessageWriter();
    write(inner);
    this.#delimited(field, inner.#parts, inner.#length);
  }

  bytes(): Uint8Array {
    return concat(this.#parts);
  }

  #delimited(field: number, parts: readonly Uint8Array[], length = parts[0]!.length): void {
    this.#push(varint(field * 8 + 2));
    this.#push(varint(length));
    for (const part of parts) this.#push(part);
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#length += part.length;
  }
}
