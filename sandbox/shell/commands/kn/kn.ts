/**
 * `kn` 1.22 in the learner's terminal, Knative's own client: services, revisions, routes, brokers, triggers. Left out, each
 * refused with its reason: sources, channels and subscriptions, which the add-on does not have, domains, plugins, offline
 * files (`--target`).
 */
import { StatusError } from '../../../cluster/api/status.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { CommandError, ConnectionError } from '../kubectl/errors.ts';
import { flag, FlagError, parseFlags, type Flag } from '../kubectl/flags.ts';
import { GLOBAL_FLAGS } from '../kubectl/global-flags.ts';
import { Invocation } from '../kubectl/invocation.ts';
import type { CommandModule } from '../registry.ts';
import type { KnCommand } from './command.ts';

type Load = () => Promise<KnCommand>;

const changes = () => import('./service-changes.ts');
const queries = () => import('./service-queries.ts');
const revisions = () => import('./revisions.ts');
const routes = () => import('./routes.ts');
const brokers = () => import('./brokers.ts');
const triggers = () => import('./triggers.ts');

/** Each is loaded when first used. */
const GROUPS: Readonly<Record<string, { short: string; commands: Readonly<Record<string, Load>> }>> = {
  service: {
    short: 'Manage Knative services',
    commands: {
      apply: async () => (await changes()).apply,
      create: async () => (await changes()).create,
      delete: async () => (await changes()).remove,
      describe: async () => (await queries()).describe,
      list: async () => (await queries()).list,
      update: async () => (await changes()).update,
      wait: async () => (await changes()).wait,
    },
  },
  revision: {
    short: 'Manage service revisions',
    commands: {
      delete: async () => (await revisions()).remove,
      describe: async () => (await revisions()).describe,
      list: async () => (await revisions()).list,
    },
  },
  route: {
    short: 'List and describe service routes',
    commands: {
      describe: async () => (await routes()).describe,
      list: async () => (await routes()).list,
    },
  },
  broker: {
    short: 'Manage message brokers',
    commands: {
      create: async () => (await brokers()).create,
      delete: async () => (await brokers()).remove,
      describe: async () => (await brokers()).describe,
      list: async () => (await brokers()).list,
    },
  },
  trigger: {
    short: 'Manage event triggers',
    commands: {
      create: async () => (await triggers()).create,
      delete: async () => (await triggers()).remove,
      describe: async () => (await triggers()).describe,
      list: async () => (await triggers()).list,
    },
  },
};

const ALIASES: Readonly<Record<string, string>> = {
  ksvc: 'service', services: 'service', revisions: 'revision', routes: 'route', brokers: 'broker', triggers: 'trigger',
}; // prettier-ignore

const REFUSED: Readonly<Record<string, string>> = {
  source: 'the cluster has no sources: post events to the Broker with curl',
  channel: 'the cluster has no channels: Brokers keep their events in memory',
  subscription: 'the cluster has no subscriptions: use a Trigger',
  domain: 'domain mappings are not available: the ConfigMap config-domain sets the domain of all routes',
  plugin: 'plugins are programs that would have to be fetched',
  container: 'write the Service in YAML and use `kubectl apply`',
  secret: 'use `kubectl create secret`',
  'event-type': 'the cluster has no event types',
  completion: 'this shell completes commands by itself',
};

const HELP: Flag = flag('help,h', false, 'help');

const VERSION = `Version:      v1.22.1
Build Date:   2026-05-12 09:14:02
Git Revision: 4d1c7a0f
Supported APIs:
* Serving
  - serving.knative.dev/v1 (knative-serving v1.22.1)
* Eventing
  - sources.knative.dev/v1 (knative-eventing v1.22.2)
  - eventing.knative.dev/v1 (knative-eventing v1.22.2)
`;

export const program: Program = async (process) => {
  const [typed, ...rest] = process.argv.slice(1);
  if (typed === undefined || ['help', '--help', '-h'].includes(typed)) {
    await process.print(overview());
    return 0;
  }
  if (typed === 'version') {
    await process.print(VERSION);
    return 0;
  }
  const name = ALIASES[typed] ?? typed;
  if (Object.hasOwn(REFUSED, name))
    return fail(process, `'kn ${name}' is not available here: ${REFUSED[name]}`);
  const group = Object.hasOwn(GROUPS, name) ? GROUPS[name] : undefined;
  if (!group) return fail(process, `unknown command '${typed}' for 'kn'`);
  return runIn(process, name, group, rest);
};

async function runIn(
  process: Process,
  name: string,
  { short, commands }: (typeof GROUPS)[string],
  words: string[],
): Promise<number> {
  const [typed, ...rest] = words;
  const available = `Available sub-commands: ${Object.keys(commands).join(', ')}`;
  if (typed === undefined) return fail(process, `no sub-command given for 'kn ${name}'. ${available}`);
  if (typed === '--help' || typed === '-h') {
    await process.print(await groupHelp(name, short, commands));
    return 0;
  }
  const command = typed === 'ls' ? 'list' : typed;
  const load = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (!load) return fail(process, `unknown sub-command '${typed}' for 'kn ${name}'. ${available}`);
  const path = `kn ${name} ${command}`;
  try {
    const found = await process.wait(load());
    const names = new Set(found.flags.map((each) => each.name));
    const letters = new Set(found.flags.flatMap((each) => each.shorthand ?? []));
    const others = [HELP, ...GLOBAL_FLAGS]
      .filter((each) => !names.has(each.name))
      .map((each): Flag => {
        const { shorthand, ...long } = each;
        return shorthand && letters.has(shorthand) ? long : each;
      });
    const flags = parseFlags([...found.flags, ...others], rest);
    if (flags.bool('help')) {
      await process.print(help(name, found));
      return 0;
    }
    await found.run(new Invocation(process, path, flags));
    return 0;
  } catch (error) {
    if (error instanceof FlagError) return fail(process, `${error.message} for '${path}'`);
    if ([StatusError, CommandError, ConnectionError].some((type) => error instanceof type))
      return fail(process, (error as Error).message);
    if (error instanceof Errno && error.code !== 'EPIPE')
      return fail(process, `${error.subject ?? ''}: ${error.message.toLowerCase()}`);
    throw error;
  }
}

/** As kn ends: what went wrong, and where to read on. */
async function fail(process: Process, message: string): Promise<number> {
  const command = /'(kn(?: [a-z-]+)*)'/.exec(message)?.[1] ?? 'kn';
  await process.printError(`Error: ${message}\nRun '${command} --help' for usage\n`);
  return 1;
}

export const completions: CommandModule['completions'] = async ({ words, index, process }) => {
  if (index === 1) return [...Object.keys(GROUPS), 'version'];
  const group = GROUPS[ALIASES[words[1]!] ?? words[1]!];
  if (!group) return [];
  if (index === 2) return Object.keys(group.commands);
  const load = group.commands[words[2] ?? ''];
  if (!load) return [];
  if (words[index]?.startsWith('-')) return (await load()).flags.map(({ name }) => `--${name}`);
  if (['create', 'apply', 'list'].includes(words[2]!)) return [];
  return namesOf(process, ALIASES[words[1]!] ?? words[1]!);
};

/** Names of what is there already. */
async function namesOf(process: Process, group: string): Promise<string[]> {
  const { KnClient } = await import('./client.ts');
  const { BROKERS, REVISIONS, ROUTES, SERVICES, TRIGGERS } = await import('./objects.ts');
  const kind = { service: SERVICES, revision: REVISIONS, route: ROUTES, broker: BROKERS, trigger: TRIGGERS }[
    group
  ];
  if (!kind) return [];
  try {
    const invocation = new Invocation(process, 'kn', parseFlags([HELP, ...GLOBAL_FLAGS], []));
    return (await new KnClient(invocation, kind as typeof SERVICES).list()).map(
      ({ metadata }) => metadata.name!,
    );
  } catch (error) {
    if (error instanceof StatusError || error instanceof ConnectionError) return [];
    throw error;
  }
}

function overview(): string {
  const lines = (names: readonly string[]) =>
    names.map((name) => `  ${name.padEnd(14)}${GROUPS[name]!.short}\n`).join('');
  return `kn is the command line interface for managing Knative Serving and Eventing resources

 Find more information about Knative at: https://knative.dev

Serving Commands:
${lines(['service', 'revision', 'route'])}
Eventing Commands:
${lines(['broker', 'trigger'])}
Other Commands:
  version       Show the version of this client

Use "kn [command] --help" for more information about a command.
`;
}

async function groupHelp(
  name: string,
  short: string,
  commands: Readonly<Record<string, Load>>,
): Promise<string> {
  const listed = await Promise.all(
    Object.entries(commands).map(async ([each, load]) => `  ${each.padEnd(12)}${(await load()).short}\n`),
  );
  return `${short}\n\nUsage:\n  kn ${name} COMMAND\n\nAvailable Commands:\n${listed.join('')}\nUse "kn ${name} [command] --help" for more information about a command.\n`;
}

const help = (group: string, { short, use, flags }: KnCommand): string =>
  `${short}\n\nUsage:\n  kn ${group} ${use}\n\nOptions:\n${flags
    .map(
      (each) =>
        `  ${each.shorthand ? `-${each.shorthand}, ` : '    '}--${each.name.padEnd(22)} ${each.usage}\n`,
    )
    .join('')}`;
