/** `kubectl cluster-info`: where the control plane and the cluster's services are. `dump` is left out. */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import type { Command } from './command.ts';

export const command: Command = {
  use: '[flags]',
  short: 'Display cluster information',
  run: async (invocation) => {
    const { config, api, flags, process } = invocation;
    const context = config.context(flags.string('context'));
    const cluster = config.content.clusters.find(({ name }) => name === context.cluster)?.cluster;
    const server = String(cluster?.['server'] ?? 'https://kubernetes.default.svc');
    const services = await api.get('/api/v1/namespaces/kube-system/services', {
      labelSelector: 'kubernetes.io/cluster-service=true',
    });
    const colours = process.files[1]?.terminal && !process.environment['NO_COLOR'];
    const line = (name: string, url: string) =>
      colours
        ? `\u001b[0;32m${name}\u001b[0m is running at \u001b[0;33m${url}\u001b[0m\n`
        : `${name} is running at ${url}\n`;
    await invocation.print(line('Kubernetes control plane', server));
    for (const { metadata, spec } of services.items as KubernetesObject[]) {
      const [port] = spec.ports ?? [];
      const scheme = port?.name === 'https' || port?.port === 443 ? 'https:' : '';
      const name = port?.name ? `${scheme}${metadata.name}:${port.name}` : `${scheme}${metadata.name}`;
      await invocation.print(
        line(
          metadata.labels?.['kubernetes.io/name'] ?? metadata.name!,
          `${server}/api/v1/namespaces/${metadata.namespace}/services/${name}/proxy`,
        ),
      );
    }
    await invocation.print(
      "\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n",
    );
  },
};
