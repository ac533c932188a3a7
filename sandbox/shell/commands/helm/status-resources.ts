/**
 * What `helm status` tells of a release's objects as they are now: a table for each kind, and the pods that
 * its workloads select. helm prints the kinds in the order of a Go map; here they stand as in the manifest.
 */
import { StatusError } from '../../../cluster/api/status.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { resourcePath } from '../kubectl/discovery.ts';
import { CommandError } from '../kubectl/errors.ts';
import { TABLE_ACCEPT } from '../kubectl/get.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import { podSelectorOf } from '../kubectl/pod-of.ts';
import { TablePrinter, type Table } from '../kubectl/printers/table.ts';
import type { Info } from '../kubectl/resource-builder.ts';
import { TABLE, TabWriter } from '../kubectl/tab-writer.ts';

const RELATED_PODS = 'v1/Pod(related)';

/** @returns kinds (`v1/Service`) with what their objects and the lists of related pods answer in the given form. */
export async function objectsByKind<T>(
  { api }: Pick<Invocation, 'api'>,
  resources: readonly Info[],
  accept?: string,
): Promise<Map<string, T[]>> {
  const found = new Map<string, T[]>();
  const add = (kind: string, answer: T) => found.set(kind, [...(found.get(kind) ?? []), answer]);
  const selected = new Set<string>();
  for (const { mapping, namespace, name, object } of resources) {
    try {
      const path = resourcePath(mapping, namespace, name);
      add(`${mapping.version}/${mapping.kind}`, await api.get<T>(path, undefined, accept));
    } catch (error) {
      // As helm: what somebody deleted is not told of.
      if (error instanceof StatusError && error.reason === 'NotFound') continue;
      throw error;
    }
    const labelSelector = mapping.kind === 'Service' ? undefined : podSelector(mapping, object!);
    if (labelSelector === undefined || selected.has(labelSelector)) continue;
    selected.add(labelSelector);
    const pods = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
    add(RELATED_PODS, withKinds(await api.get(pods, { labelSelector }, accept)) as T);
  }
  return found;
}

/** Items of a list say no kind; client-go's lists of any kind do. */
const withKinds = <L extends { items?: object[] }>(list: L): L =>
  list.items
    ? { ...list, items: list.items.map((pod) => ({ apiVersion: 'v1', kind: 'Pod', ...pod })) }
    : list;

function podSelector(mapping: Info['mapping'], object: KubernetesObject): string | undefined {
  try {
    return podSelectorOf(mapping, object).toString();
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

/** Each object is laid out by itself; a header stands where the columns are others than before. */
export async function resourcesText(
  invocation: Pick<Invocation, 'api'>,
  resources: readonly Info[],
): Promise<string> {
  const printer = new TablePrinter({}, new TabWriter({ ...TABLE, rememberWidths: false }));
  let text = '';
  for (const [kind, tables] of await objectsByKind<Table>(invocation, resources, TABLE_ACCEPT)) {
    text += `==> ${kind}\n`;
    for (const table of tables) {
      printer.print(table);
      text += printer.flush();
    }
    text += '\n';
  }
  return text && `${text}\n`;
}
