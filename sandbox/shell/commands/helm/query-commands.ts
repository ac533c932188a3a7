/** The commands that tell of releases: list, history, status, get. */
import { flag } from '../kubectl/flags.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import { toYaml } from '../kubectl/printers/yaml.ts';
import { HelmError } from './chart.ts';
import { Deployment } from './deployment.ts';
import type { HelmCommand } from './helm.ts';
import { ReleaseStore, type Release } from './release-store.ts';
import { layOut } from './table.ts';
import { jsonValue } from './template/encoding-functions.ts';
import { formatTime } from './template/encoding-functions.ts';
import { objectsByKind, resourcesText } from './status-resources.ts';
import { coalesce } from './values-of.ts';

const OUTPUT = flag('output,o', 'table', 'table, json or yaml.');
const REVISION = flag('revision', 0, 'The revision; the newest without.');

const ansic = (time: string) => formatTime(Date.parse(time), 'Mon Jan _2 15:04:05 2006');

/** `-o json` and `-o yaml`. */
export function formatted(output: string, value: unknown): string {
  if (output === 'json') return `${JSON.stringify(jsonValue(value))}\n`;
  if (output === 'yaml') return toYaml(jsonValue(value));
  throw new HelmError(
    `invalid argument ${JSON.stringify(output)} for "-o, --output" flag: invalid format type`,
  );
}

/** What install, upgrade, status and test print. */
export function releaseText(
  release: Release,
  { notes, resources, manifest }: { notes: boolean; resources: string; manifest?: boolean },
): string {
  const { info } = release;
  let text = `NAME: ${release.name}\nLAST DEPLOYED: ${ansic(info.last_deployed)}\nNAMESPACE: ${release.namespace}\nSTATUS: ${info.status}\nREVISION: ${release.version}\nDESCRIPTION: ${info.description}\n`;
  if (resources) text += `RESOURCES:\n${resources}`;
  const tests = release.hooks.filter(({ events }) => events.includes('test'));
  const ran = tests.filter(({ last_run: run }) => run.phase !== '');
  if (tests.length === 0) text += 'TEST SUITE: None\n';
  for (const { name, last_run: run } of ran)
    text += `TEST SUITE:     ${name}\nLast Started:   ${ansic(run.started_at!)}\nLast Completed: ${run.completed_at ? ansic(run.completed_at) : ''}\nPhase:          ${run.phase}\n`;
  if (manifest) {
    const hooks = release.hooks.map((hook) => `---\n# Source: ${hook.path}\n${hook.manifest}\n`).join('');
    text += `HOOKS:\n${hooks}MANIFEST:\n${release.manifest}\n`;
  }
  if (notes && info.notes) text += `NOTES:\n${info.notes.trimEnd()}\n`;
  return text;
}

const goTime = (time: string) => {
  const [, seconds, fraction = ''] = /^(.*?)(\.\d+)?Z$/.exec(time) ?? [];
  return `${(seconds ?? time).replace('T', ' ')}${fraction} +0000 UTC`;
};

const chartName = ({ chart: { metadata } }: Release) => `${metadata.name}-${metadata.version}`;

export const list: HelmCommand = {
  use: '[flags]',
  short: 'list releases',
  aliases: ['ls'],
  flags: [
    flag('all-namespaces,A', false, 'Releases of all namespaces.'),
    flag('date,d', false, 'Sort by date.'),
    flag('deployed', false, 'Deployed releases.'),
    flag('failed', false, 'Failed releases.'),
    flag('filter,f', '', 'A regular expression for names.'),
    flag('max,m', 256, 'At most so many.'),
    flag('no-headers', false, 'Without a header.'),
    flag('offset', 0, 'From this one on.'),
    OUTPUT,
    flag('pending', false, 'Pending releases.'),
    flag('reverse,r', false, 'The other way round.'),
    flag('selector,l', '', 'Labels of releases.'),
    flag('short,q', false, 'Names alone.'),
    flag('superseded', false, 'Superseded releases.'),
    flag('uninstalled', false, 'Uninstalled releases whose history is kept.'),
    flag('uninstalling', false, 'Releases that are being uninstalled.'),
  ],
  run: async (invocation) => {
    const { flags } = invocation;
    const store = new ReleaseStore(invocation, flags.bool('all-namespaces') ? '' : undefined);
    const newest = new Map<string, Release>();
    for (const release of await store.list(undefined, flags.string('selector')))
      newest.set(`${release.namespace}/${release.name}`, release);
    const states = ['deployed', 'failed', 'pending', 'superseded', 'uninstalled', 'uninstalling'].filter(
      (state) => flags.bool(state),
    );
    const shows = ({ info: { status } }: Release) =>
      states.length === 0
        ? status !== 'superseded' && status !== 'uninstalled'
        : states.some((state) => status === state || status.startsWith(`${state}-`));
    const filter = new RegExp(flags.string('filter'));
    let releases = [...newest.values()].filter((release) => shows(release) && filter.test(release.name));
    const key = (release: Release) => (flags.bool('date') ? release.info.last_deployed : release.name);
    releases.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
    if (flags.bool('reverse')) releases.reverse();
    releases = releases.slice(
      flags.int('offset'),
      flags.int('max') > 0 ? flags.int('offset') + flags.int('max') : undefined,
    );
    const output = flags.string('output');
    if (flags.bool('short')) {
      const names = releases.map(({ name }) => name);
      await invocation.print(
        output === 'table' ? names.map((name) => `${name}\n`).join('') : formatted(output, names),
      );
      return;
    }
    if (output !== 'table') {
      await invocation.print(
        formatted(
          output,
          releases.map((release) => ({
            name: release.name,
            namespace: release.namespace,
            revision: String(release.version),
            updated: goTime(release.info.last_deployed),
            status: release.info.status,
            chart: chartName(release),
            app_version: release.chart.metadata.appVersion ?? '',
          })),
        ),
      );
      return;
    }
    const rows = releases.map((release) => [
      release.name,
      release.namespace,
      String(release.version),
      goTime(release.info.last_deployed),
      release.info.status,
      chartName(release),
      release.chart.metadata.appVersion ?? '',
    ]);
    const header = ['NAME', 'NAMESPACE', 'REVISION', 'UPDATED', 'STATUS', 'CHART', 'APP VERSION'];
    const all = flags.bool('no-headers') ? rows : [header, ...rows];
    if (all.length > 0) await invocation.print(layOut(all));
  },
};

export const history: HelmCommand = {
  use: 'RELEASE_NAME [flags]',
  short: 'fetch release history',
  aliases: ['hist'],
  flags: [flag('max', 256, 'At most so many revisions.'), OUTPUT],
  run: async (invocation) => {
    const { flags } = invocation;
    const name = nameOf(invocation, 'history', 'RELEASE_NAME');
    const all = (await new ReleaseStore(invocation).list(name)).slice(-flags.int('max'));
    if (all.length === 0) throw new HelmError('release: not found');
    if (flags.string('output') !== 'table') {
      await invocation.print(
        formatted(
          flags.string('output'),
          all.map((release) => ({
            revision: release.version,
            updated: release.info.last_deployed,
            status: release.info.status,
            chart: chartName(release),
            app_version: release.chart.metadata.appVersion ?? '',
            description: release.info.description,
          })),
        ),
      );
      return;
    }
    const rows = all.map((release) => [
      String(release.version),
      ansic(release.info.last_deployed),
      release.info.status,
      chartName(release),
      release.chart.metadata.appVersion ?? '',
      release.info.description,
    ]);
    await invocation.print(
      layOut([['REVISION', 'UPDATED', 'STATUS', 'CHART', 'APP VERSION', 'DESCRIPTION'], ...rows]),
    );
  },
};

function nameOf({ args }: Invocation, verb: string, what: string): string {
  if (args.length === 1) return args[0]!;
  throw new HelmError(`"helm ${verb}" requires 1 argument\n\nUsage:  helm ${verb} ${what} [flags]`);
}

export const status: HelmCommand = {
  use: 'RELEASE_NAME [flags]',
  short: 'display the status of the named release',
  flags: [OUTPUT, REVISION],
  run: async (invocation) => {
    const { flags } = invocation;
    const release = await new ReleaseStore(invocation).get(
      nameOf(invocation, 'status', 'RELEASE_NAME'),
      flags.int('revision'),
    );
    const objects = await new Deployment(invocation, release).resources(release.manifest);
    if (flags.string('output') === 'table') {
      const resources = await resourcesText(invocation, objects);
      return invocation.print(releaseText(release, { notes: true, resources }));
    }
    // As helm: without the chart, and with the objects in the place of their tables.
    const { chart: _chart, labels: _labels, ...told } = release;
    const resources = Object.fromEntries(await objectsByKind(invocation, objects));
    await invocation.print(formatted(flags.string('output'), { ...told, info: { ...told.info, resources } }));
  },
};

/** What is known of a release without its templates. */
function metadataText(release: Release, output: string): string {
  const { metadata } = release.chart;
  const names = (metadata.dependencies ?? []).map(({ name }) => name).sort();
  const sorted = (map: Readonly<Record<string, string>> = {}) =>
    Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = (map: Readonly<Record<string, string>> | undefined) =>
    sorted(map)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
  const deployedAt = release.info.last_deployed.replace(/\.\d+Z$/, 'Z');
  const isServerSide = release.apply_method === 'ssa';
  if (output !== 'table') {
    const fields = {
      name: release.name,
      chart: metadata.name,
      version: metadata.version,
      appVersion: metadata.appVersion ?? '',
      ...(metadata.annotations ? { annotations: Object.fromEntries(sorted(metadata.annotations)) } : {}),
      ...(release.labels ? { labels: Object.fromEntries(sorted(release.labels)) } : {}),
      ...(names.length > 0 ? { dependencies: metadata.dependencies } : {}),
      namespace: release.namespace,
      revision: release.version,
      status: release.info.status,
      deployedAt,
      ...(release.apply_method ? { applyMethod: release.apply_method } : {}),
    };
    // helm writes the fields of a structure in their own order in JSON, and sorted in YAML.
    return output === 'json' ? `${JSON.stringify(fields)}\n` : formatted(output, fields);
  }
  return `NAME: ${release.name}
CHART: ${metadata.name}
VERSION: ${metadata.version}
APP_VERSION: ${metadata.appVersion ?? ''}
ANNOTATIONS: ${text(metadata.annotations)}
LABELS: ${text(release.labels)}
DEPENDENCIES: ${names.join(',')}
NAMESPACE: ${release.namespace}
REVISION: ${release.version}
STATUS: ${release.info.status}
DEPLOYED_AT: ${deployedAt}
APPLY_METHOD: ${isServerSide ? 'server-side apply' : 'client-side apply'}
`;
}

export const get: HelmCommand = {
  use: '(all | hooks | manifest | metadata | notes | values) RELEASE_NAME [flags]',
  short: 'download extended information of a named release',
  flags: [flag('all,a', false, 'Values of the chart, too.'), OUTPUT, REVISION],
  run: async (invocation) => {
    const { flags, args } = invocation;
    const [what = '', name] = args;
    if (!['all', 'hooks', 'manifest', 'metadata', 'notes', 'values'].includes(what))
      throw new HelmError(`unknown command ${JSON.stringify(what)} for "helm get"`);
    if (!name)
      throw new HelmError(
        `"helm get ${what}" requires 1 argument\n\nUsage:  helm get ${what} RELEASE_NAME [flags]`,
      );
    const release = await new ReleaseStore(invocation).get(name, flags.int('revision'));
    const computed = () => jsonValue(coalesce(release.chart.values ?? {}, release.config));
    const hooks = release.hooks.map((hook) => `---\n# Source: ${hook.path}\n${hook.manifest}\n`).join('');
    switch (what) {
      case 'manifest':
        return invocation.print(`${release.manifest}\n`);
      case 'hooks':
        return invocation.print(hooks);
      case 'metadata':
        return invocation.print(metadataText(release, flags.string('output')));
      case 'notes':
        return release.info.notes ? invocation.print(`NOTES:\n${release.info.notes}\n`) : undefined;
      case 'values': {
        const values = flags.bool('all') ? computed() : jsonValue(release.config);
        if (flags.string('output') !== 'table')
          return invocation.print(formatted(flags.string('output'), values));
        const empty = Object.keys(values as object).length === 0;
        return invocation.print(
          `${flags.bool('all') ? 'COMPUTED' : 'USER-SUPPLIED'} VALUES:\n${empty ? (flags.bool('all') ? '{}\n' : 'null\n') : toYaml(values)}`,
        );
      }
    }
    const { info } = release;
    await invocation.print(
      `${releaseText(release, { notes: false, resources: '' })}USER-SUPPLIED VALUES:\n${toYaml(jsonValue(release.config))}\nCOMPUTED VALUES:\n${toYaml(computed())}\nHOOKS:\n${hooks}MANIFEST:\n${release.manifest}\n${info.notes ? `NOTES:\n${info.notes}\n` : ''}`,
    );
  },
};
