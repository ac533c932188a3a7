/** `kubectl events` (`kubectl/pkg/cmd/events`): oldest first, of everything or `--for` one object. */
import { humanAge } from '../../../cluster/api/duration.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import type { Command } from './command.ts';
import { apiVersionOf, mappingFor } from './discovery.ts';
import { CommandError } from './errors.ts';
import { flag } from './flags.ts';
import { OUTPUT_FLAGS, outputPrinter } from './printers/output.ts';
import { ALL_NAMESPACES_FLAG } from './selection-flags.ts';
import { TABLE, TabWriter } from './tab-writer.ts';

export const command: Command = {
  use: '[(-o|--output=)json|yaml|name] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]',
  short: 'List events',
  flags: [
    ...OUTPUT_FLAGS,
    ALL_NAMESPACES_FLAG,
    flag('for', '', 'Only events about this object.'),
    flag('no-headers', false, 'Print no header line.'),
    flag('types', [], 'Only events of these types.', { kind: 'strings' }),
    flag('watch,w', false, 'Follow new events.'),
  ],
  run: async (invocation) => {
    const { flags, api } = invocation;
    const { namespace } = invocation.namespace;
    const all = flags.bool('all-namespaces');
    const path = all ? '/api/v1/events' : `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
    let fieldSelector: string | undefined;
    if (flags.string('for')) {
      const [type, name] = flags.string('for').split('/');
      if (!type || !name) throw new CommandError('--for must be in resource/name form');
      const mapping = await mappingFor(api, type);
      fieldSelector = `involvedObject.apiVersion=${apiVersionOf(mapping)},involvedObject.kind=${mapping.kind},involvedObject.name=${name}`;
    }
    const types = flags.list('types').map((type) => type.toLowerCase());
    for (const type of types)
      if (type !== 'normal' && type !== 'warning')
        throw new CommandError('valid --types are Normal or Warning');
    const wanted = (event: KubernetesObject) =>
      types.length === 0 || types.includes(String(event['type']).toLowerCase());
    const list = await api.get(path, { fieldSelector, limit: 500 });
    const events = (list.items as KubernetesObject[]).filter(wanted).sort((a, b) => timeOf(a) - timeOf(b));
    const printer = events.length > 0 ? await outputPrinter(invocation) : undefined;
    if (printer) {
      await invocation.print(printer({ apiVersion: 'v1', kind: 'List', metadata: {}, items: events }));
      return;
    }
    const writer = new TabWriter(TABLE);
    if (events.length === 0 && !flags.bool('watch')) {
      await invocation.printError(
        all ? 'No events found.\n' : `No events found in ${namespace} namespace.\n`,
      );
      return;
    }
    const row = (event: KubernetesObject) => {
      const { kind, name } = event['involvedObject'];
      const cells = [
        age(event, invocation.now()),
        event['type'],
        event['reason'],
        `${kind}/${name}`,
        String(event['message']).trim(),
      ];
      writer.write(`${(all ? [event.metadata.namespace, ...cells] : cells).join('\t')}\n`);
    };
    if (!flags.bool('no-headers'))
      writer.write(`${all ? 'NAMESPACE\t' : ''}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n`);
    for (const event of events) row(event);
    await invocation.print(writer.flush());
    if (!flags.bool('watch')) return;
    for await (const { type, object } of api.watch(path, {
      fieldSelector,
      resourceVersion: list.metadata.resourceVersion,
    })) {
      if (type === 'BOOKMARK' || type === 'DELETED' || !wanted(object)) continue;
      row(object);
      await invocation.print(writer.flush());
    }
  },
};

const lastSeen = (event: KubernetesObject): string | undefined =>
  event['series']?.lastObservedTime ?? event['lastTimestamp'] ?? event['eventTime'] ?? undefined;

const timeOf = (event: KubernetesObject) => Date.parse(lastSeen(event) ?? '') || 0;

function age(event: KubernetesObject, nowMs: number): string {
  const first = humanAge(event['firstTimestamp'] ?? event['eventTime'], nowMs);
  const { series, count } = event;
  if (series) return `${humanAge(series.lastObservedTime, nowMs)} (x${series.count} over ${first})`;
  return count > 1 ? `${humanAge(event['lastTimestamp'], nowMs)} (x${count} over ${first})` : first;
}
