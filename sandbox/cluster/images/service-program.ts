/** The host of the course's services in this cluster: a program around a `Service`. */
import { decode, encode, EMPTY } from '../../core/bytes.ts';
import { readBody, type HttpRequest, type HttpResponse } from '../../core/http.ts';
import { Errno } from '../../os/errno.ts';
import type { Program } from '../../os/machine.ts';
import { NameNotFound, type Peer } from '../../os/network.ts';
import type { Process } from '../../os/process.ts';
import type { CreateService, Service, ServiceHost } from './service.ts';

/** What the runtime of a service has in memory, and the CPU time it takes for a request. */
const RUNTIME_BYTES = 18 * 1024 ** 2;
const REQUEST_MS = 0.8;

/** A program that serves `create`'s service until it gets INT or TERM. */
export function runService(create: CreateService): Program {
  return async (process) => {
    process.allocate(RUNTIME_BYTES);
    const service = create(hostOf(process));
    const { network } = process.machine;
    if (!network) throw new Errno('ENETUNREACH');
    let listening;
    try {
      listening = network.listen(service.port, (request, peer) => {
        process.charge(REQUEST_MS);
        return answer(service, request, peer);
      });
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      await process.printError(`cannot listen on port ${service.port}: ${error.message}\n`);
      return 1;
    }
    try {
      const stopped = new Promise<void>((resolve) => {
        for (const signal of ['INT', 'TERM'] as const) process.handlers.set(signal, resolve);
      });
      await process.wait(service.work ? Promise.race([stopped, service.work()]) : stopped);
      return 0;
    } finally {
      listening.dispose();
    }
  };
}

async function answer(service: Service, request: HttpRequest, peer: Peer): Promise<HttpResponse> {
  const { pathname, searchParams } = new URL(request.path, 'http://service');
  const { status, headers, body } = await service.handle({
    method: request.method,
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: request.headers,
    body: decode(request.body ?? EMPTY),
    from: peer.address,
  });
  return { status, headers, body: request.method === 'HEAD' ? EMPTY : encode(body) };
}

function hostOf(process: Process): ServiceHost {
  const { machine } = process;
  const { files } = machine;
  return {
    environment: process.environment,
    hostname: machine.hostname,
    now: () => machine.clock.now(),
    random: () => machine.random.next(),
    sleep: (delayMs) => process.sleep(delayMs),
    log: (line) => process.log(`${line}\n`),
    fetch: (url, init) => fetchUrl(process, url, init),
    files: {
      read: (path) => (isThere(process, path) ? decode(files.readFile(path)) : undefined),
      write: (path, contents) => {
        files.mkdir(path.slice(0, path.lastIndexOf('/')) || '/', { recursive: true });
        files.writeFile(path, encode(contents));
      },
      list: (path) => (isThere(process, path) ? files.readDirectory(path) : []),
    },
  };
}

function isThere({ machine }: Process, path: string): boolean {
  try {
    machine.files.stat(path);
    return true;
  } catch {
    return false;
  }
}

async function fetchUrl(
  { machine }: Process,
  url: string,
  init: { method?: string; body?: string } = {},
): Promise<{ status: number; body: string }> {
  const { hostname, port, pathname, search, host } = new URL(url);
  try {
    const response = await machine.network!.fetch(hostname, Number(port || 80), {
      method: init.method ?? 'GET',
      path: pathname + search,
      headers: { host },
      ...(init.body === undefined ? {} : { body: encode(init.body) }),
    });
    return { status: response.status, body: decode(await readBody(response)) };
  } catch (error) {
    if (error instanceof Errno || error instanceof NameNotFound) throw new Error(`${url}: ${error.message}`);
    throw error;
  }
}
