/** Two pods cannot have the same port of the host. */
import { hostPortsOf, type HostPort } from '../node-info.ts';
import type { Plugin } from '../plugin.ts';

const REJECTION = {
  reasons: ["node(s) didn't have free ports for the requested pod ports"],
  resolvable: true,
};

const collide = (a: HostPort, b: HostPort) =>
  a.port === b.port &&
  a.protocol === b.protocol &&
  (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0');

export const nodePorts: Plugin = {
  name: 'NodePorts',
  events: ['PodRemoved', 'NodeAdded'],
  filter: ({ pod }) => {
    const wanted = hostPortsOf(pod);
    if (wanted.length === 0) return undefined;
    return (node) => {
      for (const taken of node.hostPorts()) {
        if (wanted.some((port) => collide(port, taken))) return REJECTION;
      }
      return undefined;
    };
  },
};
