/**
 * One look at a container: pkg/probe and pkg/kubelet/prober/prober.go. HTTP, TCP and exec; gRPC has no
 * server here, so such a probe fails as against a port nobody serves.
 */
import type { Clock } from '../../core/clock.ts';
import type { HttpResponse } from '../../core/http.ts';
import { withTimeLimit } from '../../core/time-limit.ts';
import { Errno } from '../../os/errno.ts';
import { NameNotFound } from '../../os/network.ts';
import type { NetworkStack } from '../network/network-stack.ts';
import type { Container as ContainerSpec, HTTPGetAction, Pod, Probe } from '../client/kinds.ts';
import { CommandTimeout, runCommand } from './run-command.ts';
import type { Container } from './container.ts';
import { StartError } from './container-errors.ts';

export type ProbeOutcome =
  | { result: 'success' }
  | { result: 'failure'; message: string }
  /** The probe itself went wrong: it says nothing about the container. */
  | { result: 'unknown'; message: string };

export interface ProbeTarget {
  spec: ContainerSpec;
  container: Container;
  address: string;
  /** Where the kubelet sends from: its node. */
  host: NetworkStack;
  clock: Clock;
}

const USER_AGENT = 'kube-probe/1.35';
const MAX_REDIRECTS = 10;

class Timeout extends Error {}
const late = () => new Timeout();

export async function probeOnce(probe: Probe, target: ProbeTarget): Promise<ProbeOutcome> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.exec) return probeExec(target, probe.exec.command ?? [], timeoutMs);
  if (probe.httpGet) return probeHttp(target, probe.httpGet, timeoutMs);
  if (probe.tcpSocket) return probeTcp(target, probe.tcpSocket, timeoutMs);
  const port = probe.grpc?.port;
  return {
    result: 'failure',
    message: `timeout: failed to connect service "${target.address}:${port}" within ${timeoutMs / 1000}s: context deadline exceeded`,
  };
}

async function probeExec(target: ProbeTarget, argv: string[], timeoutMs: number): Promise<ProbeOutcome> {
  try {
    const { exitCode, output } = await runCommand(target.container, argv, timeoutMs);
    return exitCode === 0 ? { result: 'success' } : { result: 'failure', message: output };
  } catch (error) {
    if (error instanceof CommandTimeout) return { result: 'failure', message: error.message };
    if (error instanceof StartError)
      return { result: 'unknown', message: `rpc error: code = Unknown desc = ${error.message}` };
    throw error;
  }
}

async function probeTcp(
  target: ProbeTarget,
  { host, port }: { host?: string; port: number | string },
  timeoutMs: number,
): Promise<ProbeOutcome> {
  const number = portNumber(target.spec, port);
  if (number === undefined) return unknownPort(port);
  const address = host || target.address;
  try {
    await withTimeLimit(target.clock, timeoutMs, late, undefined, (signal) =>
      target.host.dial(address, number, signal),
    );
    return { result: 'success' };
  } catch (error) {
    return { result: 'failure', message: dialError(error, `${address}:${number}`) };
  }
}

async function probeHttp(
  target: ProbeTarget,
  action: HTTPGetAction,
  timeoutMs: number,
): Promise<ProbeOutcome> {
  const number = portNumber(target.spec, action.port);
  if (number === undefined) return unknownPort(action.port);
  try {
    const status = await get(target, action, number, timeoutMs);
    if (status >= 200 && status < 400) return { result: 'success' };
    return { result: 'failure', message: `HTTP probe failed with statuscode: ${status}` };
  } catch (error) {
    return { result: 'failure', message: error instanceof Error ? error.message : String(error) };
  }
}

/** Sends the request and follows redirects on the same host. Rejects with an Error in the words of Go's client. */
export async function get(
  target: Omit<ProbeTarget, 'spec' | 'container'>,
  action: HTTPGetAction,
  port: number,
  timeoutMs: number,
): Promise<number> {
  const address = action.host || target.address;
  const scheme = (action.scheme ?? 'HTTP').toLowerCase();
  const headers: Record<string, string> = { 'user-agent': USER_AGENT, accept: '*/*' };
  for (const { name, value } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  headers['host'] ??= `${address}:${port}`;
  let path = action.path || '/';
  if (!path.startsWith('/')) path = `/${path}`;
  for (let redirects = 0; ; redirects++) {
    const url = `${scheme}://${address}:${port}${path}`;
    let response: HttpResponse;
    try {
      response = await withTimeLimit(target.clock, timeoutMs, late, undefined, (signal) =>
        target.host.fetch(address, port, { method: 'GET', path, headers, signal }),
      );
    } catch (error) {
      const why =
        error instanceof Timeout
          ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
          : dialError(error, `${address}:${port}`);
      throw new Error(`Get "${url}": ${why}`, { cause: error });
    }
    const { location } = response.headers;
    if (response.status < 300 || response.status >= 400 || !location) return response.status;
    const next = new URL(location, url);
    // Another host is none of the probe's business: it has its answer.
    if (next.hostname !== address || redirects >= MAX_REDIRECTS) return response.status;
    path = next.pathname + next.search;
  }
}

/** A port by number, or by its name among the container's ports. */
export function portNumber(spec: ContainerSpec, port: number | string): number | undefined {
  if (typeof port === 'number') return port;
  const named = spec.ports?.find(({ name }) => name === port)?.containerPort;
  return named ?? (/^\d+$/.test(port) ? Number(port) : undefined);
}

const unknownPort = (port: number | string): ProbeOutcome => ({
  result: 'unknown',
  message: `strconv.Atoi: parsing "${port}": invalid syntax`,
});

function dialError(error: unknown, where: string): string {
  if (error instanceof Timeout) return `dial tcp ${where}: i/o timeout`;
  if (error instanceof NameNotFound) return `dial tcp: lookup ${error.hostname}: no such host`;
  if (!(error instanceof Errno)) return String(error);
  if (error.code === 'ECONNRESET') return `read tcp ${where}: read: connection reset by peer`;
  return `dial tcp ${where}: connect: ${error.message.toLowerCase()}`;
}

/** How a pod is called in the kubelet's messages: `web_default(uid)`. */
export const podName = ({ metadata }: Pod): string =>
  `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
