/**
 * simpleservice: the contract of M. Hausenblas' teaching app of that name, written anew. `/info`, `/env`,
 * `/endpoint0` and `/health`, whose answer may be late on purpose.
 *
 * Environment: `PORT0` (9876), `SIMPLE_SERVICE_VERSION` (the image's), `HEALTH_MIN` and `HEALTH_MAX` (ms of delay).
 */
import { json, text, type CreateService } from '../service.ts';

const DEFAULT_PORT = 9876;
const NEWEST_VERSION = '0.6.0';

export const createService: CreateService = (host) => {
  const { environment } = host;
  const version = environment['SIMPLE_SERVICE_VERSION'] || environment['IMAGE_VERSION'] || NEWEST_VERSION;
  const healthMinMs = Number(environment['HEALTH_MIN'] ?? 0) || 0;
  const healthMaxMs = Math.max(healthMinMs, Number(environment['HEALTH_MAX'] ?? 0) || 0);
  const port = Number(environment['PORT0'] ?? DEFAULT_PORT) || DEFAULT_PORT;
  host.log(`This is simple service in version v${version} listening on port ${port}`);
  return {
    port,
    async handle({ method, path, headers, from }) {
      const self = headers['host'] ?? `${host.hostname}:${port}`;
      host.log(`${path} serving from ${self} has been invoked from ${from}`);
      if (method !== 'GET' && method !== 'HEAD') return text(405, '405: Method Not Allowed\n');
      switch (path) {
        case '/info':
          return json(200, { host: self, version, from });
        case '/env':
          return json(200, { version, env: environment });
        case '/endpoint0':
          return json(200, { host: self, version, result: 'all is well' });
        case '/health': {
          const delayMs = healthMinMs + host.random() * (healthMaxMs - healthMinMs);
          if (delayMs > 0) await host.sleep(delayMs);
          return json(200, { healthy: true });
        }
        default:
          return text(404, '404: Not Found\n');
      }
    },
  };
};
