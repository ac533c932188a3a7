/** The commands that need no cluster: template, lint, show, create, package, dependency. */
import { decode, encode } from '../../../core/bytes.ts';
import { Errno } from '../../../os/errno.ts';
import { joinPath, parentOf } from '../../../os/path.ts';
import { writeTar } from '../../../core/tar-archive.ts';
import { gzip } from '../compression.ts';
import { flag } from '../kubectl/flags.ts';
import { layOut } from './table.ts';
import { toYaml } from '../kubectl/printers/yaml.ts';
import { chartLabel, HelmError, loadChart } from './chart.ts';
import type { HelmCommand } from './helm.ts';
import {
  clientCapabilities,
  clusterCapabilities,
  givenValues,
  renderChart,
  RenderError,
  VALUE_FLAGS,
} from './preparation.ts';
import { releaseArguments, RELEASE_FLAGS } from './release-commands.ts';
import { manifestText } from './rendering.ts';
import { STARTER_CHART } from './starter-chart.ts';
import { parseVersion, satisfies } from './template/semantic-version.ts';

export const template: HelmCommand = {
  use: '[NAME] [CHART] [flags]',
  short: 'locally render templates',
  flags: [
    ...VALUE_FLAGS,
    ...RELEASE_FLAGS,
    flag('api-versions,a', [], 'Versions that Capabilities.APIVersions has.', { kind: 'strings' }),
    flag('include-crds', false, 'Print CRDs too.'),
    flag('is-upgrade', false, 'Set .Release.IsUpgrade.'),
    flag('kube-version', '', 'Version for Capabilities.KubeVersion.'),
    flag('show-only,s', [], 'Only manifests of these templates.'),
    flag('skip-tests', false, 'Leave tests out.'),
    flag('output-dir', '', 'Write files there instead.'),
    flag('validate', false, 'Ask the cluster what it can do.'),
  ],
  run: async (invocation) => {
    const { flags, process } = invocation;
    const { name, chartPath } = releaseArguments(invocation, 'template', 'release-name');
    const chart = await loadChart(process, chartPath);
    const { namespace } = invocation.namespace;
    const asks = flags.bool('validate') || flags.string('dry-run') === 'server';
    const capabilities = asks
      ? await clusterCapabilities(invocation)
      : clientCapabilities(flags.string('kube-version'), flags.list('api-versions'));
    const release = { name, namespace, revision: 1, isInstall: !flags.bool('is-upgrade') };
    const { manifests, hooks } = await renderChart(
      invocation,
      chart,
      await givenValues(invocation),
      release,
      capabilities,
      asks,
    ).catch((error: unknown) => {
      throw error instanceof RenderError
        ? new HelmError(`${error.message}\n\nUse --debug flag to render out invalid YAML`)
        : error;
    });
    const shown = hooks
      .filter(
        ({ events }) => !flags.bool('no-hooks') && !(flags.bool('skip-tests') && events.includes('test')),
      )
      .map(({ path, manifest }) => ({ path, content: manifest }));
    const crds = flags.bool('include-crds')
      ? chart.crds.map((crd) => ({
          path: `${chart.metadata.name}/${crd.name}`,
          content: decode(crd.data).trim(),
        }))
      : [];
    let all = [...crds, ...manifests, ...shown];
    for (const wanted of flags.list('show-only'))
      if (!all.some(({ path }) => path.slice(path.indexOf('/') + 1) === wanted))
        throw new HelmError(`could not find template ${wanted} in chart`);
    if (flags.list('show-only').length > 0)
      all = all.filter(({ path }) => flags.list('show-only').includes(path.slice(path.indexOf('/') + 1)));
    const directory = flags.string('output-dir');
    if (!directory) {
      await invocation.print(manifestText(all));
      return;
    }
    for (const path of new Set(all.map((each) => each.path))) {
      const target = process.resolve(joinPath(directory, path));
      process.fileSystem.mkdir(parentOf(target), { recursive: true });
      process.fileSystem.writeFile(target, encode(manifestText(all.filter((each) => each.path === path))));
      await invocation.print(`wrote ${joinPath(directory, path)}\n`);
    }
  },
};

export const lint: HelmCommand = {
  use: 'PATH [flags]',
  short: 'examine a chart for possible issues',
  flags: [
    ...VALUE_FLAGS,
    flag('strict', false, 'Fail on warnings.'),
    flag('quiet', false, 'Print only warnings and errors.'),
    flag('kube-version', '', 'Version for Capabilities.KubeVersion.'),
    flag('with-subcharts', false, 'Lint dependent charts.'),
    flag('skip-schema-validation', false, 'Do not check values against the schema.'),
  ],
  run: async (invocation) => {
    const { flags, process } = invocation;
    const paths = invocation.args.length > 0 ? invocation.args : ['.'];
    const given = await givenValues(invocation);
    let failed = 0;
    for (const path of paths) {
      const messages: { level: 'INFO' | 'WARNING' | 'ERROR'; text: string }[] = [];
      let broken = '';
      const manifest = process.resolve(joinPath(path, 'Chart.yaml'));
      try {
        process.fileSystem.stat(manifest);
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        broken = `Error unable to check Chart.yaml file in chart: stat ${joinPath(path, 'Chart.yaml')}: no such file or directory`;
      }
      if (!broken)
        try {
          const chart = await loadChart(process, path);
          if (!chart.metadata.icon) messages.push({ level: 'INFO', text: 'Chart.yaml: icon is recommended' });
          if (!parseVersion(chart.metadata.version))
            messages.push({
              level: 'ERROR',
              text: `Chart.yaml: version '${chart.metadata.version}' is not a valid SemVer`,
            });
          if (!chart.valuesText) messages.push({ level: 'INFO', text: 'values.yaml: file does not exist' });
          if (chart.templates.length === 0)
            messages.push({ level: 'WARNING', text: 'templates/: directory does not exist' });
          const release = {
            name: 'test-release',
            namespace: invocation.namespace.namespace,
            revision: 1,
            isInstall: true,
          };
          await renderChart(
            invocation,
            chart,
            given,
            release,
            clientCapabilities(flags.string('kube-version')),
            false,
          );
        } catch (error) {
          if (!(error instanceof HelmError)) throw error;
          messages.push({ level: 'ERROR', text: `templates/: ${error.message}` });
        }
      const bad = messages.some(
        ({ level }) => level === 'ERROR' || (level === 'WARNING' && flags.bool('strict')),
      );
      if (bad || broken) failed++;
      const shown = messages.filter(({ level }) => !flags.bool('quiet') || level !== 'INFO');
      if (!flags.bool('quiet') || shown.length > 0 || broken)
        await invocation.print(
          `==> Linting ${path}\n${broken ? `${broken}\n` : shown.map(({ level, text }) => `[${level}] ${text}\n`).join('')}\n`,
        );
    }
    const summary = `${paths.length} chart(s) linted, ${failed} chart(s) failed`;
    if (failed > 0) throw new HelmError(summary);
    if (!flags.bool('quiet')) await invocation.print(`${summary}\n`);
  },
};

export const show: HelmCommand = {
  use: '(all | chart | crds | readme | values) CHART [flags]',
  short: 'show information of a chart',
  flags: [],
  run: async (invocation) => {
    const [what = '', path] = invocation.args;
    const known = ['all', 'chart', 'crds', 'readme', 'values'];
    if (!known.includes(what)) throw new HelmError(`unknown command ${JSON.stringify(what)} for "helm show"`);
    if (!path)
      throw new HelmError(
        `"helm show ${what}" requires 1 argument\n\nUsage:  helm show ${what} [CHART] [flags]`,
      );
    const chart = await loadChart(invocation.process, path);
    const readme = chart.files.find(({ name }) => /^readme(\.md|\.txt)?$/i.test(name));
    const parts: string[] = [];
    if (what === 'all' || what === 'chart') parts.push(toYaml(chart.metadata));
    if ((what === 'all' || what === 'values') && chart.valuesText)
      parts.push(`${chart.valuesText}${what === 'values' ? '\n' : ''}`);
    if ((what === 'all' || what === 'readme') && readme) parts.push(`${decode(readme.data)}\n`);
    if (what === 'all' || what === 'crds')
      parts.push(...chart.crds.map(({ data }) => `${what === 'crds' ? '---\n' : ''}${decode(data)}\n`));
    await invocation.print(parts.join(what === 'all' ? '---\n' : ''));
  },
};

export const create: HelmCommand = {
  use: 'NAME [flags]',
  short: 'create a new chart with the given name',
  flags: [],
  run: async (invocation) => {
    const [path] = invocation.args;
    if (!path) throw new HelmError('"helm create" requires 1 argument\n\nUsage:  helm create NAME [flags]');
    const { process } = invocation;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (!/^[a-zA-Z0-9._-]+$/.test(name) || name.length > 250)
      throw new HelmError('chart name must match the regular expression "^[a-zA-Z0-9._-]+$"');
    await invocation.print(`Creating ${path}\n`);
    for (const [file, lines] of Object.entries(STARTER_CHART)) {
      const target = process.resolve(joinPath(path, file));
      process.fileSystem.mkdir(parentOf(target), { recursive: true });
      process.fileSystem.writeFile(target, encode(lines.join('\n').replaceAll('<CHARTNAME>', name)));
    }
    process.fileSystem.mkdir(process.resolve(joinPath(path, 'charts')), { recursive: true });
  },
};

export const packageChart: HelmCommand = {
  use: '[CHART_PATH] [...] [flags]',
  short: 'package a chart directory into a chart archive',
  flags: [
    flag('destination,d', '.', 'Directory to write the archive to.'),
    flag('version', '', 'Version of the chart instead of its own.'),
    flag('app-version', '', 'appVersion of the chart instead of its own.'),
  ],
  run: async (invocation) => {
    const { flags, process, args } = invocation;
    if (args.length === 0) throw new HelmError('need at least one argument, the path to the chart');
    for (const path of args) {
      const chart = await loadChart(process, path);
      const { metadata } = chart;
      if (flags.string('version')) metadata.version = flags.string('version');
      if (flags.string('app-version')) metadata.appVersion = flags.string('app-version');
      if (!parseVersion(metadata.version))
        throw new HelmError('validation: chart.metadata.version is invalid');
      const missing = (metadata.dependencies ?? []).filter(
        ({ name }) => !chart.dependencies.some((child) => child.metadata.name === name),
      );
      if (missing.length > 0)
        throw new HelmError(
          `found in Chart.yaml, but missing in charts/ directory: ${missing.map(({ name }) => name).join(', ')}`,
        );
      const mtimeMs = invocation.now();
      const root = process.resolve(path);
      const entries: Parameters<typeof writeTar>[0] = packaged(
        process,
        root,
        metadata.name,
        toYaml(metadata),
        mtimeMs,
      );
      const target = joinPath(flags.string('destination'), `${chartLabel(chart)}.tgz`);
      const full = process.resolve(target);
      process.fileSystem.writeFile(full, await gzip(process, writeTar(entries)));
      await invocation.print(`Successfully packaged chart and saved it to: ${full}\n`);
    }
  },
};

function* packaged(
  { fileSystem }: Parameters<NonNullable<HelmCommand['run']>>[0]['process'],
  directory: string,
  name: string,
  manifest: string,
  mtimeMs: number,
): Generator<Parameters<typeof writeTar>[0] extends Iterable<infer Entry> ? Entry : never> {
  for (const child of fileSystem.readDirectory(directory)) {
    const path = joinPath(directory, child);
    const inner = `${name}/${child}`;
    if (fileSystem.stat(path).kind === 'directory') {
      yield* packaged({ fileSystem } as never, path, inner, '', mtimeMs);
      continue;
    }
    const contents = child === 'Chart.yaml' && manifest ? encode(manifest) : fileSystem.readFile(path);
    yield { name: inner, kind: 'file', mode: 0o644, uid: 0, gid: 0, mtimeMs, contents, target: '' };
  }
}

export const dependency: HelmCommand = {
  use: '(list | build | update) CHART [flags]',
  short: "manage a chart's dependencies",
  aliases: ['dep', 'dependencies'],
  flags: [],
  run: async (invocation) => {
    const [what = '', path = '.'] = invocation.args;
    const chart = await loadChart(invocation.process, path);
    const declared = chart.metadata.dependencies ?? [];
    if (what === 'build' || what === 'update' || what === 'up') {
      const remote = declared.find(
        ({ name }) => !chart.dependencies.some(({ metadata }) => metadata.name === name),
      );
      if (remote)
        throw new HelmError(
          `dependency ${JSON.stringify(remote.name)}: this terminal reaches no chart repository; put the chart into ${joinPath(path, 'charts')}`,
        );
      return;
    }
    if (what !== 'list' && what !== 'ls')
      throw new HelmError(`unknown command ${JSON.stringify(what)} for "helm dependency"`);
    if (declared.length === 0) {
      await invocation.printError(`WARNING: no dependencies at ${joinPath(path, 'charts')}\n`);
      return;
    }
    const rows = declared.map(({ name, version = '', repository = '' }) => {
      const child = chart.dependencies.find(({ metadata }) => metadata.name === name);
      const found = child && parseVersion(child.metadata.version);
      const status = !child
        ? 'missing'
        : found && satisfies(version, found) === false
          ? 'wrong version'
          : 'unpacked';
      return [name, version, repository, status];
    });
    await invocation.print(`${layOut([['NAME', 'VERSION', 'REPOSITORY', 'STATUS'], ...rows])}\n`);
  },
};
