/** `kn revision list | describe | delete`. */
import { CommandError } from '../kubectl/errors.ts';
import { flag } from '../kubectl/flags.ts';
import { KnClient } from './client.ts';
import { describing } from './describe.ts';
import { waitFlags, waitLimits, waits, type KnCommand } from './command.ts';
import {
  GENERATION_LABEL,
  REVISIONS,
  SERVICE_LABEL,
  SERVICES,
  type Revision,
  type Service,
} from './objects.ts';
import {
  LIST_FLAGS,
  printList,
  STATE_HEADERS,
  stateCells,
  writeConditions,
  writeList,
  writeMetadata,
} from './output.ts';
import { writeDetails, writeImage, writeReplicas } from './revision-description.ts';
import { removeEach } from './service-changes.ts';

/** A wider cell is cut. */
const CELL_LENGTH = 50;
const ROUTING_STATE = 'serving.knative.dev/routingState';

export const list: KnCommand = {
  use: 'list',
  short: 'List revisions',
  flags: [...LIST_FLAGS, flag('service,s', '', 'Service name')],
  run: async (invocation) => {
    const { args, flags } = invocation;
    if (args.length > 1)
      throw new CommandError(
        `'kn revision list' accepts maximum 1 argument, not ${args.length} arguments as given`,
      );
    const services = new KnClient(invocation, SERVICES);
    const service = flags.string('service');
    if (service) await services.get(service);
    const query = service ? { labelSelector: `${SERVICE_LABEL}=${service}` } : undefined;
    const revisions = (await new KnClient(invocation, REVISIONS).list(query)).filter(
      ({ metadata }) => args.length === 0 || metadata.name === args[0],
    );
    const known = new Map(
      (revisions.length > 0 ? await services.list() : []).map((each) => [
        `${each.metadata.namespace}/${each.metadata.name}`,
        each,
      ]),
    );
    const now = invocation.now();
    await printList(
      invocation,
      revisions.sort(compare),
      ['NAME', 'SERVICE', 'TRAFFIC', 'TAGS', 'GENERATION', ...STATE_HEADERS],
      (revision) => {
        const { metadata } = revision;
        const owner = metadata.labels?.[SERVICE_LABEL] ?? '';
        const { percent, tags } = trafficOf(revision, known.get(`${metadata.namespace}/${owner}`));
        return [
          metadata.name!,
          owner,
          percent > 0 ? `${percent}%` : '',
          tags.join(','),
          metadata.labels?.[GENERATION_LABEL] ?? '',
          ...stateCells(revision, now),
        ].map(cut);
      },
      'No revisions found.',
    );
  },
};

export const describe = describing({
  kind: REVISIONS,
  short: 'Show details of a revision',
  nameless: "'kn revision describe' requires name of the revision as single argument",
  write: async (description, revision, { details, nowMs, invocation }) => {
    const { metadata } = revision;
    writeMetadata(description, revision, details, nowMs);
    writeImage(description, revision);
    writeReplicas(description, revision);
    writeDetails(description, revision, details);
    const name = metadata.labels?.[SERVICE_LABEL];
    if (name) {
      const section = description.attribute('Service', name);
      if (details) {
        const service = await new KnClient(invocation, SERVICES).get(name);
        const { latestCreatedRevisionName, latestReadyRevisionName } = service.status ?? {};
        section.attribute('Configuration Generation', metadata.labels?.[GENERATION_LABEL] ?? '');
        section.attribute('Latest Created', String(metadata.name === latestCreatedRevisionName));
        section.attribute('Latest Ready', String(metadata.name === latestReadyRevisionName));
        const { percent, tags } = trafficOf(revision, service);
        if (percent > 0) section.attribute('Traffic', `${percent}%`);
        writeList(section, 'Tags', tags, details);
      }
    }
    description.line();
    writeConditions(description, revision.status?.conditions, details, nowMs);
  },
});

export const remove: KnCommand = {
  use: 'delete NAME [NAME ...]',
  short: 'Delete revisions',
  flags: [
    flag('prune', '', 'Remove unreferenced revisions for a given service in a namespace.'),
    flag('prune-all', false, 'Remove all unreferenced revisions in a namespace.'),
    ...waitFlags('revision', 'delete', false),
  ],
  run: async (invocation) => {
    const { args, flags } = invocation;
    const service = flags.string('prune');
    const prunes = service !== '' || flags.bool('prune-all');
    if (args.length === 0 && !prunes)
      throw new CommandError("'kn revision delete' requires one or more revision name");
    const revisions = new KnClient(invocation, REVISIONS);
    let names = args;
    if (prunes) {
      const query = service ? { labelSelector: `${SERVICE_LABEL}=${service}` } : undefined;
      names = (await revisions.list(query))
        .filter(({ metadata }) => metadata.labels?.[ROUTING_STATE] !== 'active')
        .sort(compare)
        .map(({ metadata }) => metadata.name!);
      if (names.length === 0) {
        await invocation.print('No unreferenced revisions found.\n');
        return;
      }
    }
    await removeEach(invocation, names, async (name) => {
      await revisions.delete(name, waits(flags) ? waitLimits(flags).timeoutMs : undefined);
      return `Revision '${name}' deleted in namespace '${revisions.namespace}'.\n`;
    });
  },
};

const cut = (text: string): string =>
  text.length <= CELL_LENGTH ? text : `${text.slice(0, CELL_LENGTH - 4)} ...`;

function trafficOf(
  { metadata }: Revision,
  service: Service | undefined,
): { percent: number; tags: string[] } {
  const targets = (service?.status?.traffic ?? []).filter(
    ({ revisionName }) => revisionName === metadata.name,
  );
  return {
    percent: targets.reduce((sum, { percent = 0 }) => sum + percent, 0),
    tags: targets.flatMap(({ tag }) => tag ?? []),
  };
}

/** By namespace, Service, the newest first, name. */
function compare(a: Revision, b: Revision): number {
  const words = ({ metadata }: Revision) => `${metadata.namespace}/${metadata.labels?.[SERVICE_LABEL] ?? ''}`;
  const generation = ({ metadata }: Revision) => Number(metadata.labels?.[GENERATION_LABEL] ?? 0);
  if (words(a) !== words(b)) return words(a) < words(b) ? -1 : 1;
  return generation(b) - generation(a) || (a.metadata.name! < b.metadata.name! ? -1 : 1);
}
