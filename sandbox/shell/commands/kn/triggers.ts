/** `kn trigger create | list | describe | delete`. */
import { CommandError } from '../kubectl/errors.ts';
import { flag } from '../kubectl/flags.ts';
import { KnClient } from './client.ts';
import { onlyName, told, type KnCommand } from './command.ts';
import { describing } from './describe.ts';
import { TRIGGERS } from './objects.ts';
import {
  type Description,
  LIST_FLAGS,
  printList,
  STATE_HEADERS,
  stateCells,
  writeConditions,
  writeMetadata,
} from './output.ts';
import { resolveSink, sinkText } from './sink.ts';

export const create: KnCommand = {
  use: 'create NAME --sink SINK',
  short: 'Create a trigger',
  flags: [
    flag('broker', 'default', 'Name of the Broker which the trigger associates with.'),
    flag(
      'filter',
      [],
      'Key-value pair for exact CloudEvent attribute matching against incoming events, e.g. type=dev.knative.foo.',
      { kind: 'strings' },
    ),
    flag('sink,s', '', 'Addressable sink for events: ksvc:NAME, broker:NAME, svc:NAME or a URL.'),
  ],
  run: async (invocation) => {
    const { flags } = invocation;
    if (!flags.changed('sink')) throw new CommandError('required flag(s) "sink" not set');
    const name = onlyName(invocation, 'trigger create', 'trigger');
    const triggers = new KnClient(invocation, TRIGGERS);
    const { namespace } = triggers;
    const attributes = filtersOf(name, flags.list('filter'));
    await told('create trigger', name, namespace, async () =>
      triggers.create({
        metadata: { name, namespace },
        spec: {
          broker: flags.string('broker'),
          ...(Object.keys(attributes).length > 0 ? { filter: { attributes } } : {}),
          subscriber: await resolveSink(invocation, flags.string('sink')),
        },
      }),
    );
    await invocation.print(`Trigger '${name}' successfully created in namespace '${namespace}'.\n`);
  },
};

function filtersOf(name: string, pairs: readonly string[]): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const pair of pairs) {
    const [key = '', value = ''] = pair.split('=');
    const fail = (why: string) => new CommandError(`cannot create trigger '${name}' because ${why}`);
    if (!key || !value) throw fail(`invalid filter ${pair}`);
    if (attributes[key] !== undefined) throw fail(`duplicate key '${key}' in filters ${pairs.join(' ')}`);
    attributes[key] = value;
  }
  return attributes;
}

export const list: KnCommand = {
  use: 'list',
  short: 'List triggers',
  flags: LIST_FLAGS,
  run: async (invocation) => {
    const now = invocation.now();
    await printList(
      invocation,
      await new KnClient(invocation, TRIGGERS).list(),
      ['NAME', 'BROKER', 'SINK', ...STATE_HEADERS],
      (trigger) => {
        const { broker, subscriber } = trigger.spec!;
        const { ref } = subscriber;
        const here =
          ref?.namespace === trigger.metadata.namespace ? { ref: { ...ref, namespace: '' } } : subscriber;
        return [trigger.metadata.name!, broker, sinkText(here), ...stateCells(trigger, now)];
      },
      'No triggers found.',
    );
  },
};

export const describe = describing({
  kind: TRIGGERS,
  short: 'Show details of a trigger',
  nameless: "'kn trigger describe' requires name of the trigger as single argument",
  write: (description, trigger, { details, nowMs }) => {
    const { broker, filter, filters = [], subscriber } = trigger.spec!;
    writeMetadata(description, trigger, details, nowMs);
    description.attribute('Broker', broker);
    if (filter?.attributes) {
      const section = description.attribute('Filter', '');
      for (const [key, value] of Object.entries(filter.attributes)) section.attribute(key, value);
    }
    if (filters.length > 0) {
      description.line();
      const section = description.attribute('Filters (experimental)', '');
      for (const each of filters) writeFilter(section, each);
    }
    description.line();
    description.flush();
    const sink = description.attribute('Sink', '');
    const { ref, uri } = subscriber;
    if (ref) {
      sink.attribute('Name', ref.name ?? '');
      if (ref.namespace && ref.namespace !== trigger.metadata.namespace)
        sink.attribute('Namespace', ref.namespace);
      sink.attribute('Resource', `${ref.kind} (${ref.apiVersion})`);
    }
    if (uri) sink.attribute('URI', uri);
    description.line();
    description.flush();
    writeConditions(description, trigger.status?.conditions, details, nowMs);
  },
});

function writeFilter(description: Description, filter: Record<string, any>): void {
  for (const dialect of ['all', 'any'])
    if (filter[dialect]) {
      const section = description.attribute(dialect, '');
      for (const each of filter[dialect] as Record<string, any>[]) writeFilter(section, each);
    }
  if (filter['not']) writeFilter(description.attribute('not', ''), filter['not'] as Record<string, any>);
  for (const dialect of ['exact', 'prefix', 'suffix'])
    if (filter[dialect]) {
      const section = description.attribute(dialect, '');
      for (const [key, value] of Object.entries(filter[dialect] as Record<string, string>))
        section.attribute(key, value);
    }
}

export const remove: KnCommand = {
  use: 'delete NAME',
  short: 'Delete a trigger',
  flags: [],
  run: async (invocation) => {
    if (invocation.args.length !== 1)
      throw new CommandError("'trigger delete' requires the name of the trigger as single argument");
    const [name] = invocation.args;
    const triggers = new KnClient(invocation, TRIGGERS);
    await triggers.delete(name!, undefined);
    await invocation.print(`Trigger '${name}' deleted in namespace '${triggers.namespace}'.\n`);
  },
};
