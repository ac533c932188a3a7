/** `istioctl version`: of the client, of istiod, and of the proxies in the pods. */
import { flag } from '../kubectl/flags.ts';
import type { IstioctlCommand } from './istioctl.ts';
import { ISTIO_NAMESPACE, MeshObjects, proxyContainer, versionOfImage } from './mesh-objects.ts';

export const CLIENT_VERSION = '1.30.3';

export const version: IstioctlCommand = {
  use: 'version',
  short: 'Prints out build version information',
  flags: [
    flag('remote', true, 'Use --remote=false to suppress control plane check'),
    flag('short,s', true, 'Use --short=false to generate full version information'),
  ],
  run: async (invocation) => {
    if (!invocation.flags.bool('remote')) {
      await invocation.print(`client version: ${CLIENT_VERSION}\n`);
      return;
    }
    const pods = (await MeshObjects.read(invocation.api, ['Pod'])).all('Pod');
    const running = pods.filter(({ status }) => status?.phase === 'Running');
    const planes = running.filter(
      ({ metadata }) => metadata.namespace === ISTIO_NAMESPACE && metadata.labels?.['app'] === 'istiod',
    );
    await invocation.print(`client version: ${CLIENT_VERSION}\n`);
    if (planes.length === 0) {
      await invocation.print(
        'control plane version: Istio is not present in the cluster with any revision\n',
      );
      return;
    }
    const versions = new Set(planes.map(({ spec }) => versionOfImage(spec.containers[0].image)));
    await invocation.print(`control plane version: ${[...versions].join(', ')}\n`);
    const proxies = new Map<string, number>();
    for (const { spec } of running) {
      const container = proxyContainer(spec);
      if (!container) continue;
      const found = versionOfImage(container.image);
      proxies.set(found, (proxies.get(found) ?? 0) + 1);
    }
    const counted = [...proxies].map(
      ([name, count]) => `${name} (${count} ${count === 1 ? 'proxy' : 'proxies'})`,
    );
    await invocation.print(`data plane version: ${counted.join(', ') || 'none'}\n`);
  },
};
