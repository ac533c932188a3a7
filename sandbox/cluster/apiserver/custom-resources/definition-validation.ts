/**
 * CustomResourceDefinitions are valid (apiextensions-apiserver `apis/apiextensions/validation`): every
 * problem, in its words. What all versions have alike is held by the definition, as in Go's internal type,
 * so that a schema's problems are at `spec.validation` where there is one version only.
 *
 * Left out: leniency towards definitions that older servers stored (there are none here). A conversion
 * webhook is refused, and the message says why: nothing here calls it.
 */
import { deepEqual } from '../../api/json-patch.ts';
import type { KubernetesObject } from '../../api/object.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
} from '../../api/validation/field-errors.ts';
import { IMMUTABLE, validateObjectMeta, validateObjectMetaUpdate } from '../../api/validation/metadata.ts';
import { isDNS1035Label, isDNS1123Subdomain } from '../../api/validation/names.ts';
import { validateDefaults, type CompileRules } from './default-validation.ts';
import { FieldPathError, resolveFieldPath } from './field-path.ts';
import { schemaForm, versionForm } from './internal-form.ts';
import {
  hasRules,
  invalidText,
  itemsOf,
  valuesOf,
  type DefinitionVersion,
  type Json,
  type JsonSchema,
  type PrinterColumn,
} from './json-schema.ts';
import { validateSchema, type CompileAt } from './schema-rules.ts';
import { validateStructure } from './structural-rules.ts';

/** Compiles rules; they are loaded only where there are some. */
export interface RuleCompilers {
  compileAt: CompileAt;
  compile: CompileRules;
}

const MAX_SELECTABLE_FIELDS = 8;
const APPROVED = 'api-approved.kubernetes.io';
const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const SHARED = ['subresources', 'schema', 'additionalPrinterColumns', 'selectableFields'] as const;
const AT_ROOT = [
  'Description',
  'Type',
  'Format',
  'Title',
  'Maximum',
  'ExclusiveMaximum',
  'Minimum',
  'ExclusiveMinimum',
  'MaxLength',
  'MinLength',
  'Pattern',
  'MaxItems',
  'MinItems',
  'UniqueItems',
  'MultipleOf',
  'Required',
  'Items',
  'Properties',
  'ExternalDocs',
  'Example',
  'XPreserveUnknownFields',
  'XValidations',
];
/** Keywords whose Go name is not their own in upper case. */
const GO_NAMES: Record<string, string> = {
  'x-kubernetes-preserve-unknown-fields': 'XPreserveUnknownFields',
  'x-kubernetes-validations': 'XValidations',
};

export function validateDefinitionCreate(
  definition: KubernetesObject,
  compilers: RuleCompilers,
): FieldError[] {
  const errors: FieldError[] = [];
  const { spec } = definition;
  const checkName = (name: string) =>
    name === `${spec.names?.plural ?? ''}.${spec.group ?? ''}`
      ? isDNS1123Subdomain(name)
      : [...isDNS1123Subdomain(name), 'must be spec.names.plural+"."+spec.group'];
  validateObjectMeta(definition.metadata, false, checkName, 'metadata', errors);
  validateSpec(spec, compilers, errors);
  validateNames(definition.status?.acceptedNames ?? {}, 'status.acceptedNames', errors);
  validateStoredVersions(definition, errors);
  validateApproval(definition, undefined, errors);
  validatePreserve(spec, errors);
  return errors;
}

export function validateDefinitionUpdate(
  next: KubernetesObject,
  old: KubernetesObject,
  compilers: RuleCompilers,
): FieldError[] {
  const errors: FieldError[] = [];
  validateObjectMetaUpdate(next.metadata, old.metadata, 'metadata', errors);
  validateSpec(next.spec, compilers, errors);
  const immutable = (path: string, value: unknown, before: unknown) => {
    if (value !== before) errors.push(invalid(path, value ?? '', IMMUTABLE));
  };
  const established = old.status?.conditions?.some(
    (condition: Json) => condition['type'] === 'Established' && condition['status'] === 'True',
  );
  if (established) {
    immutable('spec.scope', next.spec.scope, old.spec.scope);
    immutable('spec.names.kind', next.spec.names.kind, old.spec.names.kind);
  }
  immutable('spec.group', next.spec.group, old.spec.group);
  immutable('spec.names.plural', next.spec.names.plural, old.spec.names.plural);
  validateNames(next.status?.acceptedNames ?? {}, 'status.acceptedNames', errors);
  validateStoredVersions(next, errors);
  validateApproval(next, old, errors);
  validatePreserve(next.spec, errors);
  return errors;
}

export function validateDefinitionStatus(next: KubernetesObject, old: KubernetesObject): FieldError[] {
  const errors: FieldError[] = [];
  validateObjectMetaUpdate(next.metadata, old.metadata, 'metadata', errors);
  validateNames(next.status?.acceptedNames ?? {}, 'status.acceptedNames', errors);
  return errors;
}

/** Formats that are not checked, which the client is warned of. */
export function unknownFormats(spec: Json, known: (format: string) => boolean): string[] {
  const formats: string[] = [];
  const visit = (schema: JsonSchema | undefined) => {
    if (!schema) return;
    if (schema.format && schema.type === 'string' && !known(schema.format)) formats.push(schema.format);
    visit(itemsOf(schema));
    visit(valuesOf(schema));
    visit(schema.not);
    for (const each of [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])])
      visit(each);
    for (const each of Object.values(schema.properties ?? {})) visit(each);
  };
  for (const version of (spec['versions'] ?? []) as DefinitionVersion[])
    visit(version.schema?.openAPIV3Schema);
  return formats;
}

/** Fields that all versions have alike. */
function sharedFields(versions: readonly DefinitionVersion[]): ReadonlySet<string> {
  const shared = SHARED.filter((name) =>
    versions.every((version) => deepEqual(version[name], versions[0]![name])),
  );
  return new Set(versions.length > 0 ? shared : []);
}

function validateSpec(spec: Json, compilers: RuleCompilers, errors: FieldError[]): void {
  const given = (spec['versions'] ?? []) as Partial<DefinitionVersion>[];
  const versions = given.map((version) => ({ name: '', served: false, storage: false, ...version }));
  const shared = sharedFields(versions);
  const group: string = spec['group'] ?? '';
  if (group === '') errors.push(required('spec.group'));
  else {
    const problems = isDNS1123Subdomain(group);
    if (problems.length > 0) errors.push(invalid('spec.group', group, problems.join(',')));
    else if (!group.includes('.'))
      errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  }
  const scope: string = spec['scope'] ?? '';
  if (scope === '') errors.push(required('spec.scope'));
  else if (scope !== 'Cluster' && scope !== 'Namespaced')
    errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  versions.forEach(({ schema }, index) => {
    if (!schema?.openAPIV3Schema) errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`));
  });
  versions.forEach((version, index) =>
    validateVersion(version, `spec.versions[${index}]`, shared, compilers, errors),
  );

  const shown = spec['versions']
    ? `[${versions.map((version) => versionForm(version, shared)).join(',')}]`
    : 'null';
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    errors.push(invalidText('spec.versions', shown, 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.push(
      invalidText('spec.versions', shown, 'must have exactly one version marked as storage version'),
    );
  const [first] = versions;
  if (first) {
    const problems = isDNS1035Label(first.name);
    if (problems.length > 0) errors.push(invalid('spec.version', first.name, problems.join(',')));
  }
  const names: Json = spec['names'] ?? {};
  for (const name of ['plural', 'singular', 'kind', 'listKind'])
    if (!names[name]) errors.push(required(`spec.names.${name}`));
  validateNames(names, 'spec.names', errors);
  if (first) validateShared(first, shared, compilers, errors);
  validateConversion(spec['conversion'], errors);
}

function validateVersion(
  version: DefinitionVersion,
  path: string,
  shared: ReadonlySet<string>,
  compilers: RuleCompilers,
  errors: FieldError[],
): void {
  const problems = isDNS1035Label(version.name);
  if (problems.length > 0) errors.push(invalid(`${path}.name`, version.name, problems.join(',')));
  validateDeprecation(version, `${path}.deprecationWarning`, errors);
  const { schema, subresources, additionalPrinterColumns, selectableFields } = version;
  if (!shared.has('schema') && schema?.openAPIV3Schema)
    validateValidation(
      schema.openAPIV3Schema,
      subresources?.status !== undefined,
      `${path}.schema`,
      compilers,
      errors,
    );
  if (!shared.has('subresources')) validateSubresources(subresources, `${path}.subresources`, errors);
  if (!shared.has('additionalPrinterColumns'))
    validateColumns(additionalPrinterColumns, `${path}.additionalPrinterColumns`, errors);
  if (!shared.has('selectableFields'))
    validateSelectableFields(selectableFields, schema?.openAPIV3Schema, `${path}.selectableFields`, errors);
}

/** What is the definition's own because every version has it. */
function validateShared(
  first: DefinitionVersion,
  shared: ReadonlySet<string>,
  compilers: RuleCompilers,
  errors: FieldError[],
): void {
  const { schema, subresources, additionalPrinterColumns, selectableFields } = first;
  if (shared.has('schema') && schema?.openAPIV3Schema) {
    const status = subresources?.status !== undefined;
    validateValidation(schema.openAPIV3Schema, status, 'spec.validation', compilers, errors);
  }
  if (shared.has('subresources')) validateSubresources(subresources, 'spec.subresources', errors);
  if (shared.has('additionalPrinterColumns'))
    validateColumns(additionalPrinterColumns, 'spec.additionalPrinterColumns', errors);
  if (shared.has('selectableFields'))
    validateSelectableFields(selectableFields, schema?.openAPIV3Schema, 'spec.selectableFields', errors);
}

function validateDeprecation(version: DefinitionVersion, path: string, errors: FieldError[]): void {
  const { deprecated, deprecationWarning } = version;
  if (deprecationWarning === undefined) return;
  const problem = (detail: string) => errors.push(invalid(path, deprecationWarning, detail));
  if (!deprecated) {
    problem('can only be set for deprecated versions');
    return;
  }
  if (deprecationWarning.length > 256) problem('must be <= 256 characters long');
  if (deprecationWarning === '') problem('must not be an empty string');
  const hidden = /[^\P{C}]|[\p{Zl}\p{Zp}]/u.exec(deprecationWarning);
  if (hidden)
    problem(
      `must only contain printable UTF-8 characters; non-printable character found at index ${hidden.index}`,
    );
}

function validateNames(names: Json, path: string, errors: FieldError[]): void {
  const label = (field: string, value: string, prefix = '') => {
    if (!value) return;
    const problems = isDNS1035Label(prefix ? value.toLowerCase() : value);
    if (problems.length > 0) errors.push(invalid(`${path}.${field}`, value, prefix + problems.join(',')));
  };
  const mixed = 'may have mixed case, but should otherwise match: ';
  label('plural', names['plural']);
  label('singular', names['singular']);
  label('kind', names['kind'], mixed);
  label('listKind', names['listKind'], mixed);
  (names['shortNames'] ?? []).forEach((name: string, index: number) => label(`shortNames[${index}]`, name));
  if (names['kind'] && names['kind'] === names['listKind'])
    errors.push(invalid(`${path}.listKind`, names['listKind'], 'kind and listKind may not be the same'));
  (names['categories'] ?? []).forEach((name: string, index: number) => label(`categories[${index}]`, name));
}

/** `status`: the version has a status subresource, whose schema is taken out of the root's properties. */
function validateValidation(
  schema: JsonSchema,
  status: boolean,
  path: string,
  compilers: RuleCompilers,
  errors: FieldError[],
): void {
  const at = `${path}.openAPIV3Schema`;
  if (status) validateRootWithStatus(schema, at, errors);
  if (schema.nullable) errors.push(forbidden(`${at}.nullable`, 'nullable cannot be true at the root'));
  const structural: FieldError[] = [];
  if (isConvertible(schema)) {
    structural.push(...validateStructure(schema, at));
    if (structural.length === 0) validateDefaults(schema, at, compilers.compile, structural);
  }
  errors.push(...structural);
  const compile =
    structural.length === 0 && isConvertible(schema) && hasRules(schema) ? compilers.compileAt : undefined;
  errors.push(...validateSchema(schema, at, compile));
}

/** Keywords that no structural schema can have end the conversion to one; they are said by themselves. */
function isConvertible(schema: JsonSchema): boolean {
  const unsupported: (keyof JsonSchema)[] = [
    'id',
    '$schema',
    '$ref',
    'patternProperties',
    'dependencies',
    'additionalItems',
    'definitions',
  ];
  if (unsupported.some((keyword) => schema[keyword] !== undefined) || Array.isArray(schema.items))
    return false;
  const below = [
    itemsOf(schema),
    valuesOf(schema),
    schema.not,
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...Object.values(schema.properties ?? {}),
  ];
  return below.every((each) => each === undefined || isConvertible(each));
}

function validateRootWithStatus(schema: JsonSchema, path: string, errors: FieldError[]): void {
  if (schema.type && schema.type !== 'object') {
    errors.push(
      invalid(
        `${path}.type`,
        schema.type,
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
      ),
    );
    return;
  }
  const goName = (keyword: string) => GO_NAMES[keyword] ?? keyword[0]!.toUpperCase() + keyword.slice(1);
  const others = Object.keys(schema).filter((keyword) => !AT_ROOT.includes(goName(keyword)));
  if (others.length > 0)
    errors.push(
      invalidText(
        path,
        schemaForm(schema),
        `only [${AT_ROOT.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`,
      ),
    );
}

function validateColumns(columns: PrinterColumn[] = [], path: string, errors: FieldError[]): void {
  columns.forEach(({ name, type, format, jsonPath }, index) => {
    const at = (field: string) => `${path}[${index}].${field}`;
    if (!name) errors.push(required(at('name')));
    const types = `must be one of ${COLUMN_TYPES.join(',')}`;
    if (!type) errors.push(required(at('type'), types));
    else if (!COLUMN_TYPES.includes(type)) errors.push(invalid(at('type'), type, types));
    if (format && !COLUMN_FORMATS.includes(format))
      errors.push(invalid(at('format'), format, `must be one of ${COLUMN_FORMATS.join(',')}`));
    if (!jsonPath) errors.push(required(at('JSONPath')));
    else validateSimplePath(jsonPath, at('JSONPath'), errors);
  });
}

/** Whether the path begins as it has to. */
function validateSimplePath(path: string, field: string, errors: FieldError[]): boolean {
  if (path.startsWith('.')) return true;
  errors.push(invalid(field, path, 'must be a simple json path starting with .'));
  return false;
}

function validateSubresources(
  subresources: DefinitionVersion['subresources'],
  path: string,
  errors: FieldError[],
): void {
  const { scale } = subresources ?? {};
  if (!scale) return;
  const check = (name: 'specReplicasPath' | 'statusReplicasPath', parent: string) => {
    const field = `${path}.scale.${name}`;
    const value = scale[name];
    if (!value) errors.push(required(field));
    else if (validateSimplePath(value, field, errors) && !value.startsWith(`${parent}.`))
      errors.push(invalid(field, value, `should be a json path under ${parent}`));
  };
  check('specReplicasPath', '.spec');
  check('statusReplicasPath', '.status');
  const { labelSelectorPath } = scale;
  const field = `${path}.scale.labelSelectorPath`;
  if (
    labelSelectorPath &&
    validateSimplePath(labelSelectorPath, field, errors) &&
    !/^\.(spec|status)\./.test(labelSelectorPath)
  )
    errors.push(invalid(field, labelSelectorPath, 'should be a json path under either .spec or .status'));
}

function validateSelectableFields(
  fields: { jsonPath: string }[] = [],
  schema: JsonSchema | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (fields.length === 0 || !schema) return;
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, index) => {
    const at = `${path}[${index}].jsonPath`;
    if (!jsonPath) {
      errors.push(required(at));
      return;
    }
    try {
      const found = resolveFieldPath(jsonPath, schema, false);
      if (found.field.split('.')[0] === 'metadata')
        errors.push(invalid(at, jsonPath, 'must not point to fields in metadata'));
      if (!['string', 'boolean', 'integer'].includes(found.schema.type ?? ''))
        errors.push(
          invalid(
            at,
            jsonPath,
            'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
          ),
        );
      if (seen.has(found.field)) errors.push(duplicate(at, jsonPath));
      seen.add(found.field);
    } catch (error) {
      if (!(error instanceof FieldPathError)) throw error;
      errors.push(invalid(at, jsonPath, `is an invalid path: ${error.message}`));
    }
  });
  if (seen.size > MAX_SELECTABLE_FIELDS)
    errors.push({
      reason: 'FieldValueTooMany',
      field: path,
      message: `Too many: ${seen.size}: must have at most ${MAX_SELECTABLE_FIELDS} items`,
    });
}

function validateConversion(conversion: Json | undefined, errors: FieldError[]): void {
  if (!conversion) return;
  const strategy: string = conversion['strategy'] ?? '';
  const webhook: Json | undefined = conversion['webhook'];
  const client: Json | undefined = webhook?.['clientConfig'];
  const reviews: string[] = webhook?.['conversionReviewVersions'] ?? [];
  if (strategy === '') errors.push(required('spec.conversion.strategy'));
  else if (strategy !== 'None' && strategy !== 'Webhook')
    errors.push(notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook']));
  if (strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook';
    if (client) errors.push(forbidden('spec.conversion.webhookClientConfig', detail));
    if (reviews.length > 0) errors.push(forbidden('spec.conversion.conversionReviewVersions', detail));
    return;
  }
  const before = errors.length;
  if (!client)
    errors.push(required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook'));
  else if ((client['url'] === undefined) === (client['service'] === undefined))
    errors.push(required('spec.conversion.webhookClientConfig', 'exactly one of url or service is required'));
  if (reviews.length === 0) errors.push(required('spec.conversion.conversionReviewVersions'));
  else if (!reviews.includes('v1') && !reviews.includes('v1beta1'))
    errors.push(
      invalid(
        'spec.conversion.conversionReviewVersions',
        reviews,
        'must include at least one of v1, v1beta1',
      ),
    );
  if (errors.length === before)
    errors.push(
      forbidden(
        'spec.conversion.strategy',
        'conversion webhooks are not called by this cluster; use strategy None, which changes apiVersion and nothing else',
      ),
    );
}

function validateStoredVersions({ spec, status }: KubernetesObject, errors: FieldError[]): void {
  const stored: string[] = status?.storedVersions ?? [];
  const path = 'status.storedVersions';
  if (stored.length === 0) {
    errors.push(invalid(path, status?.storedVersions ?? null, 'must have at least one stored version'));
    return;
  }
  const versions = (spec.versions ?? []) as DefinitionVersion[];
  for (const { name, storage } of versions)
    if (storage && !stored.includes(name))
      errors.push(invalid(path, stored, `must have the storage version ${name}`));
  stored.forEach((name, index) => {
    if (!versions.some((version) => version.name === name))
      errors.push(
        invalid(
          `${path}[${index}]`,
          name,
          `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
        ),
      );
  });
}

type Approval = 'missing' | 'bypassed' | 'approved' | 'invalid';

function approvalOf({ metadata }: KubernetesObject): Approval {
  const text = metadata.annotations?.[APPROVED] ?? '';
  if (text === '') return 'missing';
  if (text.startsWith('unapproved')) return 'bypassed';
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/\s]+/.test(text) ? 'approved' : 'invalid';
}

/** Groups of Kubernetes' own community are guarded against definitions that it did not review. */
function validateApproval(
  next: KubernetesObject,
  old: KubernetesObject | undefined,
  errors: FieldError[],
): void {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(next.spec.group ?? '')) return;
  const approval = approvalOf(next);
  if (old && approvalOf(old) === approval) return;
  const path = `metadata.annotations[${APPROVED}]`;
  const must = `protected groups must have approval annotation "${APPROVED}"`;
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111';
  if (approval === 'missing') errors.push(required(path, `${must}, ${see}`));
  if (approval === 'invalid')
    errors.push(
      invalid(
        path,
        next.metadata.annotations![APPROVED],
        `${must} with either a URL or a reason starting with "unapproved", ${see}`,
      ),
    );
}

function validatePreserve(spec: Json, errors: FieldError[]): void {
  if (spec['preserveUnknownFields'])
    errors.push(
      invalid(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    );
}
