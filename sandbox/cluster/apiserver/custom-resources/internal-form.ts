/**
 * Definitions as Go's internal types print them. Some messages show a whole version or schema, and the API
 * server prints it in this form: every field, in the order of the struct, with its Go name.
 */
import { isObject } from '../../api/json-object.ts';
import {
  goJson,
  type DefinitionVersion,
  type Json,
  type JsonSchema,
  type ValidationRule,
} from './json-schema.ts';

const text = (value: unknown): string => goJson(value ?? '');
const flag = (value: unknown): string => String(value === true);
const pointer = (value: unknown): string => goJson(value ?? null);

const struct = (fields: [name: string, value: string][]): string =>
  `{${fields.map(([name, value]) => `"${name}":${value}`).join(',')}}`;

const list = <T>(items: readonly T[] | undefined, write: (item: T) => string): string =>
  items?.length ? `[${items.map(write).join(',')}]` : 'null';

function map<T>(members: Record<string, T> | undefined, write: (member: T) => string): string {
  if (!members || Object.keys(members).length === 0) return 'null';
  const names = Object.keys(members).sort();
  return `{${names.map((name) => `${goJson(name)}:${write(members[name]!)}`).join(',')}}`;
}

export const ruleForm = (rule: ValidationRule): string =>
  struct([
    ['Rule', text(rule.rule)],
    ['Message', text(rule.message)],
    ['MessageExpression', text(rule.messageExpression)],
    ['Reason', pointer(rule.reason)],
    ['FieldPath', text(rule.fieldPath)],
    ['OptionalOldSelf', pointer(rule.optionalOldSelf)],
  ]);

function orBool(value: JsonSchema | boolean | undefined): string {
  if (value === undefined) return 'null';
  return struct([
    ['Allows', flag(value === true || isObject(value))],
    ['Schema', isObject(value) ? schemaForm(value) : 'null'],
  ]);
}

export function schemaForm(schema: JsonSchema): string {
  const { items, not, externalDocs } = schema;
  return struct([
    ['ID', text(schema.id)],
    ['Schema', text(schema.$schema)],
    ['Ref', pointer(schema.$ref)],
    ['Description', text(schema.description)],
    ['Type', text(schema.type)],
    ['Nullable', flag(schema.nullable)],
    ['Format', text(schema.format)],
    ['Title', text(schema.title)],
    ['Default', pointer(schema.default)],
    ['Maximum', pointer(schema.maximum)],
    ['ExclusiveMaximum', flag(schema.exclusiveMaximum)],
    ['Minimum', pointer(schema.minimum)],
    ['ExclusiveMinimum', flag(schema.exclusiveMinimum)],
    ['MaxLength', pointer(schema.maxLength)],
    ['MinLength', pointer(schema.minLength)],
    ['Pattern', text(schema.pattern)],
    ['MaxItems', pointer(schema.maxItems)],
    ['MinItems', pointer(schema.minItems)],
    ['UniqueItems', flag(schema.uniqueItems)],
    ['MultipleOf', pointer(schema.multipleOf)],
    ['Enum', list(schema.enum, goJson)],
    ['MaxProperties', pointer(schema.maxProperties)],
    ['MinProperties', pointer(schema.minProperties)],
    ['Required', list(schema.required, goJson)],
    [
      'Items',
      items === undefined
        ? 'null'
        : struct([
            ['Schema', Array.isArray(items) ? 'null' : schemaForm(items)],
            ['JSONSchemas', Array.isArray(items) ? list(items, schemaForm) : 'null'],
          ]),
    ],
    ['AllOf', list(schema.allOf, schemaForm)],
    ['OneOf', list(schema.oneOf, schemaForm)],
    ['AnyOf', list(schema.anyOf, schemaForm)],
    ['Not', not ? schemaForm(not) : 'null'],
    ['Properties', map(schema.properties, schemaForm)],
    ['AdditionalProperties', orBool(schema.additionalProperties)],
    ['PatternProperties', map(schema.patternProperties, schemaForm)],
    [
      'Dependencies',
      map(schema.dependencies, (each) =>
        struct([
          ['Schema', Array.isArray(each) ? 'null' : schemaForm(each)],
          ['Property', Array.isArray(each) ? list(each, goJson) : 'null'],
        ]),
      ),
    ],
    ['AdditionalItems', orBool(schema.additionalItems)],
    ['Definitions', map(schema.definitions, schemaForm)],
    [
      'ExternalDocs',
      externalDocs
        ? struct([
            ['Description', text(externalDocs['description'])],
            ['URL', text(externalDocs['url'])],
          ])
        : 'null',
    ],
    ['Example', pointer(schema.example)],
    ['XPreserveUnknownFields', pointer(schema['x-kubernetes-preserve-unknown-fields'])],
    ['XEmbeddedResource', flag(schema['x-kubernetes-embedded-resource'])],
    ['XIntOrString', flag(schema['x-kubernetes-int-or-string'])],
    ['XListMapKeys', list(schema['x-kubernetes-list-map-keys'], goJson)],
    ['XListType', pointer(schema['x-kubernetes-list-type'])],
    ['XMapType', pointer(schema['x-kubernetes-map-type'])],
    ['XValidations', list(schema['x-kubernetes-validations'], ruleForm)],
  ]);
}

/** `shared`: what all versions have alike is held by the definition, and their own is empty. */
export function versionForm(version: DefinitionVersion, shared: ReadonlySet<string>): string {
  const { schema, subresources, additionalPrinterColumns, selectableFields } = version;
  const own = <T>(name: string, value: T | undefined): T | undefined =>
    shared.has(name) ? undefined : value;
  const ownSchema = own('schema', schema);
  const ownSubresources = own('subresources', subresources);
  return struct([
    ['Name', text(version.name)],
    ['Served', flag(version.served)],
    ['Storage', flag(version.storage)],
    ['Deprecated', flag(version.deprecated)],
    ['DeprecationWarning', pointer(version.deprecationWarning)],
    [
      'Schema',
      ownSchema
        ? struct([
            ['OpenAPIV3Schema', ownSchema.openAPIV3Schema ? schemaForm(ownSchema.openAPIV3Schema) : 'null'],
          ])
        : 'null',
    ],
    ['Subresources', ownSubresources ? subresourcesForm(ownSubresources) : 'null'],
    [
      'AdditionalPrinterColumns',
      list(own('additionalPrinterColumns', additionalPrinterColumns), (column) =>
        struct([
          ['Name', text(column.name)],
          ['Type', text(column.type)],
          ['Format', text(column.format)],
          ['Description', text(column.description)],
          ['Priority', String(column.priority ?? 0)],
          ['JSONPath', text(column.jsonPath)],
        ]),
      ),
    ],
    [
      'SelectableFields',
      list(own('selectableFields', selectableFields), (field) =>
        struct([['JSONPath', text(field.jsonPath)]]),
      ),
    ],
  ]);
}

function subresourcesForm({ status, scale }: NonNullable<DefinitionVersion['subresources']>): string {
  const paths = (scale ?? {}) as Json;
  return struct([
    ['Status', status ? '{}' : 'null'],
    [
      'Scale',
      scale
        ? struct([
            ['SpecReplicasPath', text(paths['specReplicasPath'])],
            ['StatusReplicasPath', text(paths['statusReplicasPath'])],
            ['LabelSelectorPath', pointer(paths['labelSelectorPath'])],
          ])
        : 'null',
    ],
  ]);
}
