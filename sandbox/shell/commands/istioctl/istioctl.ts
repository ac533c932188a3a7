/**
 * `istioctl` 1.30, as far as somebody needs it whose mesh is there already: it looks and says what is wrong. Installing is
 * what the exercise does (`addons: [mesh]`); what is refused says why and what to do instead.
 */
import { StatusError } from '../../../cluster/api/status.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import { CommandError, ConnectionError, SilentExit } from '../kubectl/errors.ts';
import { flag, FlagError, parseFlags, type Flag } from '../kubectl/flags.ts';
import { GLOBAL_FLAGS } from '../kubectl/global-flags.ts';
import { Invocation } from '../kubectl/invocation.ts';

export interface IstioctlCommand {
  use: string;
  short: string;
  flags: readonly Flag[];
  run: (invocation: Invocation) => Promise<void> | undefined | Promise<void | undefined>;
}

/** Each is loaded when first used. */
export const COMMANDS: Readonly<Record<string, () => Promise<IstioctlCommand>>> = {
  analyze: async () => (await import('./analyze.ts')).analyze,
  dashboard: async () => (await import('./dashboard.ts')).dashboard,
  describe: async () => (await import('./describe.ts')).describe,
  'proxy-config': async () => (await import('./proxy-config.ts')).proxyConfig,
  'proxy-status': async () => (await import('./proxy-status.ts')).proxyStatus,
  version: async () => (await import('./version.ts')).version,
};

const ALIASES: Readonly<Record<string, string>> = {
  pc: 'proxy-config', ps: 'proxy-status', dash: 'dashboard', d: 'dashboard',
}; // prettier-ignore

const REFUSED: Readonly<Record<string, string>> = {
  install: 'the mesh comes with the exercise',
  uninstall: 'the mesh comes with the exercise; Reset starts it anew',
  upgrade: 'the mesh comes with the exercise, in one version',
  manifest: 'the mesh comes with the exercise; `kubectl get all -n istio-system` shows what was installed',
  'kube-inject':
    'what is injected is decided by istiod’s webhook alone; label the namespace (`kubectl label namespace NAME istio-injection=enabled`) or the pod (`sidecar.istio.io/inject: "true"`) and start the pods again (`kubectl rollout restart`)',
  waypoint: 'pods in ambient mode have what a waypoint would do without one',
  ztunnel: 'there is no ztunnel here: pods in ambient mode have a proxy each',
  'bug-report': 'there is nobody to send it to',
  completion: 'this shell completes commands by itself',
};

const FLAGS: readonly Flag[] = [
  flag('istioNamespace,i', 'istio-system', 'Istio system namespace'),
  flag('help,h', false, 'Help'),
];

export const program: Program = async (process) => {
  const fail = async (message: string, exitCode = 1) => {
    await process.printError(`Error: ${message}\n`);
    return exitCode;
  };
  const words = process.argv.slice(1);
  // `istioctl x describe pod web`
  if (['x', 'experimental', 'exp'].includes(words[0] ?? '')) words.shift();
  const [typed, ...rest] = words;
  const name = typed === undefined ? undefined : (ALIASES[typed] ?? typed);
  if (name === undefined || ['help', '--help', '-h'].includes(name)) {
    await process.print(await usage());
    return 0;
  }
  if (REFUSED[name]) return fail(`istioctl ${name} is not available here: ${REFUSED[name]}`);
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load)
    return fail(`unknown command ${JSON.stringify(name)} for "istioctl"\nRun 'istioctl --help' for usage.`);
  try {
    const command = await process.wait(load());
    const own = new Set(command.flags.flatMap((each) => [each.name, each.shorthand]).filter(Boolean));
    const others = [...FLAGS, ...GLOBAL_FLAGS]
      .filter((each) => !own.has(each.name))
      .map((each) => ({ ...each, ...(own.has(each.shorthand) ? { shorthand: undefined } : {}) }) as Flag);
    const flags = parseFlags([...command.flags, ...others], rest);
    if (flags.bool('help')) {
      await process.print(
        `${command.short}\n\nUsage:\n  istioctl ${command.use} [flags]\n\nFlags:\n${command.flags
          .map((each) => `      --${each.name.padEnd(20)} ${each.usage}\n`)
          .join('')}`,
      );
      return 0;
    }
    await command.run(new Invocation(process, `istioctl ${name}`, flags));
    return 0;
  } catch (error) {
    if (error instanceof SilentExit) return error.exitCode;
    if (error instanceof CommandError) return fail(error.message, error.exitCode);
    if ([FlagError, StatusError, ConnectionError].some((type) => error instanceof type))
      return fail((error as Error).message);
    if (error instanceof Errno && error.code !== 'EPIPE')
      return fail(`${error.subject ?? ''}: ${error.message.toLowerCase()}`);
    throw error;
  }
};

async function usage(): Promise<string> {
  const commands = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => [name, (await load()).short] as const),
  );
  const lines = commands.map(([name, short]) => `  ${name.padEnd(16)} ${short}\n`);
  return `Istio configuration command line utility for service operators to debug and diagnose their Istio mesh.\n\nUsage:\n  istioctl [command]\n\nAvailable Commands:\n${lines.join('')}`;
}
