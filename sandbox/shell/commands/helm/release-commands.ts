/** The commands that change releases: install, upgrade, rollback, uninstall, test. */
import { StatusError } from '../../../cluster/api/status.ts';
import { decode } from '../../../core/bytes.ts';
import { flag, type Flag } from '../kubectl/flags.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import { Discovery } from '../kubectl/discovery.ts';
import { HelmError, loadChart, type Chart } from './chart.ts';
import { Deployment } from './deployment.ts';
import type { HelmCommand } from './helm.ts';
import {
  clientCapabilities,
  clusterCapabilities,
  givenValues,
  renderChart,
  VALUE_FLAGS,
} from './preparation.ts';
import { formatted, releaseText } from './query-commands.ts';
import { manifestText } from './rendering.ts';
import {
  checkName,
  ReleaseStore,
  storedChart,
  releaseLabels,
  timestamp,
  type Release,
  type ReleaseStatus,
} from './release-store.ts';
import { coalesce, overlay } from './values-of.ts';

const TIMEOUT = flag('timeout', 300_000, 'How long to wait for one operation.', {
  kind: 'duration',
  shown: '5m0s',
});
const WAIT = flag('wait', 'hookOnly', 'Wait until resources are ready: watcher, hookOnly or legacy.', {
  bare: 'watcher',
});

/** Flags that install, upgrade and template share. */
export const RELEASE_FLAGS: readonly Flag[] = [
  flag('create-namespace', false, 'Create the namespace of the release.'),
  flag('dependency-update', false, 'Accepted: charts are local.'),
  flag('description', '', 'Description of the revision.'),
  flag('dry-run', 'none', 'none, client or server: change nothing.', { bare: 'client' }),
  flag('force-conflicts', false, 'Take over fields that others own.'),
  flag('generate-name,g', false, 'Make a name.'),
  flag('hide-notes', false, 'Do not print notes.'),
  flag('labels,l', [], 'Labels of the release, as KEY=VALUE,KEY=VALUE.', { kind: 'strings' }),
  flag('no-hooks', false, 'Run no hooks.'),
  flag('output,o', 'table', 'table, json or yaml.'),
  flag('rollback-on-failure', false, 'Undo what fails. Waits, too.'),
  flag('atomic', false, 'The name of --rollback-on-failure in helm 3.'),
  flag('skip-crds', false, 'Install no CRDs.'),
  flag('skip-schema-validation', false, 'Do not check values against the schema.'),
  flag('take-ownership', false, 'Take over objects that others made.'),
  TIMEOUT,
  WAIT,
  flag('wait-for-jobs', false, 'With --wait: until jobs are complete.'),
  flag('version', '', 'Accepted: a local chart has one version.'),
];

/** `NAME CHART`, or `CHART` with a name that is made or given. */
export function releaseArguments(
  invocation: Invocation,
  verb: string,
  fallback = '',
): { name: string; chartPath: string } {
  const { args, flags } = invocation;
  const least = verb === 'upgrade' ? 2 : 1;
  if (args.length < least)
    throw new HelmError(
      `"helm ${verb}" requires ${verb === 'upgrade' ? '2 arguments' : 'at least 1 argument'}\n\nUsage:  helm ${verb} [${verb === 'upgrade' ? 'RELEASE' : 'NAME'}] [CHART] [flags]`,
    );
  if (args.length > 2)
    throw new HelmError(`expected at most two arguments, unexpected arguments: ${args.slice(2).join(', ')}`);
  const generates = flags.has('generate-name') && flags.bool('generate-name');
  if (args.length === 2) {
    if (generates) throw new HelmError('cannot set --generate-name and also specify a name');
    checkName(args[0]!);
    return { name: args[0]!, chartPath: args[1]! };
  }
  const chartPath = args[0]!;
  if (generates) {
    const base = chartPath
      .replace(/\/+$/, '')
      .split('/')
      .at(-1)!
      .replace(/(-[\d.]+)?\.tgz$/, '');
    return { name: `${base === '.' ? 'chart' : base}-${Math.floor(invocation.now() / 1000)}`, chartPath };
  }
  if (!fallback)
    throw new HelmError('INSTALLATION FAILED: must either provide a name or specify --generate-name');
  return { name: fallback, chartPath };
}

const waits = ({ flags }: Invocation) =>
  flags.bool('rollback-on-failure') ||
  flags.bool('atomic') ||
  !['hookOnly', 'false'].includes(flags.string('wait'));

const failing = async <T>(prefix: string, body: () => Promise<T>): Promise<T> => {
  try {
    return await body();
  } catch (error) {
    if (error instanceof HelmError || error instanceof StatusError)
      throw new HelmError(error.message.startsWith(prefix) ? error.message : `${prefix}${error.message}`);
    throw error;
  }
};

export const install: HelmCommand = {
  use: '[NAME] [CHART] [flags]',
  short: 'install a chart',
  flags: [
    ...VALUE_FLAGS,
    ...RELEASE_FLAGS,
    flag('replace', false, 'Use the name of an uninstalled release again.'),
  ],
  run: (invocation) =>
    failing('INSTALLATION FAILED: ', async () => {
      const { name, chartPath } = releaseArguments(invocation, 'install');
      const chart = await loadChart(invocation.process, chartPath);
      await print(invocation, await installRelease(invocation, name, chart));
    }),
};

async function installRelease(invocation: Invocation, name: string, chart: Chart): Promise<Release> {
  const { flags } = invocation;
  const { namespace } = invocation.namespace;
  if (chart.metadata.type === 'library') throw new HelmError('library charts are not installable');
  const given = await givenValues(invocation);
  const dryRun = flags.string('dry-run');
  const store = new ReleaseStore(invocation);
  const deployment = new Deployment(invocation, { name, namespace });
  const old = dryRun === 'client' ? [] : await store.list(name);
  const last = old.at(-1)?.info.status;
  const replaces = flags.has('replace') && flags.bool('replace');
  if (last !== undefined && !(replaces && (last === 'uninstalled' || last === 'failed')))
    throw new HelmError('release name check failed: cannot reuse a name that is still in use');
  if (dryRun === 'none') {
    if (flags.bool('create-namespace')) await createNamespace(invocation, namespace);
    if (!flags.bool('skip-crds')) await installCrds(invocation, deployment, chart);
  }
  const capabilities = dryRun === 'client' ? clientCapabilities() : await clusterCapabilities(invocation);
  const revision = (old.at(-1)?.version ?? 0) + 1;
  const rendered = await renderChart(
    invocation,
    chart,
    given,
    { name, namespace, revision, isInstall: true },
    capabilities,
    dryRun !== 'client',
  );
  const now = timestamp(invocation.now());
  const release: Release = {
    name,
    info: {
      first_deployed: now,
      last_deployed: now,
      description: dryRun === 'none' ? 'Initial install underway' : 'Dry run complete',
      status: 'pending-install',
      notes: rendered.notes,
    },
    ...contentOf(chart, given, rendered),
    version: revision,
    namespace,
    labels: releaseLabels(flags.list('labels')),
  };
  if (dryRun !== 'none') return release;
  const resources = await deployment.resources(release.manifest);
  if (!flags.bool('take-ownership')) await deployment.checkOwnership(resources, 'install');
  await store.create(release);
  const hooks = !flags.bool('no-hooks');
  try {
    if (hooks) await deployment.runHooks(release, 'pre-install');
    await deployment.apply(resources);
    if (waits(invocation)) await deployment.untilReady(resources, flags.bool('wait-for-jobs'));
    if (hooks) await deployment.runHooks(release, 'post-install');
  } catch (error) {
    if (!(error instanceof HelmError || error instanceof StatusError)) throw error;
    await settle(store, release, 'failed', `Release ${JSON.stringify(name)} failed: ${error.message}`);
    if (flags.bool('rollback-on-failure') || flags.bool('atomic')) {
      await deployment.remove(resources);
      await store.delete(release);
      throw new HelmError(
        `release ${name} failed, and has been uninstalled due to rollback-on-failure being set: ${error.message}`,
      );
    }
    throw error;
  }
  await settle(store, release, 'deployed', flags.string('description') || 'Install complete');
  return release;
}

async function settle(
  store: ReleaseStore,
  release: Release,
  status: ReleaseStatus,
  description: string,
): Promise<void> {
  release.info.status = status;
  release.info.description = description;
  await store.update(release);
}

/** What a revision holds besides its place in the history. */
const contentOf = (
  chart: Chart,
  config: Release['config'],
  { manifests, hooks }: Awaited<ReturnType<typeof renderChart>>,
): Pick<Release, 'chart' | 'config' | 'manifest' | 'hooks' | 'apply_method'> => ({
  chart: storedChart(chart),
  config,
  manifest: manifestText(manifests),
  hooks,
  apply_method: 'ssa',
});

/** The revision runs: those before it are history, and as much of that is kept as `--history-max` says. */
async function succeed(
  store: ReleaseStore,
  release: Release,
  before: readonly Release[],
  description: string,
  flags: Invocation['flags'],
): Promise<void> {
  for (const each of before)
    if (each.info.status === 'deployed') await settle(store, each, 'superseded', each.info.description);
  await settle(store, release, 'deployed', description);
  await prune(store, release.name, flags.int('history-max'));
}

async function createNamespace({ api }: Invocation, namespace: string): Promise<void> {
  try {
    await api.request('POST', '/api/v1/namespaces', {
      body: {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: { name: namespace } },
      },
    });
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'AlreadyExists') throw error;
  }
}

/** Kinds that the chart brings are there before anything is made of them; those already there stay as they are. */
async function installCrds(invocation: Invocation, deployment: Deployment, chart: Chart): Promise<void> {
  const { api, process } = invocation;
  for (const { data } of [...chart.crds, ...chart.dependencies.flatMap(({ crds }) => crds)])
    for (const { object } of await deployment.resources(decode(data))) {
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      try {
        await api.request('POST', path, { query: { fieldManager: 'helm' }, body: object });
      } catch (error) {
        if (error instanceof StatusError && error.reason === 'AlreadyExists') continue;
        throw error;
      }
      for (;;) {
        const crd = await api.get(`${path}/${object.metadata.name}`);
        if (
          crd.status?.conditions?.some(
            (each: { type: string; status: string }) => each.type === 'Established' && each.status === 'True',
          )
        )
          break;
        await process.sleep(200);
      }
    }
  if (chart.crds.length > 0) await Discovery.fetch(api);
}

export const upgrade: HelmCommand = {
  use: '[RELEASE] [CHART] [flags]',
  short: 'upgrade a release',
  flags: [
    ...VALUE_FLAGS,
    ...RELEASE_FLAGS.filter(({ name }) => name !== 'generate-name'),
    flag('cleanup-on-fail', false, 'Delete what a failed upgrade made.'),
    flag('history-max', 10, 'How many revisions are kept; 0 is all.'),
    flag('install,i', false, 'Install when there is no such release.'),
    flag('reset-then-reuse-values', false, 'The values of the chart, below those of the last revision.'),
    flag('reset-values', false, 'Only the values of the chart and of the command line.'),
    flag('reuse-values', false, 'The values of the last revision.'),
  ],
  run: async (invocation) => {
    const { flags } = invocation;
    const { name, chartPath } = await failing('', async () => releaseArguments(invocation, 'upgrade'));
    const store = new ReleaseStore(invocation);
    const old = flags.string('dry-run') === 'client' && flags.bool('install') ? [] : await store.list(name);
    const last = old.at(-1);
    if (flags.bool('install') && (!last || last.info.status === 'uninstalled')) {
      if (flags.string('output') === 'table')
        await invocation.print(`Release ${JSON.stringify(name)} does not exist. Installing it now.\n`);
      const chart = await loadChart(invocation.process, chartPath);
      await print(invocation, await failing('', () => installRelease(invocation, name, chart)));
      return;
    }
    const release = await failing('UPGRADE FAILED: ', () =>
      upgradeRelease(invocation, store, old, name, chartPath),
    );
    if (flags.string('output') === 'table' && flags.string('dry-run') === 'none')
      await invocation.print(`Release ${JSON.stringify(name)} has been upgraded. Happy Helming!\n`);
    await print(invocation, release);
  },
};

async function upgradeRelease(
  invocation: Invocation,
  store: ReleaseStore,
  old: readonly Release[],
  name: string,
  chartPath: string,
): Promise<Release> {
  const { flags } = invocation;
  const { namespace } = invocation.namespace;
  const last = old.at(-1);
  if (last?.info.status.startsWith('pending-'))
    throw new HelmError('another operation (install/upgrade/rollback) is in progress');
  const current =
    old.findLast(({ info }) => info.status === 'deployed') ??
    (last?.info.status === 'failed' ? last : undefined);
  if (!last || !current) throw new HelmError(`${JSON.stringify(name)} has no deployed releases`);
  const chart = await loadChart(invocation.process, chartPath);
  let given = await givenValues(invocation);
  if (flags.bool('reuse-values') && !flags.bool('reset-values')) {
    chart.values = coalesce(current.chart.values ?? {}, current.config);
    given = overlay(current.config, given);
  } else if (flags.bool('reset-then-reuse-values')) given = overlay(current.config, given);
  else if (!flags.bool('reset-values') && Object.keys(given).length === 0) given = current.config;
  const revision = last.version + 1;
  const rendered = await renderChart(
    invocation,
    chart,
    given,
    { name, namespace, revision, isInstall: false },
    await clusterCapabilities(invocation),
    true,
  );
  const release: Release = {
    name,
    info: {
      first_deployed: current.info.first_deployed,
      last_deployed: timestamp(invocation.now()),
      description: flags.string('dry-run') === 'none' ? 'Preparing upgrade' : 'Dry run complete',
      status: 'pending-upgrade',
      notes: rendered.notes,
    },
    ...contentOf(chart, given, rendered),
    version: revision,
    namespace,
    labels: releaseLabels(flags.list('labels'), current.labels),
  };
  if (flags.string('dry-run') !== 'none') return release;
  const deployment = new Deployment(invocation, { name, namespace });
  const resources = await deployment.resources(release.manifest);
  const before = await deployment.resources(current.manifest);
  if (!flags.bool('take-ownership'))
    await deployment.checkOwnership(Deployment.gone(resources, before), 'update');
  await store.create(release);
  try {
    await change(invocation, deployment, release, before, 'upgrade');
  } catch (error) {
    if (!(error instanceof HelmError || error instanceof StatusError)) throw error;
    await settle(store, release, 'failed', `Upgrade ${JSON.stringify(name)} failed: ${error.message}`);
    if (flags.bool('cleanup-on-fail')) await deployment.remove(Deployment.gone(resources, before));
    if (flags.bool('rollback-on-failure') || flags.bool('atomic')) {
      const good = old.findLast(({ info }) => info.status === 'deployed' || info.status === 'superseded');
      if (!good)
        throw new HelmError(
          `release ${name} failed, and there is no revision to go back to: ${error.message}`,
        );
      await rollBack(invocation, store, name, good.version);
      throw new HelmError(
        `release ${name} failed, and has been rolled back due to rollback-on-failure being set: ${error.message}`,
      );
    }
    throw error;
  }
  await succeed(store, release, old, flags.string('description') || 'Upgrade complete', flags);
  return release;
}

/** Brings the cluster from `before` to what the release says, hooks around it. */
async function change(
  invocation: Invocation,
  deployment: Deployment,
  release: Release,
  before: Awaited<ReturnType<Deployment['resources']>>,
  action: 'upgrade' | 'rollback',
): Promise<void> {
  const { flags } = invocation;
  const hooks = !flags.bool('no-hooks');
  const resources = await deployment.resources(release.manifest);
  if (hooks) await deployment.runHooks(release, `pre-${action}`);
  await deployment.apply(resources);
  await deployment.remove(Deployment.gone(before, resources));
  if (waits(invocation)) await deployment.untilReady(resources, flags.bool('wait-for-jobs'));
  if (hooks) await deployment.runHooks(release, `post-${action}`);
}

async function prune(store: ReleaseStore, name: string, limit: number): Promise<void> {
  if (limit <= 0) return;
  const all = await store.list(name);
  const removable = all.filter(({ info }) => info.status !== 'deployed');
  for (const release of removable.slice(0, Math.max(0, all.length - limit))) await store.delete(release);
}

export const rollback: HelmCommand = {
  use: '<RELEASE> [REVISION] [flags]',
  short: 'roll back a release to a previous revision',
  flags: [
    flag('cleanup-on-fail', false, 'Delete what a failed rollback made.'),
    flag('dry-run', 'none', 'none, client or server: change nothing.', { bare: 'client' }),
    flag('force-conflicts', false, 'Take over fields that others own.'),
    flag('history-max', 10, 'How many revisions are kept; 0 is all.'),
    flag('no-hooks', false, 'Run no hooks.'),
    flag('rollback-on-failure', false, 'Accepted.'),
    flag('atomic', false, 'Accepted.'),
    TIMEOUT,
    WAIT,
    flag('wait-for-jobs', false, 'With --wait: until jobs are complete.'),
  ],
  run: async (invocation) => {
    const [name, revision = '0'] = invocation.args;
    if (!name)
      throw new HelmError(
        '"helm rollback" requires at least 1 argument\n\nUsage:  helm rollback <RELEASE> [REVISION] [flags]',
      );
    if (!/^\d+$/.test(revision))
      throw new HelmError(
        `could not convert revision to a number: strconv.Atoi: parsing ${JSON.stringify(revision)}: invalid syntax`,
      );
    if (invocation.flags.string('dry-run') === 'none')
      await rollBack(invocation, new ReleaseStore(invocation), name, Number(revision));
    await invocation.print('Rollback was a success! Happy Helming!\n');
  },
};

async function rollBack(
  invocation: Invocation,
  store: ReleaseStore,
  name: string,
  revision: number,
): Promise<void> {
  const all = await store.list(name);
  const last = all.at(-1);
  if (!last) throw new HelmError('release: not found');
  const wanted = revision || last.version - 1;
  const target = all.find(({ version }) => version === wanted);
  if (!target) throw new HelmError(wanted < 1 ? 'release: not found' : `release has no ${wanted} version`);
  const release: Release = {
    ...structuredClone(target),
    info: {
      ...target.info,
      first_deployed: last.info.first_deployed,
      last_deployed: timestamp(invocation.now()),
      description: `Rollback to ${wanted}`,
      status: 'pending-rollback',
    },
    version: last.version + 1,
  };
  const deployment = new Deployment(invocation, release);
  const before = await deployment.resources(last.manifest);
  await store.create(release);
  try {
    await change(invocation, deployment, release, before, 'rollback');
  } catch (error) {
    if (!(error instanceof HelmError || error instanceof StatusError)) throw error;
    await settle(store, release, 'failed', `Rollback ${JSON.stringify(name)} failed: ${error.message}`);
    throw error;
  }
  await succeed(store, release, all, release.info.description, invocation.flags);
}

export const uninstall: HelmCommand = {
  use: 'RELEASE_NAME [...] [flags]',
  short: 'uninstall a release',
  aliases: ['del', 'delete', 'un'],
  flags: [
    flag('cascade', 'background', 'background, orphan or foreground.'),
    flag('description', '', 'Description of the revision that is kept.'),
    flag('dry-run', false, 'Change nothing.'),
    flag('ignore-not-found', false, 'A release that is not there is no error.'),
    flag('keep-history', false, 'Keep the history.'),
    flag('no-hooks', false, 'Run no hooks.'),
    TIMEOUT,
    WAIT,
  ],
  run: async (invocation) => {
    const { args, flags } = invocation;
    if (args.length === 0)
      throw new HelmError(
        '"helm uninstall" requires at least 1 argument\n\nUsage:  helm uninstall RELEASE_NAME [...] [flags]',
      );
    for (const name of args) {
      checkName(name);
      const store = new ReleaseStore(invocation);
      const all = await store.list(name);
      const release = all.at(-1);
      if (!release) {
        if (flags.bool('ignore-not-found')) continue;
        throw new HelmError(`uninstall: Release not loaded: ${name}: release: not found`);
      }
      if (release.info.status === 'uninstalled') {
        if (flags.bool('keep-history'))
          throw new HelmError(`the release named ${JSON.stringify(name)} is already deleted`);
        for (const each of all) await store.delete(each);
      } else if (!flags.bool('dry-run')) await remove(invocation, store, all, release);
      await invocation.print(`release ${JSON.stringify(name)} uninstalled\n`);
    }
  },
};

async function remove(
  invocation: Invocation,
  store: ReleaseStore,
  all: readonly Release[],
  release: Release,
): Promise<void> {
  const { flags } = invocation;
  const deployment = new Deployment(invocation, release);
  const resources = await deployment.resources(release.manifest);
  release.info.deleted = timestamp(invocation.now());
  await settle(store, release, 'uninstalling', 'Deletion in progress (or silently failed)');
  if (!flags.bool('no-hooks')) await deployment.runHooks(release, 'pre-delete');
  await deployment.remove(resources, flags.string('cascade'));
  if (flags.string('wait') !== 'hookOnly') await deployment.untilGone(resources);
  if (!flags.bool('no-hooks')) await deployment.runHooks(release, 'post-delete');
  if (flags.bool('keep-history'))
    await settle(store, release, 'uninstalled', flags.string('description') || 'Uninstallation complete');
  else for (const each of all) await store.delete(each);
}

export const test: HelmCommand = {
  use: '[RELEASE] [flags]',
  short: 'run tests for a release',
  flags: [
    flag('filter', [], 'Tests as name=NAME or !name=NAME.', { kind: 'strings' }),
    flag('logs', false, 'Print the logs of test pods.'),
    TIMEOUT,
  ],
  run: async (invocation) => {
    const [name] = invocation.args;
    if (!name) throw new HelmError('"helm test" requires 1 argument\n\nUsage:  helm test [RELEASE] [flags]');
    const { flags, api } = invocation;
    const store = new ReleaseStore(invocation);
    const release = await store.get(name);
    const deployment = new Deployment(invocation, release);
    const filters = flags.list('filter');
    const named = (prefix: string) =>
      filters.filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length));
    const wanted = named('name=');
    const unwanted = named('!name=');
    let failure: HelmError | undefined;
    try {
      await deployment.runHooks(
        release,
        'test',
        (hook) => (wanted.length === 0 || wanted.includes(hook.name)) && !unwanted.includes(hook.name),
      );
    } catch (error) {
      if (!(error instanceof HelmError)) throw error;
      failure = error;
    }
    await store.update(release);
    await invocation.print(releaseText(release, { notes: true, resources: '' }));
    if (flags.bool('logs'))
      for (const hook of release.hooks.filter(
        ({ events, kind }) => events.includes('test') && kind === 'Pod',
      )) {
        const log = await api.text('GET', `/api/v1/namespaces/${release.namespace}/pods/${hook.name}/log`, {
          accept: '*/*',
        });
        await invocation.print(`POD LOGS: ${hook.name}\n${log}\n`);
      }
    if (failure) throw failure;
  },
};

async function print(invocation: Invocation, release: Release): Promise<void> {
  const { flags } = invocation;
  const output = flags.string('output');
  if (output !== 'table') {
    await invocation.print(formatted(output, release));
    return;
  }
  const dry = flags.string('dry-run') !== 'none';
  await invocation.print(
    releaseText(release, { notes: !flags.bool('hide-notes'), resources: '', manifest: dry }),
  );
}
