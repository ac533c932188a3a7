/** GNU `wget` for single documents over the machine's network; busybox' wget takes the same options. */
import { Errno } from '../../../os/errno.ts';
import { NameNotFound } from '../../../os/network.ts';
import { open } from '../../../os/open.ts';
import { readBody, type HttpResponse } from '../../../core/http.ts';
import { commandName, defineCommand, UsageError } from '../command.ts';
import { encode } from '../../../core/bytes.ts';
import { reasonPhrase } from '../../../core/http-status.ts';

export const program = defineCommand(
  {
    short: 'cO:o:qSt:T:U:v',
    long: {
      'output-document': 'O',
      quiet: 'q',
      'server-response': 'S',
      timeout: 'T',
      tries: 't',
      header: 'header:',
      'post-data': 'post-data:',
      spider: 'spider',
      'user-agent': 'U',
      'no-verbose': 'nv',
      'no-check-certificate': 'no-check',
    },
    usage:
      'wget [OPTION]... [URL]...\n\n  -O,  --output-document=FILE  write documents to FILE\n  -q,  --quiet                 quiet (no output)\n  -S,  --server-response       print server response\n  -T,  --timeout=SECONDS       set all timeout values to SECONDS\n       --header=STRING         insert STRING among the headers\n       --post-data=STRING      use the POST method; send STRING as the data\n       --spider                do not download anything',
    usageExitCode: 2,
  },
  async (process, options, operands) => {
    if (operands.length === 0) throw new UsageError('missing URL');
    const say = async (text: string) => {
      if (!options.has('q')) await process.printError(text);
    };
    let status = 0;
    for (const operand of operands) {
      let url = new URL(/^[a-z]+:\/\//i.test(operand) ? operand : `http://${operand}`);
      let response: HttpResponse | undefined;
      for (let redirects = 0; redirects < 20; redirects++) {
        if (url.protocol !== 'http:') {
          await say(`${url.href}: TLS is not available on this network; use http://\n`);
          return 5;
        }
        const port = Number(url.port || 80);
        await say(`Connecting to ${url.hostname}:${port}... `);
        const headers: Record<string, string> = {
          host: url.host,
          'user-agent': options.get('U') ?? 'Wget/1.21.3',
          accept: '*/*',
        };
        for (const text of options.all('header')) {
          const [, name, value] = /^([^:]+):\s*(.*)$/.exec(text) ?? [];
          if (name) headers[name.toLowerCase()] = value ?? '';
        }
        const data = options.get('post-data');
        const body = data === undefined ? undefined : encode(data);
        if (body) headers['content-type'] ??= 'application/x-www-form-urlencoded';
        const limitMs = Number(options.get('T') ?? 900) * 1000;
        let timer: { dispose(): void } | undefined;
        try {
          const { network } = process.machine;
          if (!network) throw new Errno('ENETUNREACH');
          response = await process.withAbort((signal) =>
            Promise.race([
              network.fetch(url.hostname, port, {
                method: options.has('spider') ? 'HEAD' : body ? 'POST' : 'GET',
                path: url.pathname + url.search,
                headers,
                body,
                signal,
              }),
              new Promise<never>(
                (_, reject) =>
                  (timer = process.machine.clock.setTimeout(() => reject(new Errno('ETIMEDOUT')), limitMs)),
              ),
            ]),
          );
        } catch (error) {
          if (error instanceof NameNotFound) {
            await say(
              `failed: Name or service not known.\n${commandName(process)}: unable to resolve host address ‘${url.hostname}’\n`,
            );
            return 4;
          }
          if (!(error instanceof Errno)) throw error;
          await say(`failed: ${error.message}.\n`);
          return 4;
        } finally {
          timer?.dispose();
        }
        await say(
          `connected.\nHTTP request sent, awaiting response... ${response.status} ${reasonPhrase(response.status)}\n`,
        );
        if (options.has('S'))
          for (const [name, value] of Object.entries(response.headers)) await say(`  ${name}: ${value}\n`);
        const location = response.headers['location'];
        if (response.status < 300 || response.status >= 400 || !location) break;
        url = new URL(location, url.href);
        await say(`Location: ${location} [following]\n`);
      }
      if (!response || response.status >= 400) {
        await say(`ERROR ${response?.status}: ${reasonPhrase(response?.status ?? 0)}.\n`);
        status = 8;
        continue;
      }
      if (options.has('spider')) continue;
      const bytes = await process.wait(readBody(response));
      const path = options.get('O') ?? (url.pathname.split('/').at(-1) || 'index.html');
      if (path === '-') {
        await process.print(bytes);
        continue;
      }
      const file = open(process, path, { write: true, create: true, truncate: true }).acquire();
      try {
        const pressure = file.operations.write!(bytes);
        if (pressure) await process.wait(pressure);
      } finally {
        file.close();
      }
      await say(`Saving to: ‘${path}’\n\n‘${path}’ saved [${bytes.length}]\n\n`);
    }
    return status;
  },
);
