/**
 * What `-v` makes client-go tell of its requests on standard error (`client-go/transport/round_trippers.go`,
 * klog's text format): 6 the request and its status, 7 with the request's headers, 8 with the answer's headers
 * and both bodies, 9 as a curl command. Left out: what is no request (feature gates, reading the
 * configuration), and the timings of the connection, which this machine does not have.
 */
import { decode } from '../../../core/bytes.ts';
import type { HttpRequest, HttpResponse } from '../../../core/http.ts';
import { goStatusText } from '../../../core/http-status.ts';
import type { Process } from '../../../os/process.ts';
import type { Status } from '../../../cluster/api/status.ts';

const RESPONSE = 6;
const REQUEST_HEADERS = 7;
const BODIES = 8;
const CURL = 9;
/** How much of a body is shown. */
const BODY_LIMITS: Record<number, number> = { 8: 1024, 9: 10240 };
/** From here on a failure is shown as the Status that the server sent. */
export const STATUS_VERBOSITY = 4;

export class RequestLog {
  readonly #process: Process;
  readonly #verbosity: number;
  readonly #server: string;

  /** @param server address of the API server, as the kubeconfig file has it. */
  constructor(process: Process, verbosity: number, server: string) {
    this.#process = process;
    this.#verbosity = verbosity;
    this.#server = server.replace(/\/$/, '');
  }

  /** Tells of the request; the returned function does of its answer. */
  async request({
    method,
    path,
    headers,
    body,
  }: HttpRequest): Promise<(response: Pick<HttpResponse, 'status' | 'headers'>) => Promise<void>> {
    const startMs = this.#process.machine.clock.now();
    const url = `verb="${method}" url=${JSON.stringify(this.#server + path)}`;
    const verbosity = this.#verbosity;
    if (verbosity >= BODIES) await this.#body('Request', body ? decode(body) : '');
    if (verbosity >= CURL) {
      const words = headerLines(headers).map((line) => ` -H ${JSON.stringify(line)}`);
      const curl = `curl -v -X${method} ${words.join('')} '${this.#server}${path}'`;
      await this.#line('round_trippers.go:527', `"Request" curlCommand=${block([curl])}`);
    } else if (verbosity >= REQUEST_HEADERS)
      await this.#line('round_trippers.go:527', `"Request" ${url} headers=${block(headerLines(headers))}`);
    return async (response) => {
      if (verbosity < RESPONSE) return;
      const status = `status="${response.status} ${goStatusText(response.status)}"`;
      const first = verbosity < REQUEST_HEADERS || verbosity >= CURL ? `${url} ${status}` : status;
      const shown = verbosity >= BODIES ? ` headers=${block(headerLines(response.headers))}` : '';
      const milliseconds = Math.round(this.#process.machine.clock.now() - startMs);
      await this.#line('round_trippers.go:632', `"Response" ${first}${shown} milliseconds=${milliseconds}`);
    };
  }

  async responseBody(text: string): Promise<void> {
    if (this.#verbosity >= BODIES) await this.#body('Response', text);
  }

  async failure(status: Status): Promise<void> {
    if (this.#verbosity < STATUS_VERBOSITY) return;
    const { kind, apiVersion, ...rest } = status;
    const text = JSON.stringify({ kind, apiVersion, ...rest }, null, 2);
    await this.#line('helpers.go:246', `server response object: %s[${text}]`);
  }

  #body(of: 'Request' | 'Response', text: string): Promise<void> {
    const limit = BODY_LIMITS[this.#verbosity] ?? Infinity;
    if (text.length > limit)
      return this.#line(
        'helper.go:113',
        `"${of} Body" body=${value(`${text.slice(0, limit)} [truncated ${text.length - limit} chars]`)}`,
      );
    return this.#line('helper.go:105', `"${of} Body" body=${value(text)}`);
  }

  /** `I1124 11:56:01.162012   29757 helper.go:105] …` */
  async #line(source: string, text: string): Promise<void> {
    const iso = new Date(this.#process.machine.clock.now()).toISOString();
    const time = `${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 23)}000`;
    const pid = String(this.#process.pid).padStart(7);
    await this.#process.printError(`I${time} ${pid} ${source}] ${text}\n`);
  }
}

const block = (lines: readonly string[]) => `<\n${lines.map((line) => `\t${line}\n`).join('')} >`;

/** klog quotes a text of one line and indents one of several. */
function value(text: string): string {
  return text.includes('\n') ? block(text.replace(/\n$/, '').split('\n')) : JSON.stringify(text);
}

/** `accept` → `Accept: …`, sorted by name. */
const headerLines = (headers: Record<string, string>): string[] =>
  Object.keys(headers)
    .sort()
    .map((name) => {
      const shown = name === 'authorization' ? 'Bearer <masked>' : headers[name]!;
      return `${name.replace(/(^|-)([a-z])/g, (_all, dash: string, letter: string) => dash + letter.toUpperCase())}: ${shown}`;
    });
