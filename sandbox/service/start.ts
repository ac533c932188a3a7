/**
 * `npm start`: builds the site when it has to, and serves it with the sandbox API on one port. SIGINT ends
 * the sessions; SIGTERM keeps them for the next start.
 */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArgumentsInvalid, readArguments, USAGE } from './arguments.ts';
import { kindTrouble } from './cluster/kind-command.ts';
import { connectEngine, engineTrouble } from './engine/engine.ts';
import { isLoopback } from './http/request-guard.ts';
import { createServer } from './server.ts';
import { KindSource } from './session/kind-source.ts';
import { SessionRegistry } from './session/session-registry.ts';
import { readSettings, SettingsInvalid } from './settings.ts';
import { buildSite, BuildFailed } from './site/build-site.ts';
import { wallClock } from './wall-clock.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const NOT_LOOPBACK =
  'This server can be reached from other machines, and there it offers no real clusters yet: what a stranger could do with one is not tested well enough. Lessons run on the embedded cluster.';

main().catch((error: unknown) => {
  const known =
    error instanceof ArgumentsInvalid || error instanceof SettingsInvalid || error instanceof BuildFailed;
  console.error(known ? error.message : error);
  process.exit(known ? 2 : 1);
});

async function main(): Promise<void> {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted === 'help') return console.log(USAGE);
  const { port, host } = wanted;
  const settings = readSettings(process.env);
  await buildSite(ROOT);

  const engine = connectEngine();
  const loopback = isLoopback(host);
  const instance =
    settings.instance ?? createHash('sha256').update(`${ROOT}:${port}`).digest('hex').slice(0, 12);
  const registry = new SessionRegistry(
    new KindSource(engine, settings),
    settings.limits,
    instance,
    wallClock,
  );
  const trouble = async () =>
    loopback ? ((await engineTrouble(engine)) ?? (await kindTrouble(settings))) : NOT_LOOPBACK;
  const server = await createServer({
    site: join(ROOT, 'dist'),
    address: host,
    hosts: settings.hosts,
    registry,
    limits: settings.limits,
    trouble,
  });
  try {
    await server.listen({ port, host });
  } catch (error) {
    throw listenFailure(error, host, port);
  }
  const address = server.server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  if (loopback) {
    // Sessions of an earlier life; a lesson that is opened meanwhile waits for nothing.
    if (!(await trouble())) await registry.start().catch((error: unknown) => console.error(error));
  } else console.log(NOT_LOOPBACK);

  let stopping = false;
  const stop = async (end: boolean) => {
    if (stopping) process.exit(1);
    stopping = true;
    if (end) await registry.endAll('The sandbox service was stopped.');
    else registry.leave();
    await server.close();
    process.exit(0);
  };
  process.on('SIGINT', () => void stop(true));
  process.on('SIGTERM', () => void stop(false));

  console.log(`Slipway is ready at http://${name}:${address.port}/`);
}

function listenFailure(error: unknown, host: string, port: number): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new ArgumentsInvalid(`Port ${port} of ${host} is taken. Choose another with --port.`);
    case 'EACCES':
      return new ArgumentsInvalid(`Port ${port} needs more rights. Choose one above 1023 with --port.`);
    case 'EADDRNOTAVAIL':
      return new ArgumentsInvalid(`${host} is no address of this machine.`);
    default:
      return error;
  }
}
