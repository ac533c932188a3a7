/**
 * `pilot-agent`, the program in a sidecar's container: `istio-iptables` redirects the pod's traffic, `proxy sidecar`
 * is the agent with its proxy, `request` asks the proxy's administration, `wait` waits for it.
 */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { readText, textResponse, type HttpRequest, type HttpResponse } from '../../core/http.ts';
import { Errno } from '../../os/errno.ts';
import type { Program } from '../../os/machine.ts';
import type { Process } from '../../os/process.ts';
import { ISTIO_VERSION } from '../images/istio/istio.ts';
import { answerAdministration } from './administration.ts';
import {
  ENVOY_METRICS_PORT,
  PROBERS_VARIABLE,
  PROMETHEUS_VARIABLE,
  READY_PORT,
  STATUS_PORT,
  type AppProbers,
} from './injection.ts';
import type { Mesh, RunningProxy } from './mesh.ts';

/** Envoy's administration, on the loopback. */
const ADMINISTRATION_PORT = 15000;
/** What agent and proxy have in memory, and the CPU time that the proxy takes for a request. */
const AGENT_BYTES = 38 * 1024 ** 2;
const REQUEST_MS = 0.15;
/** How long access logs are held back; Envoy's is a second. */
const LOG_FLUSH_MS = 100;
/** … and how many of them. */
const LOG_LINES = 64;
const PROBE_TIMEOUT_MS = 1000;
const NOT_READY = 'envoy proxy is NOT ready';

const log = (process: Process, message: string) =>
  process.print(
    `${new Date(process.machine.clock.now()).toISOString().replace('Z', '000Z')}\tinfo\t${message}\n`,
  );

export function proxyAgent(mesh: Mesh): Program {
  return async (process) => {
    const [command = '', ...words] = process.argv.slice(1);
    if (command === 'istio-iptables') return redirect(mesh, process);
    if (command === 'proxy') return runProxy(mesh, process);
    if (command === 'request') return request(process, words);
    if (command === 'wait') return wait(process);
    if (command === 'version') {
      await process.print(`version.BuildInfo{Version:"${ISTIO_VERSION}", BuildStatus:"Clean"}\n`);
      return 0;
    }
    await process.printError(
      `Error: unknown command "${command}" for "pilot-agent": istio-iptables, proxy, request, wait and version are known here\n`,
    );
    return 255;
  };
}

/** From now on nothing reaches the pod, or leaves it, but by its proxy. */
async function redirect(mesh: Mesh, process: Process): Promise<number> {
  const address = process.machine.network?.addresses[0] ?? '';
  mesh.redirect(address);
  await log(process, 'Istio iptables variables:');
  await process.print(
    [
      'PROXY_PORT=15001',
      'PROXY_INBOUND_CAPTURE_PORT=15006',
      'PROXY_UID=1337',
      'INBOUND_INTERCEPTION_MODE=REDIRECT',
      'INBOUND_PORTS_INCLUDE=*',
      'INBOUND_PORTS_EXCLUDE=15090,15021,15020',
      'OUTBOUND_IP_RANGES_INCLUDE=*',
      '',
    ].join('\n'),
  );
  return 0;
}

async function runProxy(mesh: Mesh, process: Process): Promise<number> {
  process.allocate(AGENT_BYTES);
  const { environment, machine } = process;
  const { network, clock } = machine;
  if (!network) throw new Errno('ENETUNREACH');
  const resources = new DisposableStore();
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['INT', 'TERM'] as const) process.handlers.set(signal, resolve);
  });
  let running: RunningProxy | undefined;
  const ready = async (): Promise<HttpResponse> =>
    running ? textResponse(200, '') : textResponse(503, NOT_READY);
  const metrics = async (): Promise<HttpResponse> =>
    textResponse(200, (running?.metrics.text() ?? '') + (await applicationMetrics(process)));
  const probers = JSON.parse(environment[PROBERS_VARIABLE] ?? '{}') as AppProbers;
  const status = async (asked: HttpRequest): Promise<HttpResponse> => {
    const path = asked.path.split('?')[0]!;
    if (path === '/stats/prometheus' || path === '/metrics') return metrics();
    if (path === '/healthz/ready') return ready();
    const prober = probers[path];
    return prober ? probeApplication(process, prober, asked) : textResponse(404, '404 page not found\n');
  };
  let flushing: Disposable | undefined;
  let lines: (() => string)[] = [];
  const flush = () => {
    const written = lines;
    lines = [];
    flushing?.dispose();
    process.charge(written.length * REQUEST_MS);
    let text = '';
    for (const line of written) text += line();
    process.log(text);
  };
  try {
    resources.add(network.listen(STATUS_PORT, status));
    resources.add(network.listen(READY_PORT, ready));
    resources.add(
      network.listen(ENVOY_METRICS_PORT, async () => textResponse(200, running?.metrics.text() ?? '')),
    );
    await log(
      process,
      `Proxy role\tips=[${network.addresses.join(' ')}] type=sidecar id=${environment['POD_NAME']}.${environment['POD_NAMESPACE']} domain=${environment['POD_NAMESPACE']}.svc.cluster.local`,
    );
    await log(process, `Starting proxy agent`);
    running = await process.wait(
      mesh.startProxy({
        namespace: environment['POD_NAMESPACE'] ?? '',
        pod: environment['POD_NAME'] ?? '',
        address: network.addresses[0]!,
        log: (line) => {
          if (lines.length === 0) flushing = clock.setTimeout(flush, LOG_FLUSH_MS);
          lines.push(line);
          if (lines.length >= LOG_LINES) flush();
        },
      }),
    );
    const { proxy, identity } = resources.add(running);
    resources.add(
      network.listen(
        ADMINISTRATION_PORT,
        (asked) => answerAdministration(asked, { proxy, identity, metrics: running!.metrics }),
        '127.0.0.1',
      ),
    );
    await log(process, 'cache\tgenerated new workload certificate\tresourceName=default');
    await log(process, 'Envoy proxy is ready');
    await process.wait(stopped);
    await log(process, 'Status server has successfully terminated');
    return 0;
  } finally {
    flushing?.dispose();
    if (lines.length > 0) flush();
    resources.dispose();
  }
}

/** A probe of the kubelet's, done from within the pod. */
async function probeApplication(
  process: Process,
  { httpGet, tcpSocket, timeoutSeconds }: AppProbers[string],
  { headers }: HttpRequest,
): Promise<HttpResponse> {
  const { network, clock } = process.machine;
  const controller = new AbortController();
  const timer = clock.setTimeout(
    () => controller.abort(new Error('timeout')),
    timeoutSeconds === undefined ? PROBE_TIMEOUT_MS : timeoutSeconds * 1000,
  );
  try {
    if (tcpSocket) {
      await network!.dial('127.0.0.1', Number(tcpSocket.port), controller.signal);
      return textResponse(200, '');
    }
    const port = Number(httpGet!.port);
    const response = await network!.fetch('127.0.0.1', port, {
      method: 'GET',
      path: httpGet!.path || '/',
      headers: { ...headers, host: `${network!.addresses[0]}:${port}` },
      signal: controller.signal,
    });
    return textResponse(response.status, '');
  } catch {
    return textResponse(500, '');
  } finally {
    timer.dispose();
  }
}

/** What the application itself says, if its pod was annotated for Prometheus before it had a proxy. */
async function applicationMetrics({ environment, machine }: Process): Promise<string> {
  const text = environment[PROMETHEUS_VARIABLE];
  if (text === undefined) return '';
  const { path, port } = JSON.parse(text) as { path: string; port: string };
  try {
    const response = await machine.network!.fetch('127.0.0.1', Number(port || 80), {
      method: 'GET',
      path: path || '/metrics',
      headers: {},
    });
    return response.status === 200 ? await readText(response) : '';
  } catch (error) {
    if (error instanceof Errno) return '';
    throw error;
  }
}

/** `pilot-agent request METHOD PATH`. */
async function request(process: Process, words: readonly string[]): Promise<number> {
  const [method, path = ''] = words.filter((word) => !word.startsWith('-'));
  if (method === undefined) {
    await process.printError('Error: usage: pilot-agent request METHOD PATH\n');
    return 255;
  }
  try {
    const response = await process.wait(
      process.machine.network!.fetch('127.0.0.1', ADMINISTRATION_PORT, {
        method: method.toUpperCase(),
        path: path.startsWith('/') ? path : `/${path}`,
        headers: {},
      }),
    );
    await process.print(await process.wait(readText(response)));
    return response.status < 400 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    await process.printError(
      `Error: ${method} "http://localhost:${ADMINISTRATION_PORT}/${path}": ${error.message.toLowerCase()}\n`,
    );
    return 255;
  }
}

const WAIT_MS = 500;
const WAIT_TRIES = 120;

async function wait(process: Process): Promise<number> {
  for (let attempt = 0; attempt < WAIT_TRIES; attempt++) {
    const answer = await process.wait(
      process.machine
        .network!.fetch('127.0.0.1', READY_PORT, { method: 'GET', path: '/healthz/ready', headers: {} })
        .catch(() => undefined),
    );
    if (answer?.status === 200) return 0;
    await process.sleep(WAIT_MS);
  }
  await process.printError('Error: timeout waiting for Envoy proxy to become ready\n');
  return 255;
}
