/**
 * `httpd`: busybox' web server, with its headers, error pages and log lines. Static files, ranges, HEAD.
 * Left out: CGI, basic authentication, httpd.conf, inetd mode, the -d, -e and -m conversions.
 */
import { encode } from '../../../core/bytes.ts';
import type { HttpRequest, HttpResponse } from '../../../core/http.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import type { Peer } from '../../../os/network.ts';
import type { Process } from '../../../os/process.ts';

interface Settings {
  foreground: boolean;
  /** 0, 1: a line a response, 2: the URL too. */
  verbosity: number;
  port: number;
  address: string;
  home: string;
}

const USAGE = `Usage: httpd [-ifv[v]] [-c CONFFILE] [-p [IP:]PORT] [-u USER[:GRP]] [-r REALM] [-h HOME]
or httpd -d/-e/-m STRING

Listen for incoming HTTP requests
`;

const TYPES: [RegExp, string][] = [
  [/\.(txt|h|c|cc|cpp)$/, 'text/plain'],
  [/\.html?$/, 'text/html'],
  [/\.jpe?g$/, 'image/jpeg'],
  [/\.gif$/, 'image/gif'],
  [/\.png$/, 'image/png'],
  [/\.svg$/, 'image/svg+xml'],
  [/\.css$/, 'text/css'],
];

const ERRORS: Record<number, [title: string, text: string]> = {
  302: ['Found', ''],
  400: ['Bad Request', 'Unsupported method'],
  403: ['Forbidden', ''],
  404: ['Not Found', 'The requested URL was not found'],
  501: ['Not Implemented', 'The requested method is not recognized'],
};

export const httpd: Program = async (process) => {
  const settings = parse(process.argv.slice(1));
  if (!settings) {
    await process.printError(USAGE);
    return 1;
  }
  const home = process.resolve(settings.home);
  try {
    if (process.machine.files.stat(home).kind !== 'directory') throw new Errno('ENOTDIR');
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    await process.printError(`httpd: can't change directory to '${settings.home}': ${error.message}\n`);
    return 1;
  }
  if (settings.foreground) return serve(process, settings, home);
  // A daemon: what started it goes on (and when that was a container's first process, the container ends).
  process.machine.spawn({
    argv: process.argv,
    program: (daemon) => serve(daemon, settings, home),
    files: [undefined, undefined, undefined],
    parent: process,
    processGroup: 'new',
    directory: home,
  });
  return 0;
};

async function serve(process: Process, settings: Settings, home: string): Promise<number> {
  const { network } = process.machine;
  const log = (line: string) => process.log(line, 2);
  const answer = async (request: HttpRequest, { address, port }: Peer) => {
    const client = `[::ffff:${address}]:${port}:`;
    if (settings.verbosity > 1) log(`${client} url:${request.path}\n`);
    const response = respond(process, request, home);
    if (settings.verbosity > 0) log(`${client} response:${response.status}\n`);
    return response;
  };
  let listening;
  try {
    if (!network) throw new Errno('ENETUNREACH');
    listening = network.listen(settings.port, answer, settings.address);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    await process.printError(`httpd: bind: ${error.message}\n`);
    return 1;
  }
  try {
    return await process.wait(new Promise<number>(() => {}));
  } finally {
    listening.dispose();
  }
}

function respond(process: Process, request: HttpRequest, home: string): HttpResponse {
  const { files } = process.machine;
  const date = httpDate(process.machine.clock.now());
  const failed = (status: number, headers: Record<string, string> = {}): HttpResponse => {
    const [title, text] = ERRORS[status]!;
    const body =
      status === 302
        ? ''
        : `<HTML><HEAD><TITLE>${status} ${title}</TITLE></HEAD>\n<BODY><H1>${status} ${title}</H1>\n${text}\n</BODY></HTML>\n`;
    return {
      status,
      headers: { date, connection: 'close', 'content-type': 'text/html', ...headers },
      body: encode(body),
    };
  };
  const { method } = request;
  if (method !== 'GET' && method !== 'HEAD') return failed(501);
  let path: string;
  try {
    path = decodeURIComponent(request.path.split('?')[0]!);
  } catch {
    return failed(400);
  }
  if (!path.startsWith('/') || climbsOut(path)) return failed(400);
  let place = `${home === '/' ? '' : home}${path.replace(/\/+$/, '')}` || '/';
  try {
    if (files.stat(place).kind === 'directory') {
      if (!path.endsWith('/')) return failed(302, { location: `${path}/` });
      place = place === '/' ? '/index.html' : `${place}/index.html`;
    }
    const stat = files.stat(place);
    if (stat.kind === 'directory') return failed(404);
    const contents = files.readFile(place);
    const type = TYPES.find(([pattern]) => pattern.test(place))?.[1];
    const seconds = Math.floor(stat.mtimeMs / 1000).toString(16);
    const headers: Record<string, string> = {
      date,
      connection: 'close',
      ...(type ? { 'content-type': type } : {}),
      'accept-ranges': 'bytes',
      'last-modified': httpDate(stat.mtimeMs),
      etag: `"${seconds}-${contents.length.toString(16)}"`,
    };
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers['range'] ?? '');
    if (range && Number(range[1]) < contents.length) {
      const from = Number(range[1]);
      const to = Math.min(range[2] ? Number(range[2]) : Infinity, contents.length - 1);
      const body = contents.subarray(from, to + 1);
      headers['content-range'] = `bytes ${from}-${to}/${contents.length}`;
      headers['content-length'] = String(body.length);
      return { status: 206, headers, body };
    }
    headers['content-length'] = String(contents.length);
    return { status: 200, headers, body: method === 'HEAD' ? new Uint8Array(0) : contents };
  } catch (error) {
    if (error instanceof Errno) return failed(404);
    throw error;
  }
}

/** Whether `..` leads above where it starts. */
function climbsOut(path: string): boolean {
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    depth += part === '..' ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}

function parse(args: string[]): Settings | undefined {
  const settings: Settings = { foreground: false, verbosity: 0, port: 80, address: '0.0.0.0', home: '.' };
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (!/^-./.test(word)) return undefined;
    for (let j = 1; j < word.length; j++) {
      const letter = word[j]!;
      if (letter === 'f') settings.foreground = true;
      else if (letter === 'v') settings.verbosity++;
      else if ('phucr'.includes(letter)) {
        const value = word.slice(j + 1) || args[++i];
        if (value === undefined) return undefined;
        if (letter === 'h') settings.home = value;
        if (letter === 'p' && !setPort(settings, value)) return undefined;
        break;
      } else return undefined;
    }
  }
  return settings;
}

function setPort(settings: Settings, value: string): boolean {
  const match = /^(?:(.*):)?(\d+)$/.exec(value);
  if (!match) return false;
  if (match[1]) settings.address = match[1];
  settings.port = Number(match[2]);
  return settings.port > 0 && settings.port < 65536;
}

/** `Tue, 24 Nov 2026 10:50:39 GMT` */
const httpDate = (epochMs: number): string => new Date(epochMs).toUTCString();
