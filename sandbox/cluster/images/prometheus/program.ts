/**
 * `prometheus`: flags, the server's life and its HTTP side. Flags that are followed are in `FLAGS`; the others that
 * Prometheus 3 knows are taken and change nothing. The log has its shape, without the lines' places in the source.
 */
import { decode, EMPTY } from '../../../core/bytes.ts';
import { textResponse, type HttpRequest, type HttpResponse } from '../../../core/http.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { durationMs } from '../../../promql/duration.ts';
import { ConfigurationError } from './configuration.ts';
import { answerApi, VERSION } from './http-api.ts';
import { RequestCounts, selfMetrics } from './self-metrics.ts';
import { PrometheusServer } from './server.ts';
import { WEB_PAGE } from './web-page.ts';

/** Memory that Prometheus has before it has any series. */
const RUNTIME_BYTES = 30 * 1024 ** 2;
const REQUEST_MS = 0.5;

const FLAGS: Readonly<Record<string, string>> = {
  'config.file': 'prometheus.yml',
  'web.listen-address': '0.0.0.0:9090',
  'web.enable-lifecycle': 'false',
  'storage.tsdb.retention.time': '15d',
};

const IGNORED =
  /^(storage\.|web\.|query\.|rules\.|log\.|alertmanager\.|scrape\.|enable-feature|agent|config\.|auto-gomem|auto-gomaxprocs|no-)/;

/** Arguments that are wrong, in the words of Prometheus' command line. */
class UsageError extends Error {}

export const program: Program = async (process) => {
  const log = logger(process);
  let flags: Map<string, string>;
  try {
    flags = flagsOf(process.argv.slice(1));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await process.printError(
      `Error parsing command line arguments: ${error.message}\nprometheus: error: ${error.message}\n`,
    );
    return 2;
  }
  if (flags.has('version')) {
    await process.print(`prometheus, version ${VERSION} (branch: HEAD)\n`);
    return 0;
  }
  process.allocate(RUNTIME_BYTES);
  const configFile = process.resolve(flags.get('config.file')!);
  const retention = flags.get('storage.tsdb.retention.time')!;
  log('INFO', 'Starting Prometheus Server', { mode: 'server', version: `(version=${VERSION}, branch=HEAD)` });
  let server: PrometheusServer;
  try {
    server = new PrometheusServer({
      process,
      flags,
      configFile,
      retentionMs: durationMs(retention) ?? 0,
      log,
    });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    log('ERROR', `Error loading config (--config.file=${configFile})`, {
      file: configFile,
      err: error.message,
    });
    return 2;
  }
  log('INFO', 'Completed loading of configuration file', { filename: configFile });
  const reload = (): string | undefined => {
    try {
      log('INFO', 'Loading configuration file', { filename: configFile });
      server.load();
      log('INFO', 'Completed loading of configuration file', { filename: configFile });
      return undefined;
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      log('ERROR', 'Error reloading config', { err: error.message });
      return `couldn't load configuration (--config.file="${configFile}"): ${error.message}`;
    }
  };
  try {
    return await serve(process, server, log, reload);
  } finally {
    server.dispose();
  }
};

async function serve(
  process: Process,
  server: PrometheusServer,
  log: ReturnType<typeof logger>,
  reload: () => string | undefined,
): Promise<number> {
  const { network } = process.machine;
  if (!network) throw new Errno('ENETUNREACH');
  const address = server.flags.get('web.listen-address')!;
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['INT', 'TERM'] as const) process.handlers.set(signal, resolve);
  });
  const quit = Promise.withResolvers<void>();
  process.handlers.set('HUP', () => void reload());
  const requests = new RequestCounts();
  let listening;
  try {
    listening = network.listen(Number(address.slice(address.lastIndexOf(':') + 1)), async (request) => {
      process.charge(REQUEST_MS);
      const path = request.path.split('?')[0]!;
      const response = await answer(process, server, request, { requests, reload, quit: quit.resolve });
      requests.count(path, response.status);
      return request.method === 'HEAD' ? { ...response, body: EMPTY } : response;
    });
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    log('ERROR', 'Unable to start web listener', {
      err: `listen tcp ${address}: bind: ${error.message.toLowerCase()}`,
    });
    return 1;
  }
  log('INFO', 'Start listening for connections', { component: 'web', address });
  log('INFO', 'Server is ready to receive web requests.');
  try {
    await process.wait(Promise.race([stopped, quit.promise]));
    log('WARN', 'Received an OS signal, exiting gracefully...', { signal: 'terminated' });
    return 0;
  } finally {
    listening.dispose();
  }
}

interface Controls {
  requests: RequestCounts;
  /** Undefined: it went well. */
  reload(): string | undefined;
  quit(): void;
}

async function answer(
  process: Process,
  server: PrometheusServer,
  request: HttpRequest,
  { requests, reload, quit }: Controls,
): Promise<HttpResponse> {
  const url = new URL(request.path, 'http://prometheus');
  const parameters = url.searchParams;
  if (request.body && request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    for (const [name, value] of new URLSearchParams(decode(request.body))) parameters.append(name, value);
  const { pathname } = url;
  if (pathname.startsWith('/api/v1/')) {
    const found = await answerApi(server, pathname.slice('/api/v1'.length), parameters);
    return found ?? textResponse(404, '404 page not found\n');
  }
  switch (pathname) {
    case '/-/healthy':
      return textResponse(200, 'Prometheus Server is Healthy.\n');
    case '/-/ready':
      return textResponse(200, 'Prometheus Server is Ready.\n');
    case '/-/reload':
    case '/-/quit': {
      if (server.flags.get('web.enable-lifecycle') !== 'true')
        return textResponse(403, 'Lifecycle API is not enabled.');
      if (!['POST', 'PUT'].includes(request.method))
        return textResponse(405, 'Only POST or PUT requests allowed');
      if (pathname === '/-/quit') {
        quit();
        return textResponse(200, 'Requesting termination... Goodbye!');
      }
      const trouble = reload();
      return trouble ? textResponse(500, `failed to reload config: ${trouble}\n`) : textResponse(200, '');
    }
    case '/metrics':
      return textResponse(200, selfMetrics(server, requests, process.memoryBytes), {
        'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      });
    case '/':
    case '/graph':
    case '/query':
    case '/targets':
    case '/alerts':
      return textResponse(200, WEB_PAGE, { 'content-type': 'text/html; charset=utf-8' });
    default:
      return textResponse(404, '404 page not found\n');
  }
}

function flagsOf(args: readonly string[]): Map<string, string> {
  const flags = new Map(Object.entries(FLAGS));
  for (const [index, argument] of args.entries()) {
    const match = /^--([\w.-]+)(?:=(.*))?$/s.exec(argument);
    const isValue = index > 0 && !argument.startsWith('-') && /^--[\w.-]+$/.test(args[index - 1]!);
    if (isValue) continue;
    const name = match?.[1];
    if (!name) throw new UsageError(`unexpected ${argument}`);
    const next = args[index + 1];
    const separate = next !== undefined && !next.startsWith('-') ? next : undefined;
    const isSwitch = name.startsWith('web.enable-') || name === 'version' || name === 'agent';
    if (!Object.hasOwn(FLAGS, name) && name !== 'version' && !IGNORED.test(name))
      throw new UsageError(`unknown long flag '--${name}'`);
    if (match[2] === undefined && !isSwitch && separate === undefined && !name.startsWith('no-'))
      throw new UsageError(`expected argument for flag '--${name}'`);
    flags.set(name, match[2] ?? (isSwitch ? 'true' : (separate ?? 'true')));
  }
  const retention = flags.get('storage.tsdb.retention.time')!;
  if (durationMs(retention) === undefined)
    throw new UsageError(`not a valid duration string: "${retention}"`);
  return flags;
}

function logger(process: Process) {
  return (level: string, message: string, more: Readonly<Record<string, string>> = {}): void => {
    const fields = {
      time: new Date(process.machine.clock.now()).toISOString(),
      level,
      msg: message,
      ...more,
    };
    const line = Object.entries(fields)
      .map(([name, value]) => `${name}=${/^[\w.:/+-]+$/.test(value) ? value : JSON.stringify(value)}`)
      .join(' ');
    process.log(`${line}\n`, 2);
  };
}
