import type { Command, CommandEntry } from '../command.ts';

const entry = (
  short: string,
  name: 'clusterip' | 'externalname' | 'loadbalancer' | 'nodeport',
): CommandEntry => ({
  short,
  load: async () => ({ command: (await import('./service-generators.ts')).SERVICE_GENERATORS[name] }),
});

export const command: Command = {
  use: '',
  short: 'Create a service using a specified subcommand',
  subcommands: {
    clusterip: entry('Create a ClusterIP service', 'clusterip'),
    externalname: entry('Create an ExternalName service', 'externalname'),
    loadbalancer: entry('Create a LoadBalancer service', 'loadbalancer'),
    nodeport: entry('Create a NodePort service', 'nodeport'),
  },
};
