/** `kn route list | describe`. */
import { KnClient } from './client.ts';
import type { KnCommand } from './command.ts';
import { describing } from './describe.ts';
import { ROUTES } from './objects.ts';
import { LIST_FLAGS, printList, writeConditions, writeMetadata } from './output.ts';

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

export const describe = describing({
  kind: ROUTES,
  short: 'Show details of a route',
  nameless: "'kn route describe' requires name of the route as single argument",
  write: (description, route, { details, nowMs }) => {
    writeMetadata(description, route, details, nowMs);
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
    writeConditions(description, route.status?.conditions, details, nowMs);
  },
});
