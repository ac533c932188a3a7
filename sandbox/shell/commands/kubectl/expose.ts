/** `kubectl expose` (`kubectl/pkg/cmd/expose`): a Service for the pods of something. */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import type { Command } from './command.ts';
import { createGenerated } from './create/generator.ts';
import { groupResource } from './discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, FIELD_MANAGER } from './dry-run.ts';
import { CommandError } from './errors.ts';
import { flag } from './flags.ts';
import { podSpecOf } from './patching.ts';
import { OUTPUT_FLAGS } from './printers/output.ts';
import { findAll, type Info } from './resource-builder.ts';
import { filenameFlags, filenamesOf } from './selection-flags.ts';

export const command: Command = {
  use: '(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]',
  short:
    'Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service',
  examples: [
    [
      'A service for a deployment on port 80 that goes to port 8000',
      'kubectl expose deployment nginx --port=80 --target-port=8000',
    ],
    ['A service for a pod', 'kubectl expose pod valid-pod --port=444 --name=frontend'],
  ],
  flags: [
    ...OUTPUT_FLAGS,
    ...filenameFlags('with what to expose.'),
    DRY_RUN_FLAG,
    FIELD_MANAGER('kubectl-expose'),
    flag('selector', '', 'Labels of the pods; else those of the resource.'),
    flag('cluster-ip', '', "Address of the service; 'None' makes it headless."),
    flag('external-ip', '', 'An additional address.'),
    flag('labels,l', '', 'Labels of the service.'),
    flag('load-balancer-ip', '', 'Address of the load balancer.'),
    flag('name', '', 'Name of the service.'),
    flag('overrides', '', 'JSON to change the generated service by.'),
    flag('port', '', "The port of the service; else the resource's."),
    flag('protocol', '', 'TCP, UDP or SCTP.'),
    flag('save-config', false, 'Remember the configuration for a later apply.'),
    flag('session-affinity', '', 'None or ClientIP.'),
    flag('target-port', '', 'Name or number of the port on the container.'),
    flag('type', '', 'ClusterIP, NodePort, LoadBalancer or ExternalName.'),
  ],
  run: async (invocation) => {
    const { flags, args } = invocation;
    await dryRunOf(invocation);
    const infos = await findAll(invocation, {
      args,
      ...filenamesOf(invocation),
      requireName: true,
      latest: true,
    });
    for (const info of infos) {
      const service = serviceFor(info, {
        selector: flags.string('selector'),
        port: flags.string('port'),
        protocol: flags.string('protocol'),
      });
      const { metadata, spec } = service;
      if (flags.string('name')) metadata.name = flags.string('name');
      if (flags.string('labels')) metadata.labels = pairs(flags.string('labels'));
      const target = flags.string('target-port');
      for (const port of spec.ports) {
        if (target) port.targetPort = /^\d+$/.test(target) ? Number(target) : target;
        else port.targetPort ??= port.port;
      }
      if (flags.string('type')) spec.type = flags.string('type');
      if (flags.string('cluster-ip')) spec.clusterIP = flags.string('cluster-ip');
      if (flags.string('external-ip')) spec.externalIPs = [flags.string('external-ip')];
      if (flags.string('load-balancer-ip')) spec.loadBalancerIP = flags.string('load-balancer-ip');
      if (flags.string('session-affinity')) spec.sessionAffinity = flags.string('session-affinity');
      await createGenerated(invocation, service, { operation: 'exposed' });
    }
  },
};

const pairs = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(',').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );

function selectorOf(info: Info): Record<string, string> {
  const { object } = info;
  switch (groupResource(info.mapping)) {
    case 'pods':
      if (Object.keys(object.metadata.labels ?? {}).length === 0)
        throw new CommandError(
          "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed",
        );
      return object.metadata.labels;
    case 'services':
      if (!object.spec.selector)
        throw new CommandError(
          "couldn't retrieve selectors via --selector flag or introspection: the service has no pod selector set",
        );
      return object.spec.selector;
    case 'replicationcontrollers':
      return object.spec.selector;
    case 'deployments.apps':
    case 'replicasets.apps':
      if (object.spec.selector?.matchExpressions?.length)
        throw new CommandError(
          `couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions`,
        );
      return object.spec.selector?.matchLabels ?? {};
  }
  throw new CommandError(`cannot expose a ${info.mapping.kind}.${info.mapping.group}`.replace(/\.$/, ''));
}

function serviceFor(
  info: Info,
  given: { selector: string; port: string; protocol: string },
): KubernetesObject {
  const { object } = info;
  const implied = selectorOf(info);
  const selector = given.selector ? pairs(given.selector) : implied;
  const declared: { port: number; protocol: string }[] =
    object.kind === 'Service'
      ? object.spec.ports
      : (podSpecOf(object)?.['containers'] ?? []).flatMap((container: any) =>
          (container.ports ?? []).map((port: any) => ({
            port: port.containerPort,
            protocol: port.protocol ?? 'TCP',
          })),
        );
  const numbers = given.port ? given.port.split(',').map(Number) : declared.map(({ port }) => port);
  if (numbers.length === 0) throw new CommandError("couldn't find port via --port flag or introspection");
  const ports = numbers.map((port, at) => ({
    ...(numbers.length > 1 ? { name: `port-${at + 1}` } : {}),
    port,
    protocol: given.protocol || declared.find((each) => each.port === port)?.protocol || 'TCP',
  }));
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: info.name,
      ...(Object.keys(object.metadata.labels ?? {}).length > 0 ? { labels: object.metadata.labels } : {}),
    },
    spec: { ports, selector },
    status: { loadBalancer: {} },
  };
}
