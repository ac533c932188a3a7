/**
 * `/healthz`, `/livez`, `/readyz`: each with a check for what this server has of the real one's checks. Left
 * out: the hooks that start what is not here (informers of its own, the aggregator, priority and fairness).
 */
import type { Store } from '../storage/store.ts';

export interface HealthCheck {
  name: string;
  ok(store: Store): boolean;
  /** Endpoints that have it; all of them unless given. */
  only?: readonly string[];
}

export const HEALTH_ENDPOINTS = ['healthz', 'livez', 'readyz'];

/** In the order in which a real server reports them. */
const CHECKS: readonly HealthCheck[] = [
  { name: 'ping', ok: () => true },
  { name: 'log', ok: () => true },
  { name: 'etcd', ok: (store) => store.revision > 0 },
  { name: 'etcd-readiness', ok: (store) => store.revision > 0, only: ['readyz'] },
  { name: 'informer-sync', ok: () => true, only: ['readyz'] },
  { name: 'poststarthook/crd-informer-synced', ok: () => true },
  {
    name: 'poststarthook/start-system-namespaces-controller',
    ok: (store) => store.get('namespaces', 'kube-system') !== undefined,
  },
  {
    name: 'poststarthook/rbac/bootstrap-roles',
    ok: (store) => store.get('rbac.authorization.k8s.io/clusterroles', 'cluster-admin') !== undefined,
  },
  {
    name: 'poststarthook/scheduling/bootstrap-system-priority-classes',
    ok: (store) => store.get('scheduling.k8s.io/priorityclasses', 'system-node-critical') !== undefined,
  },
  {
    name: 'poststarthook/bootstrap-controller',
    ok: (store) => store.get('services', 'default/kubernetes') !== undefined,
  },
  { name: 'shutdown', ok: () => true, only: ['readyz'] },
];

export function healthChecksOf(endpoint: string): readonly HealthCheck[] {
  return CHECKS.filter(({ only }) => !only || only.includes(endpoint));
}

export interface Health {
  status: number;
  text: string;
}

/** What a health endpoint answers: `healthz`, or one check as `readyz/ping`; undefined for a check that is not there. */
export function health(path: string, query: URLSearchParams, store: Store): Health | undefined {
  const [endpoint = '', ...rest] = path.split('/');
  const checks = healthChecksOf(endpoint);
  if (rest.length > 0) {
    const check = checks.find(({ name }) => name === rest.join('/'));
    if (!check) return undefined;
    return check.ok(store)
      ? { status: 200, text: 'ok' }
      : { status: 500, text: 'internal server error: check failed' };
  }
  const excluded = new Set(query.getAll('exclude'));
  const failed = checks.filter(({ name, ok }) => !excluded.has(name) && !ok(store));
  const lines = checks.map(({ name, ok }) => {
    if (excluded.delete(name)) return `[+]${name} excluded: ok`;
    return ok(store) ? `[+]${name} ok` : `[-]${name} failed: reason withheld`;
  });
  if (excluded.size > 0) {
    const names = [...excluded].map((name) => JSON.stringify(name)).join(', ');
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  if (failed.length > 0) return { status: 500, text: [...lines, `${endpoint} check failed`, ''].join('\n') };
  if (!query.has('verbose')) return { status: 200, text: 'ok' };
  return { status: 200, text: [...lines, `${endpoint} check passed`, ''].join('\n') };
}
