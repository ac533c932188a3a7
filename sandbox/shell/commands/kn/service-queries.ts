/** `kn service list | describe`. */
import { CommandError } from '../kubectl/errors.ts';
import { KnClient } from './client.ts';
import type { KnCommand } from './command.ts';
import { describing } from './describe.ts';
import {
  GENERATION_LABEL,
  REVISIONS,
  SERVICE_LABEL,
  SERVICES,
  type Revision,
  type Service,
  type TrafficTarget,
} from './objects.ts';
import {
  LIST_FLAGS,
  printList,
  shortAge,
  STATE_HEADERS,
  stateCells,
  writeConditions,
  writeMetadata,
} from './output.ts';
import { writeDetails, writeImage, writeReplicas } from './revision-description.ts';

export const list: KnCommand = {
  use: 'list',
  short: 'List services',
  flags: LIST_FLAGS,
  run: async (invocation) => {
    const { args } = invocation;
    if (args.length > 1) throw new CommandError("'kn service list' accepts maximum 1 argument");
    const services = (await new KnClient(invocation, SERVICES).list()).filter(
      ({ metadata }) => args.length === 0 || metadata.name === args[0],
    );
    const now = invocation.now();
    await printList(
      invocation,
      services,
      ['NAME', 'URL', 'LATEST', ...STATE_HEADERS],
      (service) => [
        service.metadata.name!,
        service.status?.url ?? '',
        service.status?.latestReadyRevisionName ?? '',
        ...stateCells(service, now),
      ],
      'No services found.',
    );
  },
};

export const describe = describing({
  kind: SERVICES,
  short: 'Show details of a service',
  nameless: "'service describe' requires the service name given as single argument",
  url: ({ status }) => status?.url ?? '',
  write: async (description, service, { details, nowMs, invocation }) => {
    const { metadata, spec, status } = service;
    const all = await new KnClient(invocation, REVISIONS).list({
      labelSelector: `${SERVICE_LABEL}=${metadata.name}`,
    });
    writeMetadata(description, service, details, nowMs);
    description.attribute('URL', status?.url ?? '');
    if (details && status?.address?.url) description.attribute('Cluster', status.address.url);
    const account = spec!.template.spec.serviceAccountName;
    if (account) description.attribute('Service Account', account);
    description.line();
    description.flush();
    const revisions = description.attribute('Revisions', '');
    description.flush();
    for (const { revision, target } of shownRevisions(service, all, details)) {
      const ready = revision.status?.conditions?.find(({ type }) => type === 'Ready');
      const section = revisions.cells(
        bullet(target?.percent ?? 0, ready?.status),
        header(service, revision, target, nowMs),
      );
      if (ready?.status === 'False') section.attribute('Error', ready.reason ?? '');
      writeImage(section, revision);
      writeReplicas(section, revision);
      if (details) writeDetails(section, revision, details);
    }
    description.line();
    description.flush();
    writeConditions(description, status?.conditions, details, nowMs);
  },
});

interface ShownRevision {
  revision: Revision;
  target: TrafficTarget | undefined;
}

/** Those that get traffic, the latest, and with details the others; the newest first. */
function shownRevisions(service: Service, all: readonly Revision[], details: boolean): ShownRevision[] {
  const byName = new Map(all.map((revision) => [revision.metadata.name, revision]));
  const shown: ShownRevision[] = [];
  const seen = new Set<string>();
  const add = (name: string | undefined, target?: TrafficTarget) => {
    const revision = byName.get(name);
    if (!name || !revision || (!target && seen.has(name))) return;
    seen.add(name);
    shown.push({ revision, target });
  };
  const { traffic = [], latestCreatedRevisionName, latestReadyRevisionName } = service.status ?? {};
  for (const target of traffic) add(target.revisionName, target);
  add(latestCreatedRevisionName);
  add(latestReadyRevisionName);
  if (details) for (const { metadata } of all) add(metadata.name);
  const generation = ({ revision }: ShownRevision) =>
    Number(revision.metadata.labels?.[GENERATION_LABEL] ?? 0);
  return shown.sort((a, b) => generation(b) - generation(a));
}

function bullet(percent: number, ready: string | undefined): string {
  const symbol = ready === 'True' ? (percent > 0 ? '%' : '+') : ready === 'False' ? '!' : '?';
  return percent === 0 ? `   ${symbol}` : `${String(percent).padStart(3)}${symbol}`;
}

function header(
  { status }: Service,
  { metadata }: Revision,
  target: TrafficTarget | undefined,
  nowMs: number,
): string {
  const { name } = metadata;
  let text = name!;
  if (target?.latestRevision) text = `@latest (${name})`;
  else if (name === status?.latestReadyRevisionName) text = `${name} (current @latest)`;
  else if (name === status?.latestCreatedRevisionName) text = `${name} (latest created)`;
  if (target?.tag) text += ` #${target.tag}`;
  return `${text} [${metadata.labels?.[GENERATION_LABEL] ?? ''}] (${shortAge(metadata.creationTimestamp, nowMs)})`;
}
