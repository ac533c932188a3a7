/**
 * busybox `nc`: whether a port is open (`-z`), and a request in HTTP to it. Connections carry HTTP here
 * (see `os/network.ts`), so what is not a request gets no answer. Left out: listening, -e, UDP.
 */
import { encode } from '../../../core/bytes.ts';
import { readBody } from '../../../core/http.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import { NameNotFound } from '../../../os/network.ts';
import { reasonPhrase } from '../../../core/http-status.ts';
import { usageOf } from './synopsis.ts';

export const nc: Program = async (process) => {
  const operands: string[] = [];
  let verbose = false;
  let onlyDial = false;
  let limitMs = 127_000;
  const words = process.argv.slice(1);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (!/^-./.test(word)) {
      operands.push(word);
      continue;
    }
    for (let j = 1; j < word.length; j++) {
      const letter = word[j]!;
      if (letter === 'v') verbose = true;
      else if (letter === 'z') onlyDial = true;
      else if (letter === 'w') {
        limitMs = Number(word.slice(j + 1) || words[++i]) * 1000;
        break;
      } else if (letter !== 'n') {
        await process.printError(`nc: invalid option -- '${letter}'\n${usageOf('nc')}`);
        return 1;
      }
    }
  }
  const [host, portText] = operands;
  const port = Number(portText);
  if (host === undefined || !Number.isInteger(port)) {
    await process.printError(usageOf('nc')!);
    return 1;
  }
  const { network, clock } = process.machine;
  let timer: { dispose(): void } | undefined;
  let address = host;
  try {
    if (!network) throw new Errno('ENETUNREACH');
    [address = ''] = await process.wait(network.resolve(host));
    await process.withAbort((signal) =>
      Promise.race([
        network.dial(address, port, signal),
        new Promise<never>((_, reject) => {
          timer = clock.setTimeout(() => reject(new Errno('ETIMEDOUT')), limitMs);
        }),
      ]),
    );
    if (verbose) await process.printError(`${host} (${address}:${port}) open\n`);
    if (onlyDial) return 0;
    const request = parseRequest(await process.readAll());
    if (!request) return 0;
    const response = await process.wait(network.fetch(address, port, request));
    const head = Object.entries(response.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    await process.print(
      encode(`HTTP/1.1 ${response.status} ${reasonPhrase(response.status)}\r\n${head.join('')}\r\n`),
    );
    await process.print(await process.wait(readBody(response)));
    return 0;
  } catch (error) {
    if (error instanceof NameNotFound) await process.printError(`nc: bad address '${host}'\n`);
    else if (!(error instanceof Errno)) throw error;
    else if (!onlyDial || verbose)
      await process.printError(`nc: ${host} (${address}:${port}): ${error.message}\n`);
    return 1;
  } finally {
    timer?.dispose();
  }
};

/** A request as somebody types it; undefined for what is none. */
function parseRequest(text: string) {
  const [head = '', ...rest] = text.split(/\r?\n\r?\n/);
  const [line = '', ...fields] = head.split(/\r?\n/);
  const [, method, path] = /^([A-Z]+) (\S+)(?: HTTP\/1\.[01])?$/.exec(line) ?? [];
  if (!method || !path) return undefined;
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const [, name, value = ''] = /^([^:]+):\s*(.*)$/.exec(field) ?? [];
    if (name) headers[name.toLowerCase()] = value;
  }
  const body = rest.join('\n\n');
  return { method, path, headers, ...(body ? { body: encode(body) } : {}) };
}
