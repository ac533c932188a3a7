/** `kn service create | update | apply | delete | wait`. */
import { StatusError } from '../../../cluster/api/status.ts';
import { createThreeWayJsonMergePatch } from '../../../cluster/api/merge-patch.ts';
import { CommandError } from '../kubectl/errors.ts';
import { flag } from '../kubectl/flags.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import { LAST_APPLIED, lastApplied, withLastApplied } from '../kubectl/last-applied.ts';
import { KnClient } from './client.ts';
import { onlyName, WAIT_LIMIT_FLAGS, waitFlags, waitLimits, waits, type KnCommand } from './command.ts';
import { SERVICES, type Service } from './objects.ts';
import { EDIT_FLAGS, edited, mutates } from './service-edit.ts';
import { computeTraffic, TAG_FLAG, TRAFFIC_FLAGS } from './traffic.ts';

export const create: KnCommand = {
  use: 'create NAME --image IMAGE',
  short: 'Create a service',
  flags: [
    ...EDIT_FLAGS,
    TAG_FLAG,
    flag('force', false, 'Create service forcefully, replaces existing service if any.'),
    ...waitFlags('service', 'create', true),
  ],
  run: async (invocation) => {
    const { flags } = invocation;
    const name = onlyName(invocation, 'service create', 'service');
    const services = new KnClient(invocation, SERVICES);
    const service = constructed(invocation, services.namespace, name, 'create');
    if (flags.changed('tag')) service.spec!.traffic = computeTraffic(flags, service, true, true);
    const existing = await services.find(name);
    if (!existing) {
      await services.create(service);
      return finish(invocation, services, name, 'Creating', 'created');
    }
    if (!flags.bool('force'))
      throw new CommandError(
        `cannot create service '${name}' in namespace '${services.namespace}' because the service already exists and no --force option was given`,
      );
    const changed = await services.update(name, (before) => replaced(service, before));
    if (!changed) {
      await invocation.print(
        `Service '${name}' replaced in namespace '${services.namespace}' (unchanged).\n`,
      );
      return;
    }
    return finish(invocation, services, name, 'Replacing', 'replaced');
  },
};

export const update: KnCommand = {
  use: 'update NAME',
  short: 'Update a service',
  flags: [...EDIT_FLAGS, ...TRAFFIC_FLAGS, ...waitFlags('service', 'update', true)],
  run: async (invocation) => {
    const { flags } = invocation;
    const name = onlyName(invocation, 'service update', 'service');
    const isTraffic = TRAFFIC_FLAGS.some((each) => flags.changed(each.name));
    if (!isTraffic && !EDIT_FLAGS.some((each) => flags.changed(each.name)))
      throw new CommandError('flag(s) not set\nUsage: update NAME');
    const services = new KnClient(invocation, SERVICES);
    let before: string | undefined;
    const changed = await services.update(name, (service) => {
      before = service.status?.latestReadyRevisionName;
      const after = edited(invocation, service, 'update');
      if (isTraffic) after.spec!.traffic = computeTraffic(flags, service, mutates(flags));
      return after;
    });
    if (!changed) {
      await invocation.print(
        `Service '${name}' updated in namespace '${services.namespace}'.\nNo new revision has been created.\n`,
      );
      return;
    }
    if (!waits(flags)) {
      await invocation.print(`Service '${name}' updated in namespace '${services.namespace}'.\n`);
      return;
    }
    await invocation.print(`Updating Service '${name}' in namespace '${services.namespace}':\n\n`);
    await untilReady(invocation, services, name);
    await invocation.print('\n');
    await showUrl(invocation, services, name, before, 'updated');
  },
};

export const apply: KnCommand = {
  use: 'apply NAME',
  short: 'Apply a service declaration',
  flags: [...EDIT_FLAGS, ...waitFlags('service', 'apply', true)],
  run: async (invocation) => {
    const name = onlyName(invocation, 'service apply', 'service');
    const services = new KnClient(invocation, SERVICES);
    const service = constructed(invocation, services.namespace, name, 'apply');
    const annotated = withLastApplied({
      apiVersion: 'serving.knative.dev/v1',
      kind: 'Service',
      ...service,
    }) as Service;
    const current = await services.find(name);
    if (!current) {
      await services.create(annotated);
      return finish(invocation, services, name, 'Creating', 'created');
    }
    if (current.metadata.annotations?.[LAST_APPLIED] === undefined)
      await invocation.print(
        "Warning: 'kn service apply' should be used only for services created by 'kn service apply'\n",
      );
    const patch = createThreeWayJsonMergePatch(lastApplied(current) ?? {}, annotated, current) as object;
    const after = Object.keys(patch).length === 0 ? current : await services.patch(name, patch);
    if (after.metadata.generation === current.metadata.generation) {
      await invocation.print(`No changes to apply to service '${name}'.\n`);
      return showUrl(invocation, services, name, 'unchanged', '');
    }
    return finish(invocation, services, name, 'Applying', 'applied');
  },
};

export const remove: KnCommand = {
  use: 'delete NAME [NAME ...]',
  short: 'Delete services',
  flags: [
    flag('all', false, 'Delete all services in a namespace.'),
    ...waitFlags('service', 'delete', false),
  ],
  run: async (invocation) => {
    const { args, flags } = invocation;
    const all = flags.bool('all');
    if (args.length === 0 && !all) throw new CommandError("'service delete' requires the service name(s)");
    if (args.length > 0 && all)
      throw new CommandError("'service delete' with --all flag requires no arguments");
    const services = new KnClient(invocation, SERVICES);
    const names = all ? (await services.list()).map(({ metadata }) => metadata.name!) : args;
    if (names.length === 0) {
      await invocation.print('No services found.\n');
      return;
    }
    await removeEach(invocation, names, async (name) => {
      await services.delete(name, waits(flags) ? waitLimits(flags).timeoutMs : undefined);
      return `Service '${name}' successfully deleted in namespace '${services.namespace}'.\n`;
    });
  },
};

export const wait: KnCommand = {
  use: 'wait NAME',
  short: 'Wait for a service to be ready',
  flags: WAIT_LIMIT_FLAGS,
  run: async (invocation) => {
    const name = onlyName(invocation, 'service wait', 'service');
    const services = new KnClient(invocation, SERVICES);
    await invocation.print(`Waiting for Service '${name}' in namespace '${services.namespace}':\n\n`);
    await untilReady(invocation, services, name);
    await invocation.print(`\nService '${name}' in namespace '${services.namespace}' is ready.\n`);
  },
};

/** Deletes one after the other; what fails is told at the end. */
export async function removeEach(
  invocation: Invocation,
  names: readonly string[],
  removeOne: (name: string) => Promise<string>,
): Promise<void> {
  const failures: string[] = [];
  for (const name of names)
    try {
      await invocation.print(await removeOne(name));
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof CommandError)) throw error;
      failures.push(error.message);
    }
  if (failures.length > 0) throw new CommandError(failures.join('\nError: '));
}

function constructed(
  invocation: Invocation,
  namespace: string,
  name: string,
  command: 'create' | 'apply',
): Service {
  if (!invocation.flags.string('image'))
    throw new CommandError(
      `'service ${command}' requires the image name to run provided with the --image option`,
    );
  const service: Service = {
    metadata: { name, namespace },
    spec: { template: { spec: { containers: [{}] } } },
  };
  return edited(invocation, service, command);
}

/** The new one in the place of another: who made that stays. */
function replaced(service: Service, { metadata }: Service): Service {
  const kept = Object.entries(metadata.annotations ?? {}).filter(([key]) =>
    ['serving.knative.dev/creator', 'serving.knative.dev/lastModifier'].includes(key),
  );
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    ...service,
    metadata: {
      ...service.metadata,
      resourceVersion: metadata.resourceVersion!,
      annotations: { ...service.metadata.annotations, ...Object.fromEntries(kept) },
    },
  };
}

async function finish(
  invocation: Invocation,
  services: KnClient<Service>,
  name: string,
  doing: string,
  done: string,
): Promise<void> {
  const { namespace } = services;
  if (!waits(invocation.flags)) {
    await invocation.print(`Service '${name}' ${done} in namespace '${namespace}'.\n`);
    return;
  }
  await invocation.print(`${doing} service '${name}' in namespace '${namespace}':\n\n`);
  await untilReady(invocation, services, name);
  await invocation.print('\n');
  await showUrl(invocation, services, name, undefined, done);
}

async function untilReady(invocation: Invocation, services: KnClient<Service>, name: string): Promise<void> {
  let last = '';
  const ms = await services.waitForReady(name, waitLimits(invocation.flags), (elapsedMs, message) => {
    const text = message === last ? '...' : message;
    last = message;
    return invocation.print(`${seconds(elapsedMs)} ${text}\n`);
  });
  await invocation.print(`${seconds(ms)} Ready to serve.\n`);
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(3).padStart(7)}s`;

async function showUrl(
  invocation: Invocation,
  services: KnClient<Service>,
  name: string,
  before: string | undefined,
  what: string,
): Promise<void> {
  const { status } = await services.get(name);
  const revision = status?.latestReadyRevisionName ?? '';
  const isUnchanged = before === 'unchanged' || (before !== undefined && before === revision);
  await invocation.print(
    isUnchanged
      ? `Service '${name}' with latest revision '${revision}' (unchanged) is available at URL:\n${status?.url ?? ''}\n`
      : `Service '${name}' ${what} to latest revision '${revision}' is available at URL:\n${status?.url ?? ''}\n`,
  );
}
