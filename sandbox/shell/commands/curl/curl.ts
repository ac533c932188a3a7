/** curl over the machine's network: HTTP/1.1 only, since that is what the network carries. */
import { encode } from '../../../core/bytes.ts';
import type { HttpRequest, HttpResponse } from '../../../core/http.ts';
import { Errno } from '../../../os/errno.ts';
import { NameNotFound } from '../../../os/network.ts';
import { open, readWholeText } from '../../../os/open.ts';
import type { OpenFile } from '../../../os/open-file.ts';
import type { Process } from '../../../os/process.ts';
import { defineCommand, type Options } from '../command.ts';
import { reasonPhrase } from '../../../core/http-status.ts';
import { unescape } from '../../parameter-operations.ts';

const LONG: Record<string, string> = {
  silent: 's',
  'show-error': 'S',
  include: 'i',
  'upload-file': 'T',
  head: 'I',
  request: 'X',
  header: 'H',
  data: 'd',
  'data-raw': 'data-raw:',
  'data-binary': 'data-binary:',
  'data-urlencode': 'data-urlencode:',
  json: 'json:',
  output: 'o',
  'remote-name': 'O',
  'write-out': 'w',
  'max-time': 'm',
  'connect-timeout': 'connect-timeout:',
  fail: 'f',
  'fail-with-body': 'fail-with-body',
  location: 'L',
  verbose: 'v',
  insecure: 'k',
  retry: 'retry:',
  'retry-delay': 'retry-delay:',
  'retry-connrefused': 'retry-connrefused',
  'retry-all-errors': 'retry-all-errors',
  user: 'u',
  'user-agent': 'A',
  get: 'G',
  'no-buffer': 'N',
  compressed: 'compressed',
  version: 'V',
  resolve: 'resolve:',
  noproxy: 'noproxy:',
  'http1.1': 'http1.1',
  ipv4: '4',
  url: 'url:',
  'no-progress-meter': 's',
};

export const program = defineCommand(
  {
    short: 'sSiIX:H:d:o:Ow:m:fLvku:A:GNV46b:e:F:T:x:#',
    long: LONG,
    usage:
      'curl [options...] <url>\n -d, --data <data>          HTTP POST data\n -f, --fail                 Fail fast with no output on HTTP errors\n -H, --header <header>      Pass custom header to server\n -i, --include              Include protocol response headers in the output\n -I, --head                 Show document info only\n -k, --insecure             Allow insecure server connections\n -L, --location             Follow redirects\n -m, --max-time <seconds>   Maximum time allowed for transfer\n -o, --output <file>        Write to file instead of stdout\n     --retry <num>          Retry request if transient problems occur\n -s, --silent               Silent mode\n -S, --show-error           Show error even when -s is used\n -T, --upload-file <file>   Transfer local FILE to destination\n -v, --verbose              Make the operation more talkative\n -w, --write-out <format>   Use output FORMAT after completion\n -X, --request <method>     Specify request method to use',
    usageExitCode: 2,
  },
  async (process, options, operands) => {
    if (options.has('V')) {
      await process.print('curl 7.88.1 (x86_64-pc-linux-gnu)\nProtocols: http\n');
      return 0;
    }
    const urls = [...operands, ...options.all('url')];
    if (urls.length === 0) {
      await process.printError(
        "curl: (2) no URL specified\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
      );
      return 2;
    }
    let status = 0;
    for (const [i, url] of urls.entries()) status = await new Transfer(process, options, url, i).run();
    return status;
  },
);

/** A failure with curl's own number. */
class TransferError extends Error {
  readonly exitCode: number;
  readonly transient: boolean;
  constructor(exitCode: number, message: string, transient = false) {
    super(message);
    this.exitCode = exitCode;
    this.transient = transient;
  }
}

class Transfer {
  readonly #process: Process;
  readonly #options: Options;
  readonly #text: string;
  readonly #index: number;
  #startMs = 0;
  #connectMs = 0;
  #redirects = 0;
  #downloaded = 0;
  #uploaded = 0;
  #response: HttpResponse | undefined;
  #url!: URL;

  constructor(process: Process, options: Options, text: string, index: number) {
    this.#process = process;
    this.#options = options;
    this.#text = text;
    this.#index = index;
  }

  async run(): Promise<number> {
    const options = this.#options;
    const retries = Number(options.get('retry') ?? 0);
    this.#startMs = this.#process.machine.clock.now();
    let exitCode = 0;
    for (let attempt = 0; ; attempt++) {
      try {
        exitCode = await this.#attempt();
        const code = this.#response?.status ?? 0;
        if (attempt < retries && [408, 429, 500, 502, 503, 504].includes(code)) {
          await this.#waitToRetry(attempt, retries, `HTTP error`);
          continue;
        }
        break;
      } catch (error) {
        if (!(error instanceof TransferError)) throw error;
        exitCode = error.exitCode;
        const may =
          error.transient ||
          (exitCode === 7 && options.has('retry-connrefused')) ||
          options.has('retry-all-errors');
        if (attempt < retries && may) {
          await this.#waitToRetry(attempt, retries, 'timeout');
          continue;
        }
        if (!options.has('s') || options.has('S'))
          await this.#process.printError(`curl: (${error.exitCode}) ${error.message}\n`);
        break;
      }
    }
    const format = options.get('w');
    if (format !== undefined) await this.#process.print(await this.#report(format, exitCode));
    return exitCode;
  }

  async #waitToRetry(attempt: number, retries: number, why: string): Promise<void> {
    const seconds = Number(this.#options.get('retry-delay') ?? 0) || 2 ** attempt;
    if (!this.#options.has('s'))
      await this.#process.printError(
        `Warning: Problem : ${why}. Will retry in ${seconds} second${seconds === 1 ? '' : 's'}. ${retries - attempt} retr${retries - attempt === 1 ? 'y' : 'ies'} left.\n`,
      );
    await this.#process.sleep(seconds * 1000);
  }

  #parse(text: string, base?: URL): URL {
    const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || base ? text : `http://${text}`;
    let url: URL;
    try {
      url = new URL(full, base?.href);
    } catch {
      throw new TransferError(3, 'URL using bad/illegal format or missing URL');
    }
    if (url.protocol === 'https:')
      throw new TransferError(
        35,
        'TLS connect error: this network carries plain HTTP only; use an http:// URL',
      );
    if (url.protocol !== 'http:')
      throw new TransferError(
        1,
        `Protocol "${url.protocol.slice(0, -1)}" not supported or disabled in libcurl`,
      );
    return url;
  }

  async #body(): Promise<{ text: string; type: string } | undefined> {
    const options = this.#options;
    const parts: string[] = [];
    let type = 'application/x-www-form-urlencoded';
    for (const [key, value = ''] of options.list) {
      if (key === 'd' || key === 'data-binary') {
        const text = value.startsWith('@') ? await this.#readFile(value.slice(1)) : value;
        parts.push(key === 'd' && value.startsWith('@') ? text.replace(/[\r\n]/g, '') : text);
      } else if (key === 'data-raw') parts.push(value);
      else if (key === 'data-urlencode') {
        const equals = value.indexOf('=');
        parts.push(
          equals < 0
            ? encodeURIComponent(value)
            : `${value.slice(0, equals + 1)}${encodeURIComponent(value.slice(equals + 1))}`,
        );
      } else if (key === 'json') {
        parts.push(value.startsWith('@') ? await this.#readFile(value.slice(1)) : value);
        type = 'application/json';
      }
    }
    const upload = options.get('T');
    if (upload !== undefined) return { text: await this.#readFile(upload), type: '' };
    return parts.length === 0
      ? undefined
      : { text: parts.join(type === 'application/json' ? '' : '&'), type };
  }

  async #readFile(path: string): Promise<string> {
    try {
      return await (path === '-' ? this.#process.readAll(0) : readWholeText(this.#process, path));
    } catch {
      throw new TransferError(26, `Failed to open ${path}`);
    }
  }

  async #attempt(): Promise<number> {
    const options = this.#options;
    this.#url = this.#parse(this.#text);
    this.#redirects = 0;
    const body = await this.#body();
    let method = options.get('X') ?? this.#defaultMethod(body !== undefined);
    if (body && options.has('G')) this.#url.search += `${this.#url.search ? '&' : '?'}${body.text}`;
    let sent = options.has('G') ? undefined : body;
    for (;;) {
      const response = await this.#send(method, sent);
      this.#response = response;
      const location = response.headers['location'];
      if (options.has('L') && location !== undefined && response.status >= 300 && response.status < 400) {
        if (++this.#redirects > 50) throw new TransferError(47, 'Maximum (50) redirects followed');
        if (options.has('i') || options.has('I')) await this.#process.print(headText(response));
        await drain(response);
        this.#url = this.#parse(location, this.#url);
        if (!options.has('X') && response.status <= 303 && method === 'POST') {
          method = 'GET';
          sent = undefined;
        }
        continue;
      }
      return await this.#receive(response, method);
    }
  }

  #defaultMethod(hasBody: boolean): string {
    const options = this.#options;
    if (options.has('T')) return 'PUT';
    if (options.has('I')) return 'HEAD';
    return hasBody && !options.has('G') ? 'POST' : 'GET';
  }

  async #send(method: string, body: { text: string; type: string } | undefined): Promise<HttpResponse> {
    const options = this.#options;
    const process = this.#process;
    const { network } = process.machine;
    const host = this.#url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(this.#url.port || 80);
    if (!network)
      throw new TransferError(
        7,
        `Failed to connect to ${host} port ${port} after 0 ms: Couldn't connect to server`,
      );
    const headers: Record<string, string> = {
      host: this.#url.host,
      'user-agent': options.get('A') ?? 'curl/7.88.1',
      accept: '*/*',
    };
    if (body?.type) headers['content-type'] = body.type;
    if (body?.type === 'application/json') headers['accept'] = 'application/json';
    if (options.has('u')) headers['authorization'] = `Basic ${btoa(options.get('u')!)}`;
    for (const text of options.all('H')) {
      const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(text) ?? [];
      if (value === '') delete headers[name.toLowerCase()];
      else if (name) headers[name.toLowerCase()] = value;
    }
    const request: HttpRequest = { method, path: `${this.#url.pathname}${this.#url.search}`, headers };
    if (body) {
      request.body = encode(body.text);
      headers['content-length'] = String(request.body.length);
      this.#uploaded = request.body.length;
    }
    if (options.has('v')) {
      await process.printError(
        `*   Trying ${host}:${port}...\n> ${method} ${request.path} HTTP/1.1\n${Object.entries(headers)
          .map(([name, value]) => `> ${titleCase(name)}: ${value}\n`)
          .join('')}> \n`,
      );
    }
    const maxMs = Number(options.get('m') ?? 0) * 1000;
    const connectLimitMs = Number(options.get('connect-timeout') ?? 0) * 1000;
    const limitMs = Math.min(...[maxMs, connectLimitMs].filter((ms) => ms > 0), Infinity);
    const began = process.machine.clock.now();
    try {
      const response = await withLimit(process, limitMs, (signal) =>
        network.fetch(host, port, { ...request, signal }),
      );
      this.#connectMs = process.machine.clock.now() - began;
      if (options.has('v')) {
        await process.printError(
          `* Connected to ${host} port ${port} (#0)\n${headText(response)
            .split('\r\n')
            .slice(0, -1)
            .map((line) => `< ${line}\n`)
            .join('')}`,
        );
      }
      return response;
    } catch (error) {
      const ms = process.machine.clock.now() - began;
      if (error instanceof Limit)
        throw new TransferError(
          28,
          connectLimitMs > 0 && connectLimitMs === limitMs
            ? `Connection timed out after ${Math.round(ms)} milliseconds`
            : `Operation timed out after ${Math.round(ms)} milliseconds with 0 bytes received`,
          true,
        );
      if (error instanceof NameNotFound) throw new TransferError(6, `Could not resolve host: ${host}`);
      if (!(error instanceof Errno)) throw error;
      if (error.code === 'ETIMEDOUT')
        throw new TransferError(
          28,
          `Failed to connect to ${host} port ${port} after ${ms} ms: Connection timed out`,
          true,
        );
      if (error.code === 'ECONNRESET') throw new TransferError(56, 'Recv failure: Connection reset by peer');
      throw new TransferError(
        7,
        `Failed to connect to ${host} port ${port} after ${ms} ms: Couldn't connect to server`,
      );
    }
  }

  async #receive(response: HttpResponse, method: string): Promise<number> {
    const options = this.#options;
    const process = this.#process;
    const failed = response.status >= 400 && (options.has('f') || options.has('fail-with-body'));
    if (failed && options.has('f')) {
      await drain(response);
      throw new TransferError(22, `The requested URL returned error: ${response.status}`);
    }
    let path = options.all('o')[this.#index] ?? options.get('o');
    if (options.has('O')) path = this.#url.pathname.split('/').at(-1) || 'index.html';
    let file: OpenFile | undefined;
    if (path !== undefined && path !== '-') {
      try {
        file = open(process, path, { write: true, create: true, truncate: true }).acquire();
      } catch {
        throw new TransferError(23, `Failed to open the file ${path}: No such file or directory`);
      }
    }
    const write = async (bytes: Uint8Array) => {
      const pressure = file ? file.operations.write!(bytes) : process.print(bytes);
      if (pressure) await process.wait(pressure);
    };
    try {
      if (options.has('i') || options.has('I')) await write(encode(headText(response)));
      if (method === 'HEAD') return 0;
      const limitMs = Number(options.get('m') ?? 0) * 1000 || Infinity;
      try {
        await withLimit(
          process,
          limitMs === Infinity ? Infinity : limitMs - (process.machine.clock.now() - this.#startMs),
          async () => {
            if (response.body instanceof Uint8Array) {
              this.#downloaded = response.body.length;
              if (response.body.length > 0) await write(response.body);
            } else {
              for await (const chunk of response.body) {
                this.#downloaded += chunk.length;
                await write(chunk);
              }
            }
          },
        );
      } catch (error) {
        if (error instanceof Limit)
          throw new TransferError(
            28,
            `Operation timed out after ${Math.round(limitMs)} milliseconds with ${this.#downloaded} bytes received`,
            true,
          );
        if (error instanceof Errno && error.code === 'ECONNRESET')
          throw new TransferError(18, 'transfer closed with outstanding read data remaining');
        throw error;
      }
    } finally {
      file?.close();
    }
    if (failed) throw new TransferError(22, `The requested URL returned error: ${response.status}`);
    return 0;
  }

  /** Where an answer would lead that was not followed. */
  #redirectUrl(): string {
    const { status = 0, headers } = this.#response ?? {};
    const location = headers?.['location'];
    return location !== undefined && status >= 300 && status < 400
      ? new URL(location, this.#url.href).href
      : '';
  }

  async #report(format: string, exitCode: number): Promise<string> {
    const total = ((this.#process.machine.clock.now() - this.#startMs) / 1000).toFixed(6);
    const values: Record<string, string> = {
      http_code: String(this.#response?.status ?? 0).padStart(3, '0'),
      response_code: String(this.#response?.status ?? 0).padStart(3, '0'),
      time_total: total,
      time_connect: (this.#connectMs / 1000).toFixed(6),
      time_starttransfer: (this.#connectMs / 1000).toFixed(6),
      time_namelookup: '0.000100',
      size_download: String(this.#downloaded),
      size_upload: String(this.#uploaded),
      num_redirects: String(this.#redirects),
      redirect_url: this.#redirectUrl(),
      url_effective: this.#url?.href ?? this.#text,
      url: this.#text,
      content_type: this.#response?.headers['content-type'] ?? '',
      method: this.#options.get('X') ?? 'GET',
      exitcode: String(exitCode),
      errormsg: '',
      scheme: 'HTTP',
      http_version: '1.1',
      remote_port: this.#url?.port || '80',
      remote_ip: '',
    };
    const text = format.startsWith('@') ? await this.#readFile(format.slice(1)) : format;
    return unescape(
      text.replace(/%\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole).replaceAll('%%', '%'),
      'format',
    ).text;
  }
}

class Limit extends Error {}

/** Runs `body` and aborts it after `limitMs` of the clock, or when a signal unwinds the process. */
async function withLimit<T>(
  process: Process,
  limitMs: number,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  let timer: { dispose(): void } | undefined;
  try {
    return await process.withAbort(
      (signal) =>
        new Promise<T>((resolve, reject) => {
          if (limitMs !== Infinity)
            timer = process.machine.clock.setTimeout(() => reject(new Limit()), Math.max(0, limitMs));
          body(signal).then(resolve, reject);
        }),
    );
  } finally {
    timer?.dispose();
  }
}

async function drain(response: HttpResponse): Promise<void> {
  if (response.body instanceof Uint8Array) return;
  for await (const _ of response.body) break;
}

const titleCase = (name: string): string => name.replace(/(^|-)[a-z]/g, (char) => char.toUpperCase());

function headText(response: HttpResponse): string {
  const lines = Object.entries(response.headers).map(([name, value]) => `${titleCase(name)}: ${value}\r\n`);
  return `HTTP/1.1 ${response.status} ${reasonPhrase(response.status)}\r\n${lines.join('')}\r\n`;
}
