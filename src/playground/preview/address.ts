/** What the preview's address line holds: a port of a Service and a path. HTTP alone; a Service has no other scheme here. */

export interface PreviewAddress {
  namespace: string;
  service: string;
  port: number;
  /** With query, from the first `/`. */
  path: string;
}

const DOMAIN = '.svc.cluster.local';
const SERVICE_NAME = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const NAMESPACE_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * Reads `web`, `web:8080/path`, `svc/web`, `http://web.shop.svc.cluster.local/`. A name without a namespace is looked for
 * in `namespace`, as from a pod there. Undefined where it names no Service: another scheme, an IP, a name of the internet.
 */
export function parseAddress(text: string, namespace: string): PreviewAddress | undefined {
  const trimmed = text.trim().replace(/^(?:svc|services?)\//, '');
  try {
    return serviceAt(
      new URL(/^[a-z][-+.a-z0-9]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`),
      namespace,
    );
  } catch {
    return undefined;
  }
}

/** Where `reference` leads on the page at `from`; undefined where that is no Service. */
export function follow(reference: string, from: PreviewAddress): PreviewAddress | undefined {
  try {
    return serviceAt(new URL(reference, urlOf(from)), from.namespace);
  } catch {
    return undefined;
  }
}

function serviceAt(url: URL, namespace: string): PreviewAddress | undefined {
  if (url.protocol !== 'http:') return;
  const { hostname } = url;
  const short = hostname.endsWith(DOMAIN)
    ? hostname.slice(0, -DOMAIN.length)
    : hostname.replace(/\.svc$/, '');
  const [service = '', own = namespace, ...more] = short.split('.');
  if (more.length > 0 || !SERVICE_NAME.test(service) || !NAMESPACE_NAME.test(own) || service === 'localhost')
    return;
  return { namespace: own, service, port: Number(url.port || 80), path: url.pathname + url.search };
}

const hostOf = ({ namespace, service, port }: PreviewAddress) =>
  `${service}.${namespace}${port === 80 ? '' : `:${port}`}`;

/** The page's URL, as a pod in another namespace would write it. */
export const urlOf = (address: PreviewAddress): string => `http://${hostOf(address)}${address.path}`;

/** What stands in the address line of a lesson in `namespace`. */
export const addressText = ({ namespace, service, port, path }: PreviewAddress, own: string): string =>
  `${namespace === own ? service : `${service}.${namespace}`}:${port}${path}`;

export const sameService = (a: PreviewAddress, b: PreviewAddress): boolean => hostOf(a) === hostOf(b);
