/**
 * Which rule answers a request: the Gateway API's precedence. The most specific hostname first; among its rules
 * an exact path, then the longest prefix, then a method, then the most headers, then the most query parameters,
 * then the oldest route, its name, and the order of its rules. Ingress paths are compiled to the same rules.
 */
import { keyOf } from '../api/object.ts';
import type { HeaderMatch, HTTPRoute, RouteMatch, RouteRule } from './gateway-kinds.ts';

/** A rule with one of its matches, ready to be asked. */
export interface CompiledRule {
  /** Lower case; undefined: any. `*.example.com` is a suffix. */
  hostname: string | undefined;
  match: RouteMatch;
  rule: RouteRule;
  /** The namespace of the route: of backends that name none. */
  namespace: string;
  createdMs: number;
  /** `namespace/name` of the route, for ties and messages. */
  route: string;
  order: number;
}

export interface RequestHead {
  method: string;
  /** Without the query. */
  path: string;
  hostname: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
}

/** Rules in the order in which they are asked. */
export class RouteTable {
  readonly #rules: CompiledRule[];

  constructor(rules: readonly CompiledRule[]) {
    this.#rules = [...rules].sort(compareRules);
  }

  [Symbol.iterator](): IterableIterator<CompiledRule> {
    return this.#rules.values();
  }

  get size(): number {
    return this.#rules.length;
  }

  /** The rule that answers; undefined: none. */
  find(head: RequestHead): CompiledRule | undefined {
    return this.#rules.find(
      (each) => hostnameMatches(each.hostname, head.hostname) && matchesHead(each.match, head),
    );
  }
}

/** One rule for each match of each rule of a route. @param hostname the one that they are for */
export function rulesOfRoute(route: HTTPRoute, hostname: string | undefined): CompiledRule[] {
  let order = 0;
  return (route.spec?.rules ?? []).flatMap((rule) =>
    (rule.matches?.length ? rule.matches : [{}]).map((match) => ({
      hostname,
      match,
      rule,
      namespace: route.metadata.namespace!,
      createdMs: Date.parse(route.metadata.creationTimestamp ?? '') || 0,
      route: keyOf(route),
      order: order++,
    })),
  );
}

/** Whether `pattern` (a name, `*.name`, or any) stands for `hostname`. */
export function hostnameMatches(pattern: string | undefined, hostname: string): boolean {
  if (pattern === undefined || pattern === '') return true;
  return pattern.startsWith('*.')
    ? hostname.endsWith(pattern.slice(1)) && hostname.length > pattern.length - 1
    : pattern === hostname;
}

/** What a route's hostname and a listener's have in common; undefined: nothing. */
export function commonHostname(
  route: string | undefined,
  listener: string | undefined,
): string | undefined | false {
  if (!listener) return route;
  if (!route) return listener;
  if (hostnameMatches(listener, route) || route === listener) return route;
  return hostnameMatches(route, listener) ? listener : false;
}

/** Whether a match lets a request in. */
export function matchesHead({ path, headers, queryParams, method }: RouteMatch, head: RequestHead): boolean {
  if (method !== undefined && method !== head.method) return false;
  if (!pathMatches(path, head.path)) return false;
  return (
    (headers ?? []).every((each) => valueMatches(each, head.headers[each.name.toLowerCase()])) &&
    (queryParams ?? []).every((each) => valueMatches(each, head.query.get(each.name) ?? undefined))
  );
}

function pathMatches(wanted: RouteMatch['path'], path: string): boolean {
  const { type = 'PathPrefix', value = '/' } = wanted ?? {};
  if (type === 'Exact') return path === value;
  if (type === 'RegularExpression') return new RegExp(`^(?:${value})$`).test(path);
  const prefix = value.replace(/\/$/, '');
  return path === prefix || path.startsWith(`${prefix}/`);
}

function valueMatches({ type = 'Exact', value }: HeaderMatch, actual: string | undefined): boolean {
  if (actual === undefined) return false;
  return type === 'Exact' ? actual === value : new RegExp(`^(?:${value})$`).test(actual);
}

function compareRules(a: CompiledRule, b: CompiledRule): number {
  return (
    hostnameRank(b.hostname) - hostnameRank(a.hostname) ||
    pathRank(b.match) - pathRank(a.match) ||
    Number(b.match.method !== undefined) - Number(a.match.method !== undefined) ||
    (b.match.headers?.length ?? 0) - (a.match.headers?.length ?? 0) ||
    (b.match.queryParams?.length ?? 0) - (a.match.queryParams?.length ?? 0) ||
    a.createdMs - b.createdMs ||
    (a.route < b.route ? -1 : a.route > b.route ? 1 : a.order - b.order)
  );
}

/** A whole name is more than any wildcard, a longer one more than a shorter. */
function hostnameRank(hostname: string | undefined): number {
  if (!hostname) return 0;
  return hostname.startsWith('*.') ? hostname.length : 1000 + hostname.length;
}

function pathRank({ path }: RouteMatch): number {
  const { type = 'PathPrefix', value = '/' } = path ?? {};
  return (type === 'Exact' ? 10_000 : 0) + value.length;
}
