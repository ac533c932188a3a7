/** `/healthz`, `/livez`, `/readyz`: nothing here can be ill, so every check is ok. */
const CHECKS: Record<string, string[]> = {
  healthz: ['ping', 'log', 'etcd'],
  livez: ['ping', 'log', 'etcd'],
  readyz: ['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync', 'shutdown'],
};

/** The text of a health endpoint, `healthz` or `readyz/ping`; undefined for a check that is not there. */
export function healthText(path: string, verbose: boolean): string | undefined {
  const [endpoint = '', check] = path.split('/');
  const checks = CHECKS[endpoint];
  if (!checks) return undefined;
  if (check !== undefined) return checks.includes(check) ? 'ok' : undefined;
  if (!verbose) return 'ok';
  return [...checks.map((name) => `[+]${name} ok`), `${endpoint} check passed`, ''].join('\n');
}
