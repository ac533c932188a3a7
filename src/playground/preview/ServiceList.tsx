import type { ServicePicture } from '../cluster-view/picture.ts';
import { httpPorts } from './service-ports.ts';

interface Props {
  services: ServicePicture[];
  /** Said of a Service only where it is in another. */
  namespace: string;
  onOpen(address: string): void;
}

/** What there is to look at: the ports of the lesson's Services, as the cluster has them now. */
export function ServiceList({ services, namespace: own, onOpen }: Props) {
  const ports = services.flatMap(({ object, pods }) =>
    httpPorts(object).map((port) => {
      const { name, namespace } = object.metadata;
      return {
        name: `${name}:${port}`,
        address: `${name}.${namespace}:${port}`,
        namespace,
        endpoints: pods.length,
      };
    }),
  );
  if (ports.length === 0) {
    return (
      <p class="nothing">
        No Service yet. Once there is one, for example by <code>kubectl expose</code>, its pages are shown
        here.
      </p>
    );
  }
  return (
    <>
      <h3>Services that may have a page</h3>
      <ul class="preview-services">
        {ports.map(({ name, address, namespace, endpoints }) => (
          <li key={address}>
            <button class="thing" onClick={() => onOpen(address)}>
              <span class="thing-name">{name}</span>
              <span class="thing-count" data-short={endpoints === 0}>
                {namespace !== own && `in ${namespace}, `}
                {endpoints === 0 ? 'no endpoint' : endpoints === 1 ? '1 endpoint' : `${endpoints} endpoints`}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
