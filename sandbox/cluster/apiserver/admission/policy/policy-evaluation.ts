/** Evaluates ValidatingAdmissionPolicies (`plugin/policy/validating/{dispatcher,validator}.go`). */
import { selectorOf } from '../../../api/labels.ts';
import type { KubernetesObject } from '../../../api/object.ts';
import { parseApiVersion } from '../../../api/schema.ts';
import { StatusError, type StatusReason } from '../../../api/status.ts';
import { invalid, invalidObject, type FieldError } from '../../../api/validation/field-errors.ts';
import { annotate, refuse } from '../admission.ts';
import {
  contextOf,
  evaluationProblem,
  ExpressionProblem,
  Expressions,
  paramsValue,
  type Result,
} from './admission-expressions.ts';
import type { Write } from './match.ts';

const NO_PARAMS =
  'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction';
const FAILURES = 'validation.policy.admission.k8s.io/validation_failure';

interface Failure {
  policy: string;
  binding: string;
  message: string;
  reason: StatusReason;
  /** Which of the policy's validations. */
  expressionIndex: number;
  actions: readonly string[];
}

interface Named {
  name: string;
  expression: string;
}

const compiled = new WeakMap<KubernetesObject, Expressions>();

function expressionsOf(policy: KubernetesObject): Expressions {
  let expressions = compiled.get(policy);
  if (!expressions) {
    expressions = new Expressions({ params: Boolean(policy.spec.paramKind), variables: true });
    compiled.set(policy, expressions);
  }
  return expressions;
}

/** Throws what the policies refuse; warns and notes what they only say. */
export function enforce(
  pairs: readonly { policy: KubernetesObject; binding: KubernetesObject }[],
  write: Write,
): void {
  const values = contextOf(write);
  const failures = pairs.flatMap(({ policy, binding }) => failuresOf(policy, binding, write, values));
  const { context, object, old } = write;
  const told: object[] = [];
  for (const { actions, policy, binding, message, expressionIndex } of failures) {
    if (actions.includes('Warn'))
      context.warn(
        `Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${binding}': ${message}`,
      );
    if (actions.includes('Audit'))
      told.push({ message, policy, binding, expressionIndex, validationActions: actions });
  }
  if (told.length > 0) annotate(context, FAILURES, JSON.stringify(told));
  const denied = failures.find(({ actions }) => actions.includes('Deny'));
  if (!denied) return;
  const why = `ValidatingAdmissionPolicy '${denied.policy}' with binding '${denied.binding}' denied request: ${denied.message}`;
  const { status } = refuse(context, object ?? old, why, [{ message: why }]);
  throw new StatusError(denied.reason, status.message!, status.details);
}

function failuresOf(
  policy: KubernetesObject,
  binding: KubernetesObject,
  write: Write,
  values: Record<string, unknown>,
): Failure[] {
  const { spec } = policy;
  const expressions = expressionsOf(policy);
  const failed = (message: string, reason: StatusReason = 'Invalid', expressionIndex = 0): Failure => ({
    policy: policy.metadata.name!,
    binding: binding.metadata.name!,
    message,
    reason,
    expressionIndex,
    actions: binding.spec.validationActions,
  });
  const onError = (message: string, index = 0): Failure[] =>
    spec.failurePolicy === 'Ignore' ? [] : [failed(message, 'Invalid', index)];
  const params = paramsOf(policy, binding, write);
  if (params === undefined) return onError(NO_PARAMS);
  return params.flatMap((object) => {
    const context: Record<string, unknown> = { ...values };
    if (spec.paramKind) context.params = paramsValue(object, write, spec.paramKind);
    context.variables = variablesOf(spec.variables, expressions, context);
    const condition = conditionOf(spec.matchConditions, expressions, context);
    if (condition !== true) return condition === false ? [] : onError(condition);
    noteAnnotations(policy, expressions, context, write);
    const found: Failure[] = [];
    for (const [index, validation] of (spec.validations ?? []).entries()) {
      try {
        if (expressions.evaluate(validation.expression, context) === true) continue;
      } catch (error) {
        found.push(...onError(errorText(validation.expression, error), index));
        continue;
      }
      found.push(failed(messageOf(validation, expressions, context), validation.reason, index));
    }
    return found;
  });
}

const errorText = (expression: string, error: unknown): string =>
  error instanceof ExpressionProblem
    ? error.message
    : `expression '${expression}' resulted in error: ${evaluationProblem(error)}`;

/** Evaluated when they are asked for, and once. */
function variablesOf(
  variables: readonly Named[] | undefined,
  expressions: Expressions,
  context: Record<string, unknown>,
): object {
  const out = {};
  for (const { name, expression } of variables ?? []) {
    let value: { of: unknown } | undefined;
    Object.defineProperty(out, name, {
      enumerable: true,
      get: () => (value ??= { of: expressions.evaluate(expression, context) }).of,
    });
  }
  return out;
}

/** Whether all conditions hold; the problem with one that cannot be evaluated, unless another says no. */
export function conditionOf(
  conditions: readonly Named[] | undefined,
  expressions: Expressions,
  context: Record<string, unknown>,
): boolean | string {
  let problem: string | undefined;
  for (const { expression } of conditions ?? []) {
    try {
      if (expressions.evaluate(expression, context) !== true) return false;
    } catch (error) {
      problem ??= errorText(expression, error);
    }
  }
  return problem ?? true;
}

function messageOf(
  {
    expression,
    message,
    messageExpression,
  }: { expression: string; message?: string; messageExpression?: string },
  expressions: Expressions,
  context: Record<string, unknown>,
): string {
  if (messageExpression) {
    try {
      const text = expressions.evaluate(messageExpression, context);
      if (typeof text === 'string' && text.trim() && !text.includes('\n')) return text.trim();
    } catch {
      // The plain message says it then.
    }
  }
  return message?.trim() || `failed expression: ${expression.trim()}`;
}

function noteAnnotations(
  policy: KubernetesObject,
  expressions: Expressions,
  context: Record<string, unknown>,
  write: Write,
): void {
  for (const { key, valueExpression } of policy.spec.auditAnnotations ?? []) {
    try {
      const value = expressions.evaluate(valueExpression, context);
      if (typeof value === 'string' && value.trim())
        annotate(write.context, `${policy.metadata.name}/${key}`, value.trim());
    } catch {
      // Whoever only says something for the log does not refuse anything.
    }
  }
}

/**
 * The parameters that a binding applies the policy with, each by itself: one null for a policy without;
 * undefined where there are none and the binding says that there must be.
 */
function paramsOf(
  { spec: { paramKind } }: KubernetesObject,
  { spec: { paramRef } }: KubernetesObject,
  { context }: Write,
): (KubernetesObject | null)[] | undefined {
  if (!paramKind || !paramRef) return [null];
  const { store, types, request } = context;
  const { group, version } = parseApiVersion(paramKind.apiVersion);
  const resource = types.resourceForKind(group, version, paramKind.kind);
  if (!resource) return undefined;
  const space = group ? `${group}/${resource.resource}` : resource.resource;
  const namespace = resource.namespaced ? (paramRef.namespace ?? request.namespace) : undefined;
  const prefix = namespace ? `${namespace}/` : '';
  const found = paramRef.name
    ? [store.get(space, prefix + paramRef.name)].filter((object) => object !== undefined)
    : store
        .list(space, prefix)
        .filter(({ metadata }) => selectorOf(paramRef.selector).matches(metadata.labels));
  if (found.length > 0) return found;
  return paramRef.parameterNotFoundAction === 'Allow' ? [] : undefined;
}

/** A policy is about to be stored: its expressions must be ones. Throws Invalid. */
export function checkPolicy(policy: KubernetesObject, old: KubernetesObject | undefined): void {
  if (old && old.spec === policy.spec) return;
  const { spec } = policy;
  const expressions = new Expressions({ params: Boolean(spec.paramKind), variables: true });
  const errors: FieldError[] = [];
  /** Those that were declared so far. */
  const variables: string[] = [];
  const check = (path: string, source: string | undefined, ...result: Result[]) => {
    if (!source?.trim()) return;
    try {
      expressions.compile(source, result.length > 0 ? result : undefined, variables);
    } catch (error) {
      if (!(error instanceof ExpressionProblem)) throw error;
      errors.push(invalid(path, source, error.message));
    }
  };
  spec.variables?.forEach(({ name, expression }: Named, index: number) => {
    check(`spec.variables[${index}].expression`, expression);
    variables.push(name);
  });
  spec.matchConditions?.forEach(({ expression }: Named, index: number) =>
    check(`spec.matchConditions[${index}].expression`, expression, 'bool'),
  );
  spec.validations?.forEach(({ expression, messageExpression }: any, index: number) => {
    check(`spec.validations[${index}].expression`, expression, 'bool');
    check(`spec.validations[${index}].messageExpression`, messageExpression, 'string');
  });
  spec.auditAnnotations?.forEach(({ valueExpression }: any, index: number) =>
    check(`spec.auditAnnotations[${index}].valueExpression`, valueExpression, 'string'),
  );
  if (errors.length > 0)
    throw invalidObject(
      { group: 'admissionregistration.k8s.io', kind: 'ValidatingAdmissionPolicy' },
      policy.metadata.name!,
      errors,
    );
}
