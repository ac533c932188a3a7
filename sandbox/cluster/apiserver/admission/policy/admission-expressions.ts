/**
 * CEL as admission has it: `object`, `oldObject`, `request`, `params`, `namespaceObject`, `variables` and
 * `authorizer` (`k8s.io/apiserver/pkg/admission/plugin/cel`, `pkg/cel/library/authz.go`).
 *
 * Fields arrive with the types of their schema, but expressions are checked against values of any type: a
 * misspelt field is found when the policy runs, not in its `status.typeChecking`.
 */
import type { Environment } from '@marcbachmann/cel-js';
import { markedProblem } from '../../../../cel/compile-problem.ts';
import { createEnvironment } from '../../../../cel/environment.ts';
import { CelValues } from '../../../../cel/value.ts';
import type { KubernetesObject } from '../../../api/object.ts';
import type { UserInfo } from '../../../api/request.ts';
import { apiVersionOf, parseApiVersion } from '../../../api/schema.ts';
import type { Authorizer, Decision } from '../../authorization/authorizer.ts';
import type { Write } from './match.ts';

/** What an expression may evaluate to. */
export type Result = 'bool' | 'string';

type Compiled = (context: Record<string, unknown>) => unknown;

class Check {
  readonly authorizer: Authorizer;
  readonly user: UserInfo;
  readonly path: string | undefined;
  readonly attributes: {
    group: string;
    resource: string;
    subresource: string;
    namespace: string;
    name: string;
  };

  constructor(
    authorizer: Authorizer,
    user: UserInfo,
    path?: string,
    attributes: Partial<Check['attributes']> = {},
  ) {
    this.authorizer = authorizer;
    this.user = user;
    this.path = path;
    this.attributes = { group: '', resource: '', subresource: '', namespace: '', name: '', ...attributes };
  }

  with(attributes: Partial<Check['attributes']>): Check {
    return new Check(this.authorizer, this.user, this.path, { ...this.attributes, ...attributes });
  }

  decide(verb: string): Decision {
    if (this.path !== undefined) return this.authorizer.authorizePath(this.user, verb, this.path);
    const { subresource, namespace, name, ...rest } = this.attributes;
    return this.authorizer.authorize({
      user: this.user,
      verb,
      ...rest,
      subresource: subresource || undefined,
      namespace: namespace || undefined,
      name: name || undefined,
    });
  }
}
class GroupCheck extends Check {}
class ResourceCheck extends Check {}
class PathCheck extends Check {}
class AuthorizationDecision {
  readonly decision: Decision;
  constructor(decision: Decision) {
    this.decision = decision;
  }
}

const as = <T extends Check>(
  type: new (...args: ConstructorParameters<typeof Check>) => T,
  check: Check,
): T => new type(check.authorizer, check.user, check.path, check.attributes);

let base: Environment | undefined;

/** Every variable but `params`, which only policies with a `paramKind` have, and `variables`. */
function environment(): Environment {
  base ??= createEnvironment()
    .registerType('Authorizer', Check)
    .registerType('GroupCheck', GroupCheck)
    .registerType('ResourceCheck', ResourceCheck)
    .registerType('PathCheck', PathCheck)
    .registerType('Decision', AuthorizationDecision)
    .registerFunction(
      'Authorizer.path(string): PathCheck',
      (check: Check, path: string) => new PathCheck(check.authorizer, check.user, path),
    )
    .registerFunction('Authorizer.group(string): GroupCheck', (check: Check, group: string) =>
      as(GroupCheck, check.with({ group })),
    )
    .registerFunction(
      'Authorizer.serviceAccount(string, string): Authorizer',
      (check: Check, namespace: string, name: string) =>
        new Check(check.authorizer, {
          username: `system:serviceaccount:${namespace}:${name}`,
          groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
        }),
    )
    .registerFunction('GroupCheck.resource(string): ResourceCheck', (check: Check, resource: string) =>
      as(ResourceCheck, check.with({ resource })),
    )
    .registerFunction(
      'ResourceCheck.subresource(string): ResourceCheck',
      (check: Check, subresource: string) => as(ResourceCheck, check.with({ subresource })),
    )
    .registerFunction('ResourceCheck.namespace(string): ResourceCheck', (check: Check, namespace: string) =>
      as(ResourceCheck, check.with({ namespace })),
    )
    .registerFunction('ResourceCheck.name(string): ResourceCheck', (check: Check, name: string) =>
      as(ResourceCheck, check.with({ name })),
    )
    .registerFunction(
      'ResourceCheck.check(string): Decision',
      (check: Check, verb: string) => new AuthorizationDecision(check.decide(verb)),
    )
    .registerFunction(
      'PathCheck.check(string): Decision',
      (check: Check, verb: string) => new AuthorizationDecision(check.decide(verb)),
    )
    .registerFunction('Decision.allowed(): bool', ({ decision }: AuthorizationDecision) => decision.allowed)
    .registerFunction('Decision.reason(): string', ({ decision }: AuthorizationDecision) => decision.reason)
    .registerFunction('Decision.errored(): bool', () => false)
    .registerFunction('Decision.error(): string', () => '')
    .registerVariable('object', 'dyn')
    .registerVariable('oldObject', 'dyn')
    .registerVariable('request', 'dyn')
    .registerVariable('namespaceObject', 'dyn')
    .registerVariable('authorizer', 'Authorizer')
    .registerVariable('authorizer.requestResource', 'ResourceCheck');
  return base;
}

/** An expression that could not be compiled, with the reason. */
export class ExpressionProblem extends Error {}

/** The expressions of one policy or webhook. */
export class Expressions {
  readonly #environment: Environment;
  readonly #compiled = new Map<string, Compiled>();

  constructor({ params, variables }: { params: boolean; variables: boolean }) {
    let own = environment().clone();
    if (params) own = own.registerVariable('params', 'dyn');
    if (variables) own = own.registerVariable('variables', 'dyn');
    this.#environment = own;
  }

  /**
   * The expression, ready to run; `variables` are those that it may use. Throws `ExpressionProblem`.
   */
  compile(source: string, result?: readonly Result[], variables?: readonly string[]): Compiled {
    for (const use of variables ? source.matchAll(VARIABLE) : [])
      if (!variables!.includes(use[1]!))
        throw new ExpressionProblem(
          `compilation failed: ${markedProblem(source, use.index + 'variables'.length, `undefined field '${use[1]}'`)}`,
        );
    const known = this.#compiled.get(source);
    if (known) return known;
    const checked = this.#environment.check(source);
    if (!checked.valid)
      throw new ExpressionProblem(`compilation failed: ${problemText(source, checked.error)}`);
    const { type } = checked;
    if (result && type !== 'dyn' && type !== 'null' && !result.includes(type as Result)) {
      const wanted = result.length === 1 && result[0] === 'bool' ? 'bool' : '[string null_type]';
      const what = wanted === 'bool' ? 'bool' : `one of ${wanted}`;
      throw new ExpressionProblem(`must evaluate to ${what} but got ${type}`);
    }
    const compiled = this.#environment.parse(source) as unknown as Compiled;
    this.#compiled.set(source, compiled);
    return compiled;
  }

  evaluate(source: string, context: Record<string, unknown>): unknown {
    return this.compile(source)(context);
  }
}

const VARIABLE = /\bvariables\.([A-Za-z_]\w*)/g;

/** Where a problem is, as cel-go shows it. */
function problemText(source: string, error: unknown): string {
  const { summary, message, range } = error as {
    summary?: string;
    message: string;
    range?: { start: number };
  };
  const unknown = /^Unknown variable: (\S+)$/.exec(summary ?? message)?.[1];
  const what = unknown ? `undeclared reference to '${unknown}' (in container '')` : (summary ?? message);
  return markedProblem(source, range?.start ?? 0, what);
}

const values = new CelValues();

/** The values that expressions about a write see. */
export function contextOf({ operation, object, old, context }: Write): Record<string, unknown> {
  const { resource, request, store, types, authorizer, options } = context;
  const { group, version, kind } = resource;
  const type = types.typeForKind(group, version, kind);
  const named = (each: KubernetesObject | undefined) =>
    each ? values.of({ apiVersion: apiVersionOf(group, version), kind, ...each }, type) : null;
  const { user, name, namespace = '', subresource = '' } = request;
  const namespaceObject = resource.namespaced ? store.get('namespaces', namespace) : undefined;
  const { username, uid = '', groups, extra = {} } = user;
  const plural = { group, version, resource: resource.resource };
  const known = name ?? object?.metadata.name ?? '';
  const check = new Check(authorizer, user);
  return {
    object: named(object),
    oldObject: named(old),
    namespaceObject: namespaceObject
      ? values.of(namespaceObject, types.typeForKind('', 'v1', 'Namespace'))
      : null,
    authorizer: check,
    'authorizer.requestResource': as(
      ResourceCheck,
      check.with({ group, resource: resource.resource, subresource, namespace, name: known }),
    ),
    request: values.of({
      kind: { group, version, kind },
      resource: plural,
      subResource: subresource,
      requestKind: { group, version, kind },
      requestResource: plural,
      requestSubResource: subresource,
      name: known,
      namespace,
      operation,
      userInfo: { username, uid, groups, extra },
      dryRun: Boolean(options.dryRun),
    }),
  };
}

/** Parameters of a policy as an expression sees them. */
export function paramsValue(
  params: KubernetesObject | null,
  { context }: Write,
  paramKind: { apiVersion: string; kind: string },
): unknown {
  if (!params) return null;
  const { group, version } = parseApiVersion(paramKind.apiVersion);
  return values.of(params, context.types.typeForKind(group, version, paramKind.kind));
}

/** What went wrong in an expression, in cel-go's words where they are known. */
export function evaluationProblem(error: unknown): string {
  const { summary, message } = error as { summary?: string; message: string };
  const text = (summary ?? message).split('\n')[0]!;
  const key = /^No such key: (.*)$/.exec(text)?.[1];
  return key === undefined ? text : `no such key: ${key}`;
}
