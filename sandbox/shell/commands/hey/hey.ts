/**
 * `hey` (github.com/rakyll/hey), a load generator: `-n` requests, `-c` at a time, `-z` for a duration, `-q` a second
 * and worker, method, body, headers, time-out. Its report has the same parts: summary, histogram, percentiles,
 * status codes, errors. Left out: the details of connections, CSV, proxies.
 */
import { encode } from '../../../core/bytes.ts';
import { readBody } from '../../../core/http.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import { NameNotFound } from '../../../os/network.ts';
import type { Process } from '../../../os/process.ts';
import { parseDuration } from '../../../cluster/api/duration.ts';
import { flag, FlagError, parseFlags } from '../kubectl/flags.ts';

const FLAGS = [
  flag('n,n', 200, 'Number of requests to run'),
  flag('c,c', 50, 'Number of workers to run concurrently'),
  flag('q,q', 0, 'Rate limit, in queries per second (QPS) per worker'),
  flag('z,z', '', 'Duration of application to send requests'),
  flag('m,m', 'GET', 'HTTP method'),
  flag('H,H', [], 'Custom HTTP header'),
  flag('t,t', 20, 'Timeout for each request in seconds'),
  flag('d,d', '', 'HTTP request body'),
  flag('T,T', 'text/html', 'Content-type'),
  flag('host', '', 'HTTP Host header'),
];
const USAGE = `Usage: hey [options...] <url>\n\nOptions:\n${FLAGS.map(({ name, usage }) => `  -${name}  ${usage}\n`).join('')}`;
const BUCKETS = 10;
const BAR_WIDTH = 40;
const PERCENTILES = [10, 25, 50, 75, 90, 95, 99];

interface Results {
  secondsTaken: number;
  seconds: number[];
  sizeBytes: number;
  statuses: Map<number, number>;
  errors: Map<string, number>;
}

export const program: Program = async (process) => {
  // hey's long options have one dash, as Go's flag package reads them.
  const words = process.argv.slice(1).map((word) => word.replace(/^-(host)\b/, '--$1'));
  if (words.includes('--help') || words.includes('-h')) {
    await process.print(USAGE);
    return 0;
  }
  let flags: ReturnType<typeof parseFlags>;
  try {
    flags = parseFlags(FLAGS, words);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    await process.printError(`${error.message}\n`);
    return 1;
  }
  const [address] = flags.positional;
  if (address === undefined) {
    await process.printError(USAGE);
    return 1;
  }
  let url: URL;
  try {
    url = new URL(address.includes('://') ? address : `http://${address}`);
  } catch {
    await process.printError(`parse ${JSON.stringify(address)}: invalid URL\n`);
    return 1;
  }
  const headers: Record<string, string> = {
    'user-agent': 'hey/0.0.1',
    host: flags.string('host') || url.host,
  };
  for (const header of flags.list('H')) {
    const colon = header.indexOf(':');
    headers[header.slice(0, colon).trim().toLowerCase()] = header.slice(colon + 1).trim();
  }
  const body = flags.string('d');
  if (body) headers['content-type'] ??= flags.string('T');
  const total = flags.string('z') ? Infinity : flags.int('n');
  const workers = Math.min(flags.int('c'), total);
  if (workers <= 0 || total < flags.int('c')) {
    await process.printError('-n cannot be less than -c.\n');
    return 1;
  }
  const results = await load(process, url, {
    method: flags.string('m'),
    headers,
    body: body ? encode(body) : undefined,
    total,
    workers,
    everyMs: flags.int('q') > 0 ? 1000 / flags.int('q') : 0,
    durationMs: flags.string('z') ? parseDuration(flags.string('z')) : Infinity,
    timeoutMs: flags.int('t') * 1000,
  });
  await process.print(report(results));
  return 0;
};

interface Load {
  method: string;
  headers: Record<string, string>;
  body: Uint8Array | undefined;
  total: number;
  workers: number;
  everyMs: number;
  durationMs: number;
  timeoutMs: number;
}

async function load(process: Process, url: URL, options: Load): Promise<Results> {
  const { clock } = process.machine;
  const startMs = clock.now();
  const results: Results = {
    secondsTaken: 0,
    seconds: [],
    sizeBytes: 0,
    statuses: new Map(),
    errors: new Map(),
  };
  let started = 0;
  const count = <K>(map: Map<K, number>, key: K) => map.set(key, (map.get(key) ?? 0) + 1);
  const work = async (): Promise<void> => {
    while (started < options.total && clock.now() - startMs < options.durationMs) {
      started++;
      const beganMs = clock.now();
      try {
        const { status, sizeBytes } = await send(process, url, options);
        results.seconds.push((clock.now() - beganMs) / 1000);
        results.sizeBytes += sizeBytes;
        count(results.statuses, status);
      } catch (error) {
        if (!(error instanceof Errno || error instanceof NameNotFound || error instanceof TimedOut))
          throw error;
        count(
          results.errors,
          `${options.method.replace(/^(.)(.*)/, (_, a: string, b: string) => a + b.toLowerCase())} ${JSON.stringify(url.href)}: ${error.message.toLowerCase()}`,
        );
      }
      await process.tick();
      const restMs = options.everyMs - (clock.now() - beganMs);
      if (restMs > 0) await process.sleep(restMs);
    }
  };
  await Promise.all(Array.from({ length: options.workers }, work));
  results.secondsTaken = (clock.now() - startMs) / 1000;
  return results;
}

class TimedOut extends Error {}

async function send(
  process: Process,
  { hostname, port, pathname, search }: URL,
  { method, headers, body, timeoutMs }: Load,
): Promise<{ status: number; sizeBytes: number }> {
  const { network, clock } = process.machine;
  if (!network) throw new Errno('ENETUNREACH');
  const controller = new AbortController();
  const timer = clock.setTimeout(
    () =>
      controller.abort(
        new TimedOut('context deadline exceeded (Client.Timeout exceeded while awaiting headers)'),
      ),
    timeoutMs,
  );
  try {
    const response = await process.wait(
      network.fetch(hostname, Number(port || 80), {
        method,
        path: pathname + search,
        headers,
        signal: controller.signal,
        ...(body ? { body } : {}),
      }),
    );
    return { status: response.status, sizeBytes: (await process.wait(readBody(response))).length };
  } finally {
    timer.dispose();
  }
}

function report({ secondsTaken, seconds, sizeBytes, statuses, errors }: Results): string {
  const sorted = [...seconds].sort((a, b) => a - b);
  const number = (value: number) => value.toFixed(4);
  let out = '\nSummary:\n';
  const line = (name: string, value: string) => `  ${name}:\t${value}\n`;
  if (sorted.length > 0) {
    const sum = sorted.reduce((total, each) => total + each, 0);
    out += line('Total', `${number(secondsTaken)} secs`);
    out += line('Slowest', `${number(sorted.at(-1)!)} secs`);
    out += line('Fastest', `${number(sorted[0]!)} secs`);
    out += line('Average', `${number(sum / sorted.length)} secs`);
    out += line('Requests/sec', number(secondsTaken > 0 ? sorted.length / secondsTaken : sorted.length));
    out += `\n  Total data:\t${sizeBytes} bytes\n  Size/request:\t${Math.floor(sizeBytes / sorted.length)} bytes\n`;
    out += `\nResponse time histogram:\n${histogram(sorted)}`;
    out += '\n\nLatency distribution:\n';
    for (const percent of PERCENTILES)
      out += `  ${percent}% in ${number(sorted[Math.min(sorted.length - 1, Math.floor((percent / 100) * sorted.length))]!)} secs\n`;
    out += '\nStatus code distribution:\n';
    for (const [status, responses] of [...statuses].sort(([a], [b]) => a - b))
      out += `  [${status}]\t${responses} responses\n`;
  } else out += line('Total', `${number(secondsTaken)} secs`);
  if (errors.size > 0) {
    out += '\nError distribution:\n';
    for (const [message, times] of errors) out += `  [${times}]\t${message}\n`;
  }
  return `${out}\n`;
}

function histogram(sorted: readonly number[]): string {
  const fastest = sorted[0]!;
  const width = (sorted.at(-1)! - fastest) / BUCKETS;
  const limits = Array.from({ length: BUCKETS + 1 }, (_, at) => fastest + at * width);
  const counts = limits.map(() => 0);
  for (const each of sorted) {
    const at = limits.findIndex((limit) => each <= limit + 1e-9);
    counts[at < 0 ? BUCKETS : at]!++;
  }
  const most = Math.max(...counts);
  return limits
    .map(
      (limit, at) =>
        `  ${limit.toFixed(3)} [${counts[at]}]\t|${'■'.repeat(Math.round((counts[at]! * BAR_WIDTH) / most))}\n`,
    )
    .join('');
}
