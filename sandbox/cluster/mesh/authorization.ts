/**
 * AuthorizationPolicies: DENY first, then ALLOW, and without any ALLOW policy everybody may
 * (istio.io/latest/docs/concepts/security). Values match exactly, by prefix (`a*`), by suffix (`*a`), or when there
 * is any (`*`). Left out: CUSTOM (no authorizer runs here) and AUDIT, which change no answer; tokens of end users
 * (`requestPrincipals`), of which nobody has one, so that a rule that asks for one is never met.
 */
import { AddressBlock } from '../network/address.ts';
import { TRUST_DOMAIN } from './certificate-authority.ts';
import type { AuthorizationPolicy, Condition, Operation, Rule, Source } from './istio-kinds.ts';
import { valueMatches } from './string-match.ts';

/** A request as the policies of its server see it. */
export interface AuthorizationRequest {
  /** SPIFFE ID without its scheme; undefined: the connection was not mutual TLS. */
  principal: string | undefined;
  /** Address of the client. */
  address: string;
  /** Of the container. */
  port: number;
  method: string;
  /** Without the query. */
  path: string;
  /** With its port. */
  authority: string;
  headers: Readonly<Record<string, string>>;
}

/** Why a request is refused, as access logs say it. */
export interface Denial {
  matchedPolicy: string;
}

type Test = (request: AuthorizationRequest) => boolean;

interface CompiledPolicy {
  /** `ns[shop]-policy[deny-all]`, rule numbers come behind it. */
  name: string;
  rules: readonly Test[];
}

/** The policies of one workload. */
export class Authorization {
  readonly #deny: readonly CompiledPolicy[];
  readonly #allow: readonly CompiledPolicy[];

  /** @param policies those that are about the workload */
  constructor(policies: readonly AuthorizationPolicy[]) {
    const of = (action: string) =>
      policies.filter(({ spec }) => (spec?.action ?? 'ALLOW') === action).map(compiled);
    this.#deny = of('DENY');
    this.#allow = of('ALLOW');
  }

  /** Undefined: it may. */
  check(request: AuthorizationRequest): Denial | undefined {
    for (const { name, rules } of this.#deny) {
      const index = rules.findIndex((rule) => rule(request));
      if (index >= 0) return { matchedPolicy: `${name}-rule[${index}]` };
    }
    if (this.#allow.length === 0) return undefined;
    return this.#allow.some(({ rules }) => rules.some((rule) => rule(request)))
      ? undefined
      : { matchedPolicy: 'none' };
  }
}

function compiled({ metadata, spec }: AuthorizationPolicy): CompiledPolicy {
  return {
    name: `ns[${metadata.namespace}]-policy[${metadata.name}]`,
    rules: (spec?.rules ?? []).map((rule) => ruleOf(rule, metadata.namespace!)),
  };
}

function ruleOf({ from, to, when }: Rule, namespace: string): Test {
  const sources = from?.map(({ source }) => sourceOf(source ?? {}, namespace));
  const operations = to?.map(({ operation }) => operationOf(operation ?? {}));
  const conditions = (when ?? []).map((condition) => conditionOf(condition));
  return (request) =>
    (!sources?.length || sources.some((test) => test(request))) &&
    (!operations?.length || operations.some((test) => test(request))) &&
    conditions.every((test) => test(request));
}

/** One of `wanted` and none of `unwanted`, of which no list asks for nothing. */
function either(
  wanted: readonly string[] | undefined,
  unwanted: readonly string[] | undefined,
  matches: (pattern: string, request: AuthorizationRequest) => boolean,
): Test[] {
  return [
    ...(wanted?.length
      ? [(request: AuthorizationRequest) => wanted.some((each) => matches(each, request))]
      : []),
    ...(unwanted?.length
      ? [(request: AuthorizationRequest) => !unwanted.some((each) => matches(each, request))]
      : []),
  ];
}

const every =
  (tests: readonly Test[]): Test =>
  (request) =>
    tests.every((test) => test(request));

function sourceOf(source: Source, namespace: string): Test {
  return every([
    ...either(source.principals, source.notPrincipals, (each, { principal }) =>
      valueMatches(each, principal),
    ),
    ...either(source.namespaces, source.notNamespaces, (each, request) =>
      valueMatches(each, namespaceOf(request)),
    ),
    ...either(
      source.serviceAccounts,
      source.notServiceAccounts,
      (each, { principal }) => principal === accountPrincipal(each, namespace),
    ),
    ...either(source.ipBlocks, source.notIpBlocks, (each, { address }) => isIn(each, address)),
    ...(source.requestPrincipals?.length ? [() => false] : []),
  ]);
}

function operationOf(operation: Operation): Test {
  return every([
    ...either(operation.hosts, operation.notHosts, (each, { authority }) =>
      valueMatches(each.toLowerCase(), authority.toLowerCase()),
    ),
    ...either(operation.ports, operation.notPorts, (each, { port }) => each === String(port)),
    ...either(operation.methods, operation.notMethods, (each, { method }) => valueMatches(each, method)),
    ...either(operation.paths, operation.notPaths, (each, { path }) => pathMatches(each, path)),
  ]);
}

function conditionOf({ key, values, notValues }: Condition): Test {
  const header = /^request\.headers\[(.+)\]$/.exec(key)?.[1]?.toLowerCase();
  const value = (request: AuthorizationRequest): string | undefined => {
    if (header !== undefined) return request.headers[header];
    if (key === 'source.principal') return request.principal;
    if (key === 'source.namespace') return namespaceOf(request);
    if (key === 'destination.port') return String(request.port);
    return undefined;
  };
  const matches = (pattern: string, request: AuthorizationRequest) =>
    key === 'source.ip' || key === 'remote.ip'
      ? isIn(pattern, request.address)
      : valueMatches(pattern, value(request));
  return every(either(values, notValues, matches));
}

const namespaceOf = ({ principal }: AuthorizationRequest): string | undefined => principal?.split('/')[2];

/** `NAMESPACE/NAME`, or a name in the policy's namespace. */
function accountPrincipal(account: string, own: string): string {
  const slash = account.indexOf('/');
  const namespace = slash < 0 ? own : account.slice(0, slash);
  return `${TRUST_DOMAIN}/ns/${namespace}/sa/${account.slice(slash + 1)}`;
}

/** `{*}` stands for one segment, `{**}` for any number of them. */
function pathMatches(pattern: string, path: string): boolean {
  if (!pattern.includes('{')) return valueMatches(pattern, path);
  const source = pattern
    .split(/(\{\*\*?\})/)
    .map((part) =>
      part === '{*}' ? '[^/]+' : part === '{**}' ? '.*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('');
  return new RegExp(`^${source}$`).test(path);
}

function isIn(block: string, address: string): boolean {
  return new AddressBlock(block.includes('/') ? block : `${block}/32`).contains(address);
}
