/** `kubectl top node` (`kubectl/pkg/cmd/top/top_node.go`). */
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import type { Command } from '../command.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { SELECTOR_FLAG } from '../selection-flags.ts';
import { TABLE, TabWriter } from '../tab-writer.ts';
import {
  compare,
  METRICS_PATH,
  NO_HEADERS_FLAG,
  prepare,
  PROTOBUF_FLAG,
  sortFlag,
  usageCells,
  type Usage,
} from './usage.ts';

interface NodeMetrics extends KubernetesObject {
  usage: Usage;
}

export const command: Command = {
  use: '[NAME | -l label]',
  short: 'Display resource (CPU/memory) usage of nodes',
  examples: [
    ['Show metrics for all nodes', 'kubectl top node'],
    ['Show metrics for a given node', 'kubectl top node NODE_NAME'],
  ],
  flags: [
    NO_HEADERS_FLAG,
    SELECTOR_FLAG,
    flag('show-capacity', false, 'Shares of what the nodes have, instead of what pods can have of it.'),
    flag('show-swap', false, 'Accepted for scripts: nodes have no swap.'),
    sortFlag('nodes'),
    PROTOBUF_FLAG,
  ],
  run: async (invocation) => {
    await prepare(invocation, 'node');
    const { flags, api, args } = invocation;
    const query = { labelSelector: flags.string('selector') || undefined };
    const [name] = args;
    const get = async (path: string): Promise<KubernetesObject[]> =>
      name ? [await api.get(`${path}/${encodeURIComponent(name)}`)] : (await api.get(path, query)).items;
    const metrics = (await get(`${METRICS_PATH}/nodes`)) as NodeMetrics[];
    if (metrics.length === 0) throw new CommandError('metrics not available yet');
    const nodes = await get('/api/v1/nodes');
    const part = flags.bool('show-capacity') ? 'capacity' : 'allocatable';
    const available = new Map(nodes.map(({ metadata, status }) => [metadata.name!, status[part] as Usage]));
    const writer = new TabWriter(TABLE);
    if (!flags.bool('no-headers')) writer.write('NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\t\n');
    const rows = metrics.map(({ metadata, usage }) => ({ name: metadata.name!, usage }));
    for (const row of rows.sort((a, b) => compare(flags.string('sort-by'), a, b))) {
      writer.write(`${row.name}\t${usageCells(row.usage, available.get(row.name))}\n`);
      available.delete(row.name);
    }
    // Nodes that nobody could ask.
    for (const missing of available.keys())
      writer.write(`${missing}\t<unknown>\t<unknown>\t<unknown>\t<unknown>\t\n`);
    await invocation.print(writer.flush());
  },
};
