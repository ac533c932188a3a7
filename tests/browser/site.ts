/** The built site, served as `npm start` serves it, on a port of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface Site {
  /** `http://127.0.0.1:PORT/` */
  url: string;
  stop(): Promise<void>;
}

const START_MS = 120_000;

/** @param options `host` to bind beyond loopback, `environment` for the service's settings. */
export async function serveSite(
  options: { host?: string; environment?: Record<string, string> } = {},
): Promise<Site> {
  const args = ['sandbox/service/start.ts', '--port', '0', ...(options.host ? ['--host', options.host] : [])];
  const service = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
  });
  const url = await ready(service);
  return {
    url,
    stop: async () => {
      if (service.exitCode !== null) return;
      service.kill('SIGINT');
      await once(service, 'exit');
    },
  };
}

function ready(service: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => reject(new Error(`the site was not ready in time:\n${output}`)), START_MS);
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const match = /Slipway is ready at (\S+)/.exec(output);
      if (!match) return;
      clearTimeout(timer);
      resolve(match[1]!);
    };
    service.stdout!.on('data', read);
    service.stderr!.on('data', read);
    service.on('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the service ended with ${code}:\n${output}`));
    });
  });
}
