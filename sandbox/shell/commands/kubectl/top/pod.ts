/** `kubectl top pod` (`kubectl/pkg/cmd/top/top_pod.go`). */
import { formatDuration } from '../../../../cluster/api/duration.ts';
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import type { Command } from '../command.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Invocation } from '../invocation.ts';
import { ALL_NAMESPACES_FLAG, FIELD_SELECTOR_FLAG, SELECTOR_FLAG } from '../selection-flags.ts';
import { TABLE, TabWriter } from '../tab-writer.ts';
import {
  compare,
  METRICS_PATH,
  NO_HEADERS_FLAG,
  prepare,
  PROTOBUF_FLAG,
  sortFlag,
  sum,
  usageCells,
  type Usage,
} from './usage.ts';

interface PodMetrics extends KubernetesObject {
  containers: { name: string; usage: Usage }[];
}

/** A pod that is older should have metrics by now. */
const METRICS_DELAY_MS = 120_000;

export const command: Command = {
  use: '[NAME | -l label]',
  short: 'Display resource (CPU/memory) usage of pods',
  long: 'A pod that has just started has no metrics for a while.',
  examples: [
    ['Show metrics for all pods in the default namespace', 'kubectl top pod'],
    ['Show metrics for a given pod and its containers', 'kubectl top pod POD_NAME --containers'],
    ['Show metrics for the pods defined by label name=myLabel', 'kubectl top pod -l name=myLabel'],
  ],
  flags: [
    ALL_NAMESPACES_FLAG,
    flag('containers', false, 'Each container.'),
    FIELD_SELECTOR_FLAG,
    NO_HEADERS_FLAG,
    SELECTOR_FLAG,
    flag('show-swap', false, 'Accepted for scripts: pods have no swap.'),
    sortFlag('pods'),
    flag('sum', false, 'The sum of it all in a last line.'),
    PROTOBUF_FLAG,
  ],
  run: async (invocation) => {
    await prepare(invocation, 'pod');
    const { flags } = invocation;
    const all = flags.bool('all-namespaces');
    const metrics = (await find(invocation, METRICS_PATH)) as PodMetrics[];
    if (metrics.length === 0) {
      await explainNothing(invocation);
      const where = all ? '' : ` in ${invocation.namespace.namespace} namespace.`;
      await invocation.printError(`No resources found${where}\n`);
      return;
    }
    await invocation.print(table(invocation, metrics));
  },
};

/** Pods, or their metrics, that the command line chooses. */
async function find({ api, args, flags, namespace }: Invocation, root: string): Promise<KubernetesObject[]> {
  const [name] = args;
  const path =
    flags.bool('all-namespaces') && !name
      ? `${root}/pods`
      : `${root}/namespaces/${encodeURIComponent(namespace.namespace)}/pods`;
  if (name) return [await api.get(`${path}/${encodeURIComponent(name)}`)];
  const { items } = await api.get(path, {
    labelSelector: flags.string('selector') || undefined,
    fieldSelector: flags.string('field-selector') || undefined,
  });
  return items;
}

/** Throws unless there are no pods either. */
async function explainNothing(invocation: Invocation): Promise<void> {
  const pods = await find(invocation, '/api/v1');
  if (pods.length === 0) return;
  for (const { metadata } of pods) {
    const ageMs = invocation.now() - Date.parse(metadata.creationTimestamp!);
    if (ageMs > METRICS_DELAY_MS)
      throw new CommandError(
        `Metrics not available for pod ${metadata.namespace}/${metadata.name}, age: ${formatDuration(ageMs)}`,
      );
  }
  throw new CommandError('metrics not available yet');
}

function table({ flags }: Invocation, metrics: readonly PodMetrics[]): string {
  const all = flags.bool('all-namespaces');
  const each = flags.bool('containers');
  const sortBy = flags.string('sort-by');
  const writer = new TabWriter(TABLE);
  const first = `${all ? 'NAMESPACE\t' : ''}${each ? 'POD\t' : ''}`;
  if (!flags.bool('no-headers')) writer.write(`${first}NAME\tCPU(cores)\tMEMORY(bytes)\t\n`);
  const pods = metrics.map(({ metadata, containers }) => ({
    namespace: metadata.namespace!,
    name: metadata.name!,
    containers: [...containers].sort((a, b) => compare(sortBy, a, b)),
    usage: sum(containers.map(({ usage }) => usage)),
  }));
  const key = (pod: (typeof pods)[number]) => ({
    name: all ? `${pod.namespace}/${pod.name}` : pod.name,
    usage: pod.usage,
  });
  for (const { namespace, name, containers, usage } of pods.sort((a, b) => compare(sortBy, key(a), key(b)))) {
    const head = all ? `${namespace}\t` : '';
    if (!each) writer.write(`${head}${name}\t${usageCells(usage)}\n`);
    else
      for (const container of containers)
        writer.write(`${head}${name}\t${container.name}\t${usageCells(container.usage)}\n`);
  }
  if (flags.bool('sum')) {
    const empty = '\t'.repeat(1 + Number(all) + Number(each));
    writer.write(`${empty}________\t________\t\n`);
    writer.write(`${empty}${usageCells(sum(pods.map(({ usage }) => usage)))}\n`);
  }
  return writer.flush();
}
