/**
 * Which requests are answered at all. `Host` has to be a name of this server, or a page whose name was
 * rebound to our address could speak with us as its own origin. A change of state and a WebSocket have to
 * come from a page of ours: a browser always says so in `Origin`; what sends none is no browser.
 */
import { hostname, networkInterfaces } from 'node:os';

export interface RequestGuard {
  /** A sentence that says why the request is refused, or undefined. */
  refuse(request: {
    method: string;
    host: string | undefined;
    origin: string | undefined;
    upgrade: boolean;
  }): string | undefined;
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Whether only this machine can reach a server that is bound to `address`. */
export const isLoopback = (address: string): boolean =>
  address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address);

/** @param extra further host names, without ports. */
export function requestGuard(address: string, extra: readonly string[]): RequestGuard {
  const names = new Set([...namesOf(address), ...extra].map((name) => name.toLowerCase()));
  return {
    refuse({ method, host, origin, upgrade }) {
      const name = host?.toLowerCase().replace(/:\d+$/, '');
      if (name === undefined || !names.has(name)) {
        return `This server does not go by the name “${host ?? ''}”. SLIPWAY_HOSTS can add names.`;
      }
      if (SAFE_METHODS.has(method) && !upgrade) return undefined;
      if (origin === undefined || origin === `http://${host}` || origin === `https://${host}`)
        return undefined;
      return `Pages of ${origin} may not do this here.`;
    },
  };
}

function namesOf(address: string): string[] {
  if (isLoopback(address)) return LOOPBACK_NAMES;
  const any = address === '0.0.0.0' || address === '::';
  if (!any) return [bracketed(address), ...LOOPBACK_NAMES];
  const own = Object.values(networkInterfaces()).flatMap((list) => list?.map((entry) => entry.address) ?? []);
  return [...LOOPBACK_NAMES, ...own.map(bracketed), hostname(), `${hostname()}.local`];
}

/** As a URL writes it. */
const bracketed = (address: string) => (address.includes(':') ? `[${address}]` : address);
