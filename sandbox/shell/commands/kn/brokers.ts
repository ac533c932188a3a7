/** `kn broker create | list | describe | delete`. */
import { flag } from '../kubectl/flags.ts';
import { KnClient } from './client.ts';
import { onlyName, told, waitFlags, waitLimits, waits, type KnCommand } from './command.ts';
import { describing } from './describe.ts';
import { BROKERS, type Broker } from './objects.ts';
import {
  LIST_FLAGS,
  printList,
  STATE_HEADERS,
  stateCells,
  writeConditions,
  writeMetadata,
} from './output.ts';
import { resolveSink } from './sink.ts';

const urlOf = ({ status }: Broker): string => status?.address?.url ?? '';

export const create: KnCommand = {
  use: 'create NAME',
  short: 'Create a broker',
  flags: [
    flag('class', '', "Broker class like 'MTChannelBasedBroker'."),
    flag('dl-sink', '', 'The sink receiving event that could not be sent to a destination.'),
    flag('retry', 0, 'The minimum number of retries before an event is moved to the dead letter sink.'),
    flag('backoff-policy', '', 'The retry backoff policy (linear, exponential).'),
    flag('backoff-delay', '', 'The delay before retrying, e.g. PT1S.'),
  ],
  run: async (invocation) => {
    const { flags } = invocation;
    const name = onlyName(invocation, 'broker create', 'broker');
    const brokers = new KnClient(invocation, BROKERS);
    const delivery = {
      ...(flags.changed('dl-sink')
        ? { deadLetterSink: await resolveSink(invocation, flags.string('dl-sink')) }
        : {}),
      ...(flags.changed('retry') ? { retry: flags.int('retry') } : {}),
      ...(flags.changed('backoff-policy') ? { backoffPolicy: flags.string('backoff-policy') } : {}),
      ...(flags.changed('backoff-delay') ? { backoffDelay: flags.string('backoff-delay') } : {}),
    };
    const className = flags.string('class');
    await told('create broker', name, brokers.namespace, () =>
      brokers.create({
        metadata: {
          name,
          namespace: brokers.namespace,
          ...(className ? { annotations: { 'eventing.knative.dev/broker.class': className } } : {}),
        },
        spec: Object.keys(delivery).length > 0 ? { delivery } : {},
      }),
    );
    await invocation.print(`Broker '${name}' successfully created in namespace '${brokers.namespace}'.\n`);
  },
};

export const list: KnCommand = {
  use: 'list',
  short: 'List brokers',
  flags: LIST_FLAGS,
  run: async (invocation) => {
    const now = invocation.now();
    await printList(
      invocation,
      await new KnClient(invocation, BROKERS).list(),
      ['NAME', 'URL', ...STATE_HEADERS],
      (broker) => [broker.metadata.name!, urlOf(broker), ...stateCells(broker, now)],
      'No brokers found.',
    );
  },
};

export const describe = describing({
  kind: BROKERS,
  short: 'Describe broker',
  nameless: "'broker describe' requires the broker name given as single argument",
  url: urlOf,
  write: (description, broker, { nowMs }) => {
    writeMetadata(description, broker, false, nowMs);
    description.line();
    description.attribute('Address', '').attribute('URL', urlOf(broker));
    description.line();
    writeConditions(description, broker.status?.conditions, false, nowMs);
  },
});

export const remove: KnCommand = {
  use: 'delete NAME',
  short: 'Delete a broker',
  flags: waitFlags('broker', 'delete', false),
  run: async (invocation) => {
    const { flags } = invocation;
    const name = onlyName(invocation, 'broker delete', 'broker');
    const brokers = new KnClient(invocation, BROKERS);
    await told('delete broker', name, brokers.namespace, () =>
      brokers.delete(name, waits(flags) ? waitLimits(flags).timeoutMs : undefined),
    );
    await invocation.print(`Broker '${name}' successfully deleted in namespace '${brokers.namespace}'.\n`);
  },
};
