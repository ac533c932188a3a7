/**
 * `npm run cluster -- --port N --kubeconfig FILE`: a cluster behind HTTPS, for the real kubectl, helm and
 * any other client of Kubernetes.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { serveCluster } from './serve-cluster.ts';

const USAGE =
  'Usage: npm run cluster -- [--port N] [--host ADDRESS] [--kubeconfig FILE] [--nodes N] [--addon NAME]...';

function fail(message: string): never {
  console.error(`${message}\n${USAGE}`);
  process.exit(2);
}

function options() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: '6443' },
        host: { type: 'string', default: '127.0.0.1' },
        kubeconfig: { type: 'string', default: 'slipway.kubeconfig' },
        nodes: { type: 'string', default: '1' },
        addon: { type: 'string', multiple: true, default: [] },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

function integer(name: string, text: string, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max)
    fail(`--${name} must be a number from 0 to ${max}, not ${JSON.stringify(text)}.`);
  return value;
}

const { port, host, kubeconfig, nodes, addon } = options();
const cluster = await serveCluster({
  port: integer('port', port, 65535),
  host,
  nodes: integer('nodes', nodes, 100),
  addons: addon,
}).catch((error: NodeJS.ErrnoException) => {
  const why =
    error.code === 'EADDRINUSE' ? `Port ${port} is in use. Choose another one with --port.` : error.message;
  console.error(why);
  process.exit(1);
});
await writeFile(kubeconfig, cluster.kubeconfig, { mode: 0o600 });
console.log(`Cluster is ready: ${kubeconfig}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    // A second signal ends it at once.
    void cluster.close().then(() => process.exit(0));
  });
}
