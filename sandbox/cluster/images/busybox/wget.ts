/**
 * busybox `wget`: one document after the other over HTTP, with its progress line, which is there at once.
 * Left out: TLS and FTP (nothing in the cluster speaks them), -c, proxies.
 */
import { encode } from '../../../core/bytes.ts';
import { readBody, type HttpResponse } from '../../../core/http.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import { NameNotFound } from '../../../os/network.ts';
import { open } from '../../../os/open.ts';
import type { Process } from '../../../os/process.ts';
import { reasonPhrase } from '../../../core/http-status.ts';
import { usageOf } from './synopsis.ts';

interface Settings {
  quiet: boolean;
  serverResponse: boolean;
  spider: boolean;
  output: string | undefined;
  directory: string | undefined;
  timeoutMs: number;
  userAgent: string;
  headers: [name: string, value: string][];
  data: string | undefined;
  urls: string[];
}

/** Ends a download; the message goes behind `wget: `. */
class Failure extends Error {}

const MAX_REDIRECTS = 5;
/** The default of `-T`. */
const TIMEOUT_SECONDS = 900;
const PORTS: Record<string, number> = { 'http:': 80, 'https:': 443, 'ftp:': 21 };

export const wget: Program = async (process) => {
  const settings = parse(process.argv.slice(1));
  if (typeof settings === 'string') {
    await process.printError(`${settings}${usageOf('wget')}`);
    return 1;
  }
  for (const url of settings.urls) {
    try {
      await download(process, settings, url);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      await process.printError(`wget: ${error.message}\n`);
      return 1;
    }
  }
  return 0;
};

async function download(process: Process, settings: Settings, text: string): Promise<void> {
  const say = async (line: string) => {
    if (!settings.quiet) await process.printError(`${line}\n`);
  };
  let url = parseUrl(text);
  let response: HttpResponse | undefined;
  for (let redirects = 0; ; redirects++) {
    if (redirects > MAX_REDIRECTS) throw new Failure('too many redirections');
    response = await ask(process, settings, url, say);
    const { status } = response;
    if (settings.serverResponse) {
      await say(`  HTTP/1.1 ${status} ${reasonPhrase(status)}`);
      for (const [name, value] of Object.entries(response.headers))
        await say(`  ${titleCase(name)}: ${value}`);
      await say('  ');
    }
    const location = response.headers['location'];
    if (status >= 300 && status < 400 && location) {
      url = parseUrl(new URL(location, url.href).href);
      continue;
    }
    if (status < 200 || status > 299)
      throw new Failure(`server returned error: HTTP/1.1 ${status} ${reasonPhrase(status)}`);
    break;
  }
  if (settings.spider) return say('remote file exists');
  await save(process, settings, url, response, say);
}

async function save(
  process: Process,
  { output, directory }: Settings,
  url: URL,
  response: HttpResponse,
  say: (line: string) => Promise<void>,
): Promise<void> {
  const name = url.pathname.split('/').at(-1) || 'index.html';
  const path = output ?? (directory === undefined ? name : `${directory.replace(/\/$/, '')}/${name}`);
  const toStdout = path === '-';
  let file;
  if (!toStdout) {
    try {
      // Without -O a file that is there is never overwritten.
      if (output === undefined && isThere(process, path)) throw new Errno('EEXIST');
      file = open(process, path, { write: true, create: true, truncate: true }).acquire();
    } catch (error) {
      if (error instanceof Errno) throw new Failure(`can't open '${path}': ${error.message}`);
      throw error;
    }
  }
  await say(toStdout ? 'writing to stdout' : `saving to '${path}'`);
  try {
    const bytes = await process.wait(readBody(response));
    const pressure = file ? file.operations.write!(bytes) : process.print(bytes);
    if (pressure) await process.wait(pressure);
    const shown = path.split('/').at(-1)!.slice(0, 20).padEnd(20);
    await say(`${shown} 100% |${'*'.repeat(32)}| ${sizeText(bytes.length)}  0:00:00 ETA`);
  } finally {
    file?.close();
  }
  await say(toStdout ? 'written to stdout' : `'${path}' saved`);
}

async function ask(
  process: Process,
  settings: Settings,
  url: URL,
  say: (line: string) => Promise<void>,
): Promise<HttpResponse> {
  const { network, clock } = process.machine;
  const port = Number(url.port || PORTS[url.protocol]);
  let timer: { dispose(): void } | undefined;
  let address = url.hostname;
  try {
    if (!network) throw new Errno('ENETUNREACH');
    [address = ''] = await process.wait(network.resolve(url.hostname));
    await say(`Connecting to ${url.host} (${address}:${port})`);
    if (url.protocol !== 'http:') {
      // Whoever listens hangs up on what is no HTTP.
      await process.wait(network.dial(address, port));
      throw new Failure('error getting response: Connection reset by peer');
    }
    const headers: Record<string, string> = { host: url.host, 'user-agent': settings.userAgent };
    for (const [name, value] of settings.headers) headers[name] = value;
    const body = settings.data === undefined ? undefined : encode(settings.data);
    if (body) headers['content-type'] ??= 'application/x-www-form-urlencoded';
    return await process.withAbort((signal) =>
      Promise.race([
        network.fetch(address, port, {
          method: settings.spider ? 'HEAD' : body ? 'POST' : 'GET',
          path: url.pathname + url.search,
          headers,
          body,
          signal,
        }),
        new Promise<never>((_, reject) => {
          timer = clock.setTimeout(() => reject(new Failure('download timed out')), settings.timeoutMs);
        }),
      ]),
    );
  } catch (error) {
    if (error instanceof NameNotFound) throw new Failure(`bad address '${url.host}'`);
    if (!(error instanceof Errno)) throw error;
    throw new Failure(
      error.code === 'ECONNRESET'
        ? `error getting response: ${error.message}`
        : `can't connect to remote host (${address}): ${error.message}`,
    );
  } finally {
    timer?.dispose();
  }
}

function parseUrl(text: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`);
  } catch {
    // Said below.
  }
  if (!url || !Object.hasOwn(PORTS, url.protocol)) throw new Failure(`not an http or ftp url: ${text}`);
  return url;
}

function isThere(process: Process, path: string): boolean {
  try {
    process.fileSystem.lstat(process.resolve(path));
    return true;
  } catch {
    return false;
  }
}

/** Five columns: `    6`, `12345`, `97.7k`. */
function sizeText(bytes: number): string {
  if (bytes < 100_000) return String(bytes).padStart(5);
  if (bytes < 1024 ** 2) return `${Math.floor(bytes / 1024)}k`.padStart(5);
  return `${(bytes / 1024 ** 2).toFixed(1)}M`.padStart(5);
}

/** As servers write them: `Content-length`, `Date`. */
const titleCase = (name: string): string => name.replace(/^[a-z]/, (letter) => letter.toUpperCase());

/** The settings, or the message in front of the usage. */
function parse(args: string[]): Settings | string {
  const settings: Settings = {
    quiet: false,
    serverResponse: false,
    spider: false,
    output: undefined,
    directory: undefined,
    timeoutMs: TIMEOUT_SECONDS * 1000,
    userAgent: 'Wget',
    headers: [],
    data: undefined,
    urls: [],
  };
  const take = (option: string, value: string) => {
    if (option === 'O') settings.output = value;
    else if (option === 'P') settings.directory = value;
    else if (option === 'T') settings.timeoutMs = Number(value) * 1000;
    else if (option === 'U') settings.userAgent = value;
    else if (option === 'post-data') settings.data = value;
    else if (option === 'header') {
      const [, name, content = ''] = /^([^:]+):\s*(.*)$/.exec(value) ?? [];
      if (name) settings.headers.push([name.toLowerCase(), content]);
    }
  };
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    const [, long, attached] = /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (long !== undefined) {
      const name = LONG[long];
      if (name === undefined) return `wget: unrecognized option '${word}'\n`;
      if (name === 'q') settings.quiet = true;
      else if (name === 'S') settings.serverResponse = true;
      else if (name === 'spider') settings.spider = true;
      else if (name !== '') {
        const value = attached ?? args[++i];
        if (value === undefined) return `wget: option '--${long}' requires an argument\n`;
        take(name, value);
      }
    } else if (/^-./.test(word)) {
      for (let j = 1; j < word.length; j++) {
        const letter = word[j]!;
        if (letter === 'q') settings.quiet = true;
        else if (letter === 'S') settings.serverResponse = true;
        else if ('OPTUoYt'.includes(letter)) {
          const value = word.slice(j + 1) || args[++i];
          if (value === undefined) return `wget: option requires an argument -- '${letter}'\n`;
          take(letter, value);
          break;
        } else if (letter !== 'c') return `wget: invalid option -- '${letter}'\n`;
      }
    } else settings.urls.push(word);
  }
  return settings.urls.length === 0 ? '' : settings;
}

/** Long options: what they stand for; empty: without meaning here. */
const LONG: Record<string, string> = {
  quiet: 'q',
  'server-response': 'S',
  spider: 'spider',
  'output-document': 'O',
  'directory-prefix': 'P',
  timeout: 'T',
  'user-agent': 'U',
  header: 'header',
  'post-data': 'post-data',
  'no-check-certificate': '',
};
