/**
 * Admission policies, their bindings and webhook configurations (`pkg/apis/admissionregistration/validation`).
 * Expressions are compiled where CEL is, in the API server.
 */
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from './field-errors.ts';
import { isDNS1123Subdomain, isQualifiedName } from './names.ts';
import type { KindValidation } from './validate.ts';

const GROUP = 'admissionregistration.k8s.io';
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const FAILURE_POLICIES = ['Fail', 'Ignore'];
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const ACTIONS = ['Audit', 'Deny', 'Warn'];
const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/;

function validatePolicy({ spec = {} }: any, errors: FieldError[]): void {
  if (spec.paramKind) {
    if (!spec.paramKind.apiVersion) errors.push(required('spec.paramKind.apiVersion'));
    if (!spec.paramKind.kind) errors.push(required('spec.paramKind.kind'));
  }
  if (spec.failurePolicy !== undefined && !FAILURE_POLICIES.includes(spec.failurePolicy))
    errors.push(notSupported('spec.failurePolicy', spec.failurePolicy, FAILURE_POLICIES));
  const constraints = spec.matchConstraints;
  if (!constraints) errors.push(required('spec.matchConstraints'));
  else {
    if (!constraints.resourceRules?.length) errors.push(required('spec.matchConstraints.resourceRules'));
    validateRules(constraints.resourceRules, 'spec.matchConstraints.resourceRules', errors);
    validateRules(constraints.excludeResourceRules, 'spec.matchConstraints.excludeResourceRules', errors);
  }
  validateMatchConditions(spec.matchConditions, 'spec.matchConditions', errors);
  spec.variables?.forEach(({ name, expression }: any, index: number) => {
    const path = `spec.variables[${index}]`;
    if (!name?.trim()) errors.push(required(`${path}.name`, 'name is not specified'));
    else if (!IDENTIFIER.test(name))
      errors.push(invalid(`${path}.name`, name, 'must be a valid CEL identifier'));
    if (!expression?.trim()) errors.push(required(`${path}.expression`, 'expression is not specified'));
  });
  if (!spec.validations?.length && !spec.auditAnnotations?.length)
    for (const field of ['validations', 'auditAnnotations'])
      errors.push(
        required(`spec.${field}`, 'validations or auditAnnotations must contain at least one item'),
      );
  spec.validations?.forEach(({ expression, message, reason }: any, index: number) => {
    const path = `spec.validations[${index}]`;
    if (!expression?.trim()) errors.push(required(`${path}.expression`, 'expression is not specified'));
    if (message?.includes('\n'))
      errors.push(invalid(`${path}.message`, message, 'must not contain line breaks'));
    if (reason !== undefined && !REASONS.includes(reason))
      errors.push(notSupported(`${path}.reason`, reason, REASONS));
  });
  const keys = new Set<string>();
  spec.auditAnnotations?.forEach(({ key, valueExpression }: any, index: number) => {
    const path = `spec.auditAnnotations[${index}]`;
    if (!key) errors.push(required(`${path}.key`, 'key must be non-empty'));
    else if (keys.has(key)) errors.push(duplicate(`${path}.key`, key));
    keys.add(key);
    if (!valueExpression?.trim())
      errors.push(required(`${path}.valueExpression`, 'valueExpression is not specified'));
  });
}

function validateRules(rules: any[] | undefined, path: string, errors: FieldError[]): void {
  rules?.forEach((rule, index) => {
    const at = `${path}[${index}]`;
    if (!rule.operations?.length) errors.push(required(`${at}.operations`));
    rule.operations?.forEach((operation: string, operationIndex: number) => {
      if (!OPERATIONS.includes(operation))
        errors.push(notSupported(`${at}.operations[${operationIndex}]`, operation, OPERATIONS));
    });
    for (const field of ['apiGroups', 'apiVersions', 'resources'])
      if (!rule[field]?.length) errors.push(required(`${at}.${field}`));
  });
}

function validateMatchConditions(conditions: any[] | undefined, path: string, errors: FieldError[]): void {
  const names = new Set<string>();
  conditions?.forEach(({ name, expression }, index) => {
    const at = `${path}[${index}]`;
    if (!name) errors.push(required(`${at}.name`));
    else for (const problem of isQualifiedName(name)) errors.push(invalid(`${at}.name`, name, problem));
    if (name && names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (!expression?.trim()) errors.push(required(`${at}.expression`));
  });
}

function validateBinding({ spec = {} }: any, errors: FieldError[]): void {
  const { policyName, validationActions, paramRef } = spec;
  if (!policyName) errors.push(required('spec.policyName'));
  else
    for (const problem of isDNS1123Subdomain(policyName))
      errors.push(invalid('spec.policyName', policyName, problem));
  if (paramRef) validateParamRef(paramRef, errors);
  if (!validationActions?.length)
    errors.push(required('spec.validationActions', 'at least one validation action is required'));
  validationActions?.forEach((action: string, index: number) => {
    const path = `spec.validationActions[${index}]`;
    if (!ACTIONS.includes(action)) errors.push(notSupported(path, action, ACTIONS));
    if (validationActions.indexOf(action) < index) errors.push(duplicate(path, action));
  });
  if (validationActions?.includes('Deny') && validationActions.includes('Warn'))
    errors.push(
      invalid(
        'spec.validationActions',
        ['Deny', 'Warn'],
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    );
}

function validateParamRef({ name, selector, parameterNotFoundAction }: any, errors: FieldError[]): void {
  const path = 'spec.paramRef';
  if (name && selector)
    for (const field of ['name', 'selector'])
      errors.push(forbidden(`${path}.${field}`, 'name and selector are mutually exclusive'));
  if (!name && !selector) errors.push(required(path, 'one of name or selector must be specified'));
  if (parameterNotFoundAction === undefined) errors.push(required(`${path}.parameterNotFoundAction`));
}

function validateWebhooks({ webhooks }: any, errors: FieldError[]): void {
  const names = new Set<string>();
  webhooks?.forEach((webhook: any, index: number) => {
    const path = `webhooks[${index}]`;
    const { name, clientConfig = {}, sideEffects, timeoutSeconds, admissionReviewVersions } = webhook;
    if (!name || name.split('.').length < 3 || isDNS1123Subdomain(name).length > 0)
      errors.push(
        invalid(
          `${path}.name`,
          name ?? '',
          'should be a domain with at least three segments separated by dots',
        ),
      );
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    validateRules(webhook.rules, `${path}.rules`, errors);
    if (webhook.failurePolicy !== undefined && !FAILURE_POLICIES.includes(webhook.failurePolicy))
      errors.push(notSupported(`${path}.failurePolicy`, webhook.failurePolicy, FAILURE_POLICIES));
    if (sideEffects === undefined)
      errors.push(required(`${path}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
    else if (!['None', 'NoneOnDryRun'].includes(sideEffects))
      errors.push(notSupported(`${path}.sideEffects`, sideEffects, ['None', 'NoneOnDryRun']));
    if (timeoutSeconds !== undefined && (timeoutSeconds < 1 || timeoutSeconds > 30))
      errors.push(
        invalid(
          `${path}.timeoutSeconds`,
          timeoutSeconds,
          'the timeout value must be between 1 and 30 seconds',
        ),
      );
    if (!admissionReviewVersions?.length)
      errors.push(required(`${path}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
    validateMatchConditions(webhook.matchConditions, `${path}.matchConditions`, errors);
    if (Boolean(clientConfig.url) === Boolean(clientConfig.service))
      errors.push(required(`${path}.clientConfig`, 'exactly one of url or service is required'));
  });
}

export const admissionValidators: Record<string, KindValidation> = {
  [`${GROUP}/ValidatingAdmissionPolicy`]: { create: validatePolicy },
  [`${GROUP}/ValidatingAdmissionPolicyBinding`]: { create: validateBinding },
  [`${GROUP}/ValidatingWebhookConfiguration`]: { create: validateWebhooks },
  [`${GROUP}/MutatingWebhookConfiguration`]: { create: validateWebhooks },
};
