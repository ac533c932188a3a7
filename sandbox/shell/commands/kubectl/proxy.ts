/**
 * `kubectl proxy` (`kubectl/pkg/proxy`): the API on a port of this machine, with the credentials of whoever
 * started it. Requests pass as they are, user agent included. Left out: `--www`, `--unix-socket`, and the flags
 * that change the filter, whose regular expressions nothing on this thread could interrupt.
 */
import { encode } from '../../../core/bytes.ts';
import type { HttpRequest, HttpResponse } from '../../../core/http.ts';
import { Errno } from '../../../os/errno.ts';
import type { Command } from './command.ts';
import { CommandError } from './errors.ts';
import { flag } from './flags.ts';

/** The defaults of `proxy.FilterServer`: who may ask, and what is not passed on. */
const HOSTS = ['localhost', '127.0.0.1', '[::1]'];
const REJECTED_PATHS = /^\/api\/.*\/pods\/.*\/(exec|attach)/;
/** Headers of one connection, which do not pass on to the next. */
const HOP_BY_HOP = ['connection', 'host', 'keep-alive', 'transfer-encoding', 'upgrade', 'content-length'];

export const command: Command = {
  use: '[--port=PORT] [--api-prefix=prefix] [flags]',
  short: 'Run a proxy to the Kubernetes API server',
  long: 'Creates a proxy server between localhost and the Kubernetes API server. What comes in is passed on with your credentials, except what matches the paths that are rejected.',
  examples: [
    ['The API on the default port 8001', 'kubectl proxy'],
    [
      'The API on a port of your choice, under a prefix of its own',
      'kubectl proxy --port=8011 --api-prefix=/k8s-api',
    ],
  ],
  flags: [
    flag('address', '127.0.0.1', 'The IP address on which to serve on.'),
    flag('api-prefix', '/', 'Prefix to serve the proxied API under.'),
    flag('disable-filter', false, 'If true, disable request filtering in the proxy.'),
    flag('port,p', 8001, 'The port on which to run the proxy.'),
  ],
  run: async (invocation) => {
    const { flags, args, process, api } = invocation;
    if (args.length > 0) throw new CommandError(`extra arguments: [${args.join(' ')}]`);
    const { network } = process.machine;
    if (!network) throw new CommandError('this machine has no network to listen on');
    const address = flags.string('address');
    const port = flags.int('port');
    const prefix = `/${flags.string('api-prefix').replace(/^\/+|\/+$/g, '')}`.replace(/^\/$/, '');
    const filter = flags.bool('disable-filter') ? () => true : isAccepted;
    const handle = async (request: HttpRequest): Promise<HttpResponse> => {
      if (!filter(request)) return refusal(403, 'Forbidden');
      if (!request.path.startsWith(`${prefix}/`)) return refusal(404, '404 page not found');
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(([name]) => !HOP_BY_HOP.includes(name)),
      );
      return api.origin.fetch({ ...request, path: request.path.slice(prefix.length), headers });
    };
    const server = listen();
    try {
      await invocation.print(`Starting to serve on ${address}:${port}\n`);
      await process.wait(new Promise<never>(() => {}));
    } finally {
      server.dispose();
    }

    function listen() {
      try {
        return network!.listen(port, handle, address);
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        throw new CommandError(`listen tcp ${address}:${port}: bind: ${error.message.toLowerCase()}`);
      }
    }
  },
};

function isAccepted({ path, headers }: HttpRequest): boolean {
  const host = (headers['host'] ?? '').replace(/:\d+$/, '');
  return HOSTS.includes(host) && !REJECTED_PATHS.test(path.split('?')[0]!);
}

const refusal = (status: number, text: string): HttpResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: encode(`${text}\n`),
});
