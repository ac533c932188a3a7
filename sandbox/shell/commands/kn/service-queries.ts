/** `kn service list | describe`. */
import { CommandError } from '../kubectl/errors.ts';
import { outputPrinter } from '../kubectl/printers/output.ts';
import { KnClient } from './client.ts';
import { onlyName, type KnCommand } from './command.ts';
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
  DESCRIBE_FLAGS,
  Description,
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

export const describe: KnCommand = {
  use: 'describe NAME',
  short: 'Show details of a service',
  flags: DESCRIBE_FLAGS,
  run: async (invocation) => {
    const { flags } = invocation;
    const name = onlyName(invocation, 'service describe', 'service');
    const service = await new KnClient(invocation, SERVICES).get(name);
    if (flags.string('output').toLowerCase() === 'url') {
      await invocation.print(`${service.status?.url ?? ''}\n`);
      return;
    }
    const printer = await outputPrinter(invocation);
    if (printer) {
      await invocation.print(printer(service));
      return;
    }
    const details = flags.bool('verbose');
    const all = await new KnClient(invocation, REVISIONS).list({
      labelSelector: `${SERVICE_LABEL}=${name}`,
    });
    const now = invocation.now();
    const description = new Description();
    writeMetadata(description, service, details, now);
    description.attribute('URL', service.status?.url ?? '');
    if (details && service.status?.address?.url) description.attribute('Cluster', service.status.address.url);
    const account = service.spec!.template.spec.serviceAccountName;
    if (account) description.attribute('Service Account', account);
    description.line();
    description.flush();
    const revisions = description.attribute('Revisions', '');
    description.flush();
    for (const shown of shownRevisions(service, all, details)) {
      const { revision, target } = shown;
      const ready = revision.status?.conditions?.find(({ type }) => type === 'Ready');
      const section = revisions.cells(
        bullet(target?.percent ?? 0, ready?.status),
        header(service, revision, target, now),
      );
      if (ready?.status === 'False') section.attribute('Error', ready.reason ?? '');
      writeImage(section, revision);
      writeReplicas(section, revision);
      if (details) writeDetails(section, revision, details);
    }
    description.line();
    description.flush();
    writeConditions(description, service.status?.conditions, details, now);
    await invocation.print(description.toString());
  },
};

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
