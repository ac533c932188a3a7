import type { ServicePicture } from '../cluster-view/picture.ts';
import { parseAddress } from './address.ts';

/**
 * Whether an address in the terminal's output is one that the cluster or the learner's machine knows, and the browser
 * does not: a Service by one of its names, or `localhost`.
 */
export function isServiceLink(url: string, services: readonly ServicePicture[]): boolean {
  const { hostname } = new URL(url);
  if (/^(?:localhost|127\.\d+\.\d+\.\d+)$/.test(hostname)) return true;
  const address = parseAddress(url, '');
  if (!address) return !hostname.includes('.') && parseAddress(url, 'default') !== undefined;
  if (/\.svc(?:\.cluster\.local)?$/.test(hostname)) return true;
  // `web.shop` may be a name of the internet as well.
  return services.some(({ object: { metadata } }) => {
    return metadata.name === address.service && metadata.namespace === address.namespace;
  });
}
