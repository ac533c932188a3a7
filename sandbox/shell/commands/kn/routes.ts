/** `kn route list | describe`. */
import { CommandError } from '../kubectl/errors.ts';
import { outputPrinter } from '../kubectl/printers/output.ts';
import { KnClient } from './client.ts';
import type { KnCommand } from './command.ts';
import { ROUTES } from './objects.ts';
import {
  DESCRIBE_FLAGS,
  Description,
  LIST_FLAGS,
  printList,
  writeConditions,
  writeMetadata,
} from './output.ts';

export const list: KnCommand = {
  use: 'list NAME',
  short: 'List routes',
  flags: LIST_FLAGS,
  run: async (invocation) => {
    const { args } = invocation;
    const routes = (await new KnClient(invocation, ROUTES).list()).filter(
      ({ metadata }) => args.length === 0 || metadata.name === args[0],
    );
    await printList(
      invocation,
      routes,
      ['NAME', 'URL', 'READY'],
      ({ metadata, status }) => [
        metadata.name!,
        status?.url ?? '',
        status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? '<unknown>',
      ],
      'No routes found.',
    );
  },
};

export const describe: KnCommand = {
  use: 'describe NAME',
  short: 'Show details of a route',
  flags: DESCRIBE_FLAGS,
  run: async (invocation) => {
    if (invocation.args.length !== 1)
      throw new CommandError("'kn route describe' requires name of the route as single argument");
    const route = await new KnClient(invocation, ROUTES).get(invocation.args[0]!);
    const printer = await outputPrinter(invocation);
    if (printer) {
      await invocation.print(printer(route));
      return;
    }
    const details = invocation.flags.bool('verbose');
    const now = invocation.now();
    const description = new Description();
    writeMetadata(description, route, details, now);
    description.attribute('URL', route.status?.url ?? '');
    for (const owner of route.metadata.ownerReferences ?? [])
      if (owner.kind === 'Service')
        description.attribute('Service', details ? `${owner.name} (${owner.apiVersion})` : owner.name);
    description.line();
    const targets = description.attribute('Traffic Targets', '');
    description.flush();
    for (const { percent = 0, revisionName = '', latestRevision, tag, url } of route.status?.traffic ?? []) {
      const header = latestRevision ? `@latest (${revisionName})` : revisionName;
      const section = targets.cells(`${String(percent).padStart(3)}%`, tag ? `${header} #${tag}` : header);
      if (tag) section.attribute('URL', url ?? '');
    }
    description.line();
    writeConditions(description, route.status?.conditions, details, now);
    await invocation.print(description.toString());
  },
};
