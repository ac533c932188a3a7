/** The command line of `npm start -- …`. */
import { parseArgs } from 'node:util';

export interface StartArguments {
  port: number;
  host: string;
}

export const USAGE = `usage: npm start -- [--port N] [--host ADDR]
  --port N      the port to serve on (4321)
  --host ADDR   the address to bind to (127.0.0.1); beyond loopback no real clusters are offered`;

/** Throws `ArgumentsInvalid`. */
export function readArguments(args: string[]): StartArguments | 'help' {
  let values: { port?: string | undefined; host?: string | undefined; help?: boolean | undefined };
  try {
    ({ values } = parseArgs({
      args,
      options: { port: { type: 'string' }, host: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    }));
  } catch (error) {
    throw new ArgumentsInvalid((error as Error).message);
  }
  if (values.help) return 'help';
  const port = Number(values.port ?? 4321);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new ArgumentsInvalid(`--port: expected 0 to 65535, received “${values.port}”`);
  }
  const host = values.host ?? '127.0.0.1';
  if (host === '') throw new ArgumentsInvalid('--host: expected an address');
  return { port, host };
}

export class ArgumentsInvalid extends Error {
  constructor(message: string) {
    super(`${message}\n${USAGE}`);
    this.name = 'ArgumentsInvalid';
  }
}
