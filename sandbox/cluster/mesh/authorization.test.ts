import { expect, test } from 'vitest';
import { Authorization, type AuthorizationRequest } from './authorization.ts';
import type { AuthorizationPolicy } from './istio-kinds.ts';

const policy = (spec: AuthorizationPolicy['spec']): AuthorizationPolicy => ({
  metadata: { name: 'p', namespace: 'shop' },
  spec,
});

const request = (changes: Partial<AuthorizationRequest> = {}): AuthorizationRequest => ({
  principal: 'cluster.local/ns/shop/sa/web',
  address: '10.244.0.7',
  port: 8080,
  method: 'GET',
  path: '/stock/7',
  authority: 'stock:80',
  headers: { 'x-team': 'blue' },
  ...changes,
});

const from = (source: object) => ({ rules: [{ from: [{ source }] }] });
const to = (operation: object) => ({ rules: [{ to: [{ operation }] }] });
const when = (condition: { key: string; values?: string[]; notValues?: string[] }) => ({
  rules: [{ when: [condition] }],
});

test.each([
  { name: 'a rule without conditions', spec: { rules: [{}] }, want: true },
  { name: 'no rule at all', spec: {}, want: false },
  { name: 'a principal', spec: from({ principals: ['cluster.local/ns/shop/sa/web'] }), want: true },
  { name: 'any principal', spec: from({ principals: ['*'] }), want: true },
  {
    name: 'any principal, of a stranger',
    spec: from({ principals: ['*'] }),
    changes: { principal: undefined },
    want: false,
  },
  { name: 'a service account', spec: from({ serviceAccounts: ['web'] }), want: true },
  { name: 'one elsewhere', spec: from({ serviceAccounts: ['other/web'] }), want: false },
  { name: 'a namespace', spec: from({ namespaces: ['shop'] }), want: true },
  { name: 'any but a namespace', spec: from({ notNamespaces: ['shop'] }), want: false },
  { name: 'a block of addresses', spec: from({ ipBlocks: ['10.244.0.0/24'] }), want: true },
  { name: 'a token that nobody has', spec: from({ requestPrincipals: ['*'] }), want: false },
  { name: 'a method', spec: to({ methods: ['POST'] }), want: false },
  { name: 'a path by its prefix', spec: to({ paths: ['/stock/*'] }), want: true },
  { name: 'a path by its end', spec: to({ paths: ['*/7'] }), want: true },
  { name: 'a path by template', spec: to({ paths: ['/{*}/7'] }), want: true },
  { name: 'a template is of one segment', spec: to({ paths: ['/{*}'] }), want: false },
  { name: 'a port', spec: to({ ports: ['8080'] }), want: true },
  { name: 'a host', spec: to({ hosts: ['STOCK:80'] }), want: true },
  { name: 'a header', spec: when({ key: 'request.headers[X-Team]', values: ['blue'] }), want: true },
  { name: 'not a header', spec: when({ key: 'request.headers[x-team]', notValues: ['blue'] }), want: false },
  {
    name: 'a namespace as a condition',
    spec: when({ key: 'source.namespace', values: ['sh*'] }),
    want: true,
  },
  {
    name: 'both a source and an operation',
    spec: { rules: [{ ...from({ namespaces: ['shop'] }).rules[0], ...to({ methods: ['POST'] }).rules[0] }] },
    want: false,
  },
])('ALLOW: $name', ({ spec, changes, want }) => {
  const denial = new Authorization([policy(spec)]).check(request(changes));
  expect(denial).toEqual(want ? undefined : { matchedPolicy: 'none' });
});

test('without any policy everybody may; DENY comes first and says which rule', () => {
  expect(new Authorization([]).check(request())).toBeUndefined();
  const deny = policy({ action: 'DENY', ...to({ methods: ['GET'] }) });
  const all = policy({ rules: [{}] });
  expect(new Authorization([all, deny]).check(request())).toEqual({
    matchedPolicy: 'ns[shop]-policy[p]-rule[0]',
  });
  expect(new Authorization([deny]).check(request({ method: 'PUT' }))).toBeUndefined();
});
