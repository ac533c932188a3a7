/** The four types of Service (`create_service.go`). */
import type { Command } from '../command.ts';
import { CommandError } from '../errors.ts';
import { flag, type Flag } from '../flags.ts';
import type { Invocation } from '../invocation.ts';
import { generatorCommand, requireFlags } from './generator.ts';

const TCP: Flag = flag('tcp', [], "Port pairs as '<port>:<targetPort>'.", { kind: 'strings' });

interface ServicePort {
  name: string;
  port: number;
  protocol: string;
  targetPort: number | string;
  nodePort?: number;
}

/** `80`, `80:8080`, `80:http`. */
function parsePort(text: string, nodePort: number): ServicePort {
  const [from = '', to] = text.split(':');
  const port = parseNumber(from);
  const targetPort = to === undefined ? port : /^\d+$/.test(to) ? parseNumber(to) : to;
  const name = text.replaceAll(':', '-');
  return { name, port, protocol: 'TCP', targetPort, ...(nodePort > 0 ? { nodePort } : {}) };
}

function parseNumber(text: string): number {
  if (!/^\d+$/.test(text))
    throw new CommandError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  const number = Number(text);
  if (number > 65535)
    throw new CommandError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`);
  return number;
}

function service(invocation: Invocation, name: string, type: string, spec: object) {
  const nodePort = invocation.flags.has('node-port') ? invocation.flags.int('node-port') : 0;
  const ports = invocation.flags.list('tcp').map((text) => parsePort(text, nodePort));
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: { app: name } },
    spec: { ...(ports.length > 0 ? { ports } : {}), selector: { app: name }, type, ...spec },
    status: { loadBalancer: {} },
  };
}

function requirePorts(invocation: Invocation): void {
  if (invocation.flags.list('tcp').length === 0)
    throw new CommandError('at least one tcp port specifier must be provided');
}

export const SERVICE_GENERATORS: Record<'clusterip' | 'externalname' | 'loadbalancer' | 'nodeport', Command> =
  {
    clusterip: generatorCommand({
      use: 'NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none]',
      short: 'Create a ClusterIP service',
      flags: [TCP, flag('clusterip', '', "Address of the service; 'None' makes it headless.")],
      failure: 'failed to create ClusterIP service: ',
      generate: (invocation, name) => {
        const clusterIP = invocation.flags.string('clusterip');
        if (clusterIP !== 'None') requirePorts(invocation);
        return service(invocation, name, 'ClusterIP', clusterIP ? { clusterIP } : {});
      },
    }),
    nodeport: generatorCommand({
      use: 'NAME [--tcp=port:targetPort] [--dry-run=server|client|none]',
      short: 'Create a NodePort service',
      flags: [TCP, flag('node-port', 0, 'Port on every node.')],
      failure: 'failed to create NodePort service: ',
      generate: (invocation, name) => {
        requirePorts(invocation);
        return service(invocation, name, 'NodePort', {});
      },
    }),
    loadbalancer: generatorCommand({
      use: 'NAME [--tcp=port:targetPort] [--dry-run=server|client|none]',
      short: 'Create a LoadBalancer service',
      flags: [TCP],
      failure: 'failed to create LoadBalancer service: ',
      generate: (invocation, name) => {
        requirePorts(invocation);
        return service(invocation, name, 'LoadBalancer', {});
      },
    }),
    externalname: generatorCommand({
      use: 'NAME --external-name external.name [--dry-run=server|client|none]',
      short: 'Create an ExternalName service',
      flags: [TCP, flag('external-name', '', 'Name that the service stands for.')],
      failure: 'failed to create ExternalName service: ',
      generate: (invocation, name) => {
        requireFlags(invocation, ['external-name']);
        return service(invocation, name, 'ExternalName', {
          externalName: invocation.flags.string('external-name'),
        });
      },
    }),
  };
