/**
 * helm 4.1 in the learner's terminal: charts in directories and `.tgz` files, releases in the cluster. Left out,
 * each refused with its reason: repositories, registries and plugins, for which nothing can be fetched.
 */
import type { Program } from '../../../os/machine.ts';
import { Errno } from '../../../os/errno.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import { CommandError, ConnectionError } from '../kubectl/errors.ts';
import { flag, FlagError, parseFlags, type Flag } from '../kubectl/flags.ts';
import { GLOBAL_FLAGS } from '../kubectl/global-flags.ts';
import { Invocation } from '../kubectl/invocation.ts';
import { HelmError } from './chart.ts';

export interface HelmCommand {
  use: string;
  short: string;
  aliases?: readonly string[];
  flags: readonly Flag[];
  run: (invocation: Invocation) => Promise<void> | undefined | Promise<void | undefined>;
}

const local = () => import('./local-commands.ts');
const releases = () => import('./release-commands.ts');
const queries = () => import('./query-commands.ts');

/** Each is loaded when first used. */
const COMMANDS: Readonly<Record<string, () => Promise<HelmCommand>>> = {
  create: async () => (await local()).create,
  dependency: async () => (await local()).dependency,
  get: async () => (await queries()).get,
  history: async () => (await queries()).history,
  install: async () => (await releases()).install,
  lint: async () => (await local()).lint,
  list: async () => (await queries()).list,
  package: async () => (await local()).packageChart,
  rollback: async () => (await releases()).rollback,
  show: async () => (await local()).show,
  status: async () => (await queries()).status,
  template: async () => (await local()).template,
  test: async () => (await releases()).test,
  uninstall: async () => (await releases()).uninstall,
  upgrade: async () => (await releases()).upgrade,
};

const ALIASES: Readonly<Record<string, string>> = {
  dep: 'dependency', dependencies: 'dependency', hist: 'history', ls: 'list', del: 'uninstall', delete: 'uninstall',
  un: 'uninstall', inspect: 'show',
}; // prettier-ignore

const REFUSED: Readonly<Record<string, string>> = {
  pull: 'this terminal reaches no chart repository; use a chart in a directory or a .tgz file',
  push: 'this terminal reaches no registry',
  repo: 'this terminal reaches no chart repository; use a chart in a directory or a .tgz file',
  search: 'this terminal reaches no chart repository; use a chart in a directory or a .tgz file',
  registry: 'this terminal reaches no registry',
  plugin: 'plugins are programs that would have to be fetched',
  verify: 'signatures need keys that this terminal does not have',
  completion: 'this shell completes commands by itself',
};

const VERSION = 'v4.1.4';

/** Flags of helm that kubectl does not have. */
const HELM_FLAGS: readonly Flag[] = [
  flag('debug', false, 'Accepted.'),
  flag('kube-context', '', 'Name of the kubeconfig context.'),
  flag('help,h', false, 'Help.'),
];

export const program: Program = async (process) => {
  const [typed, ...rest] = firstWord(process.argv.slice(1));
  const fail = async (message: string) => {
    await process.printError(`Error: ${message}\n`);
    return 1;
  };
  const name = typed === undefined ? undefined : (ALIASES[typed] ?? typed);
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    await process.print(usage());
    return 0;
  }
  if (name === 'version') {
    const short = rest.includes('--short');
    await process.print(
      short
        ? `${VERSION}\n`
        : `version.BuildInfo{Version:"${VERSION}", GitCommit:"", GitTreeState:"clean", GoVersion:"go1.25.9", KubeClientVersion:"v1.35"}\n`,
    );
    return 0;
  }
  if (name === 'env') {
    await process.print(environment(process.environment));
    return 0;
  }
  if (REFUSED[name]) return fail(`helm ${name} is not available: ${REFUSED[name]}`);
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) return fail(`unknown command ${JSON.stringify(name)} for "helm"\nRun 'helm --help' for usage.`);
  try {
    const command = await process.wait(load());
    const own = new Set(command.flags.flatMap((each) => [each.name, each.shorthand]).filter(Boolean));
    const others = [...HELM_FLAGS, ...GLOBAL_FLAGS]
      .filter((each) => !own.has(each.name))
      .map((each) => ({ ...each, ...(own.has(each.shorthand) ? { shorthand: undefined } : {}) }) as Flag);
    const argv = rest.map((word) => word.replace(/^--kube-context(?==|$)/, '--context'));
    const flags = parseFlags([...command.flags, ...others], argv);
    if (flags.bool('help')) {
      await process.print(help(name, command));
      return 0;
    }
    await command.run(new Invocation(process, `helm ${name}`, flags));
    return 0;
  } catch (error) {
    const expected = [HelmError, FlagError, StatusError, CommandError, ConnectionError].some(
      (type) => error instanceof type,
    );
    if (expected) return fail((error as Error).message);
    if (error instanceof Errno && error.code !== 'EPIPE')
      return fail(`${error.subject ?? ''}: ${error.message.toLowerCase()}`);
    throw error;
  }
};

/** Global flags may stand before the command. */
function firstWord(argv: readonly string[]): string[] {
  const takesValue = new Set(['-n', '--namespace', '--kube-context', '--kubeconfig']);
  let at = 0;
  while (at < argv.length && argv[at]!.startsWith('-') && !['-h', '--help'].includes(argv[at]!))
    at += takesValue.has(argv[at]!) ? 2 : 1;
  return at < argv.length ? [argv[at]!, ...argv.slice(0, at), ...argv.slice(at + 1)] : [...argv];
}

const LISTED: readonly (readonly [string, string])[] = [
  ['create', 'create a new chart with the given name'],
  ['dependency', "manage a chart's dependencies"],
  ['env', 'helm client environment information'],
  ['get', 'download extended information of a named release'],
  ['help', 'Help about any command'],
  ['history', 'fetch release history'],
  ['install', 'install a chart'],
  ['lint', 'examine a chart for possible issues'],
  ['list', 'list releases'],
  ['package', 'package a chart directory into a chart archive'],
  ['rollback', 'roll back a release to a previous revision'],
  ['show', 'show information of a chart'],
  ['status', 'display the status of the named release'],
  ['template', 'locally render templates'],
  ['test', 'run tests for a release'],
  ['uninstall', 'uninstall a release'],
  ['upgrade', 'upgrade a release'],
  ['version', 'print the helm version information'],
];

const usage = () =>
  `The Kubernetes package manager\n\nUsage:\n  helm [command]\n\nAvailable Commands:\n${LISTED.map(([name, short]) => `  ${name.padEnd(11)} ${short}\n`).join('')}`;

const help = (name: string, { use, short, flags }: HelmCommand) =>
  `${short}\n\nUsage:\n  helm ${name} ${use}\n\nFlags:\n${flags
    .map(
      (each) =>
        `  ${each.shorthand ? `-${each.shorthand}, ` : '    '}--${each.name.padEnd(26)} ${each.usage}\n`,
    )
    .join('')}`;

function environment(variables: Readonly<Record<string, string>>): string {
  const home = variables['HOME'] ?? '/root';
  const values: Record<string, string> = {
    HELM_BIN: 'helm',
    HELM_CACHE_HOME: `${home}/.cache/helm`,
    HELM_CONFIG_HOME: `${home}/.config/helm`,
    HELM_DATA_HOME: `${home}/.local/share/helm`,
    HELM_DEBUG: 'false',
    HELM_KUBECONTEXT: '',
    HELM_MAX_HISTORY: '10',
    HELM_NAMESPACE: 'default',
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${JSON.stringify(variables[name] ?? value)}\n`)
    .join('');
}
