/** Usage as `kubectl top` reads, sorts and writes it (`kubectl/pkg/metricsutil`). */
import { quantityMilliValue, quantityValue } from '../../../../cluster/api/quantity.ts';
import { CommandError } from '../errors.ts';
import type { Flag } from '../flags.ts';
import { flag } from '../flags.ts';
import type { Invocation } from '../invocation.ts';

/** Quantities by resource. */
export type Usage = Readonly<Record<string, string>>;

export const NO_HEADERS_FLAG: Flag = flag('no-headers', false, 'Print no header line.');
export const PROTOBUF_FLAG: Flag = flag(
  'use-protocol-buffers',
  true,
  'Accepted for scripts: metrics come as JSON here.',
);
export const sortFlag = (what: string): Flag =>
  flag('sort-by', '', `What ${what} are sorted by: 'cpu' or 'memory'.`);

export const METRICS_PATH = '/apis/metrics.k8s.io/v1beta1';

/** Checks what both commands have in common, and that somebody serves metrics. */
export async function prepare(invocation: Invocation, noun: 'node' | 'pod'): Promise<void> {
  const { args, flags, api } = invocation;
  const sortBy = flags.string('sort-by');
  if (sortBy !== '' && sortBy !== 'cpu' && sortBy !== 'memory')
    throw new CommandError('--sort-by accepts only cpu or memory');
  if (args.length > 1) throw invocation.usage(`${noun} [NAME | -l label]`);
  const selects = flags.string('selector') || (noun === 'pod' && flags.string('field-selector'));
  if (args.length === 1 && selects) throw new CommandError('only one of NAME or selector can be provided');
  const { groups } = await api.get<{ groups: { name: string; versions: { version: string }[] }[] }>('/apis');
  const group = groups.find(({ name }) => name === 'metrics.k8s.io');
  if (!group?.versions.some(({ version }) => version === 'v1beta1'))
    throw new CommandError('Metrics API not available');
}

export const millicores = (usage: Usage): number => quantityMilliValue(usage['cpu'] ?? '0');
export const bytes = (usage: Usage): number => quantityValue(usage['memory'] ?? '0');

/** Of several usages together. */
export function sum(usages: readonly Usage[]): Usage {
  let [cpu, memory] = [0, 0];
  for (const usage of usages) {
    cpu += millicores(usage);
    memory += bytes(usage);
  }
  return { cpu: `${cpu}m`, memory: String(memory) };
}

/** Most first by a resource, or by name. */
export function compare(
  sortBy: string,
  a: { name: string; usage: Usage },
  b: { name: string; usage: Usage },
): number {
  if (sortBy === 'cpu') return millicores(b.usage) - millicores(a.usage);
  if (sortBy === 'memory') return bytes(b.usage) - bytes(a.usage);
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Cells of a usage; with `available` each is followed by its share. */
export function usageCells(usage: Usage, available?: Usage): string {
  const share = (used: number, of: number) => (available ? `${Math.floor((used / of) * 100)}%\t` : '');
  const mebibytes = Math.floor(bytes(usage) / 1024 ** 2);
  return (
    `${millicores(usage)}m\t${share(millicores(usage), millicores(available ?? {}))}` +
    `${mebibytes}Mi\t${share(bytes(usage), bytes(available ?? {}))}`
  );
}
