/** `kubectl config` (`kubectl/pkg/cmd/config`): what learners use of it – contexts and their namespace. */
import type { Command } from './command.ts';
import { CommandError, throwAll } from './errors.ts';
import { flag } from './flags.ts';
import type { Kubeconfig } from './kubeconfig.ts';
import { editedConfig, oneName } from './config/edited-config.ts';
import { deleteEntry, setCluster, setCredentials } from './config/entries.ts';
import { outputPrinter } from './printers/output.ts';
import { layOut } from './tab-writer.ts';

const verb = (command: Command) => ({ short: command.short, load: () => Promise.resolve({ command }) });

const useContext: Command = {
  use: 'CONTEXT_NAME',
  short: 'Set the current-context in a kubeconfig file',
  run: async (invocation) => {
    const name = oneName(invocation);
    const config = editedConfig(invocation);
    if (!config.content.contexts.some((context) => context.name === name))
      throw new CommandError(`no context exists with the name: ${JSON.stringify(name)}`);
    config.content['current-context'] = name;
    config.save();
    await invocation.print(`Switched to context ${JSON.stringify(name)}.\n`);
  },
};

const currentContext: Command = {
  use: '[flags]',
  short: 'Display the current-context',
  run: async (invocation) => {
    const name = editedConfig(invocation).content['current-context'];
    if (!name) throw new CommandError('current-context is not set');
    await invocation.print(`${name}\n`);
  },
};

const getContexts: Command = {
  use: '[(-o|--output=)name)]',
  short: 'Describe one or many contexts',
  flags: [
    flag('no-headers', false, 'Print no header line.'),
    flag('output,o', '', 'Output format. One of: (name).'),
  ],
  run: async (invocation) => {
    const { args, flags } = invocation;
    const config = editedConfig(invocation);
    const { contexts } = config.content;
    const current = config.content['current-context'];
    const chosen = contexts
      .filter(({ name }) => args.length === 0 || args.includes(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    // Those that are there are printed all the same.
    const missing = args
      .filter((arg) => !contexts.some(({ name }) => name === arg))
      .map((name) => new CommandError(`context ${name} not found`));
    if (flags.string('output') === 'name') {
      for (const { name } of chosen) await invocation.print(`${name}\n`);
      return throwAll(missing);
    }
    const rows = chosen.map(({ name, context }) => [
      name === current ? '*' : '',
      name,
      context.cluster ?? '',
      context.user ?? '',
      context.namespace ?? '',
    ]);
    const header = ['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'];
    await invocation.print(layOut(flags.bool('no-headers') ? rows : [header, ...rows]));
    throwAll(missing);
  },
};

const setContext: Command = {
  use: '[NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]',
  short: 'Set a context entry in kubeconfig',
  flags: [flag('current', false, 'Change the current context.')],
  run: async (invocation) => {
    const { args, flags } = invocation;
    const config = editedConfig(invocation);
    const current = flags.bool('current');
    if (current && args.length > 0)
      throw new CommandError('you cannot specify both a context name and --current');
    const name = current ? config.content['current-context'] : args[0];
    if (!name)
      throw new CommandError(
        current ? 'no current context is set' : 'you must specify a non-empty context name or --current',
      );
    let entry = config.content.contexts.find((context) => context.name === name);
    const existed = entry !== undefined;
    if (!entry) config.content.contexts.push((entry = { name, context: {} }));
    for (const key of ['cluster', 'user', 'namespace'] as const)
      if (flags.changed(key)) entry.context[key] = flags.string(key);
    config.save();
    await invocation.print(`Context ${JSON.stringify(name)} ${existed ? 'modified' : 'created'}.\n`);
  },
};

const deleteContext: Command = {
  use: 'NAME',
  short: 'Delete the specified context from the kubeconfig',
  run: async (invocation) => {
    const name = oneName(invocation);
    const config = editedConfig(invocation);
    const at = config.content.contexts.findIndex((context) => context.name === name);
    if (at < 0) throw new CommandError(`cannot delete context ${name}, not in ${config.path}`);
    if (config.content['current-context'] === name)
      await invocation.printError(
        'warning: this removed your active context, use "kubectl config use-context" to select a different one\n',
      );
    config.content.contexts.splice(at, 1);
    config.save();
    await invocation.print(`deleted context ${name} from ${config.path}\n`);
  },
};

const renameContext: Command = {
  use: 'CONTEXT_NAME NEW_NAME',
  short: 'Rename a context from the kubeconfig file',
  run: async (invocation) => {
    const [from, to, ...more] = invocation.args;
    if (!from || !to || more.length > 0)
      throw invocation.usage(`unexpected args: [${invocation.args.join(' ')}]`);
    const config = editedConfig(invocation);
    const { contexts } = config.content;
    const entry = contexts.find(({ name }) => name === from);
    if (!entry)
      throw new CommandError(`cannot rename the context ${JSON.stringify(from)}, it's not in ${config.path}`);
    if (contexts.some(({ name }) => name === to))
      throw new CommandError(
        `cannot rename the context ${JSON.stringify(from)}, the context ${JSON.stringify(to)} already exists in ${config.path}`,
      );
    entry.name = to;
    if (config.content['current-context'] === from) config.content['current-context'] = to;
    config.save();
    await invocation.print(`Context ${JSON.stringify(from)} renamed to ${JSON.stringify(to)}.\n`);
  },
};

const SECRET = ['client-certificate-data', 'client-key-data', 'token', 'password'];

const view: Command = {
  use: '[flags]',
  short: 'Display merged kubeconfig settings or a specified kubeconfig file',
  flags: [
    flag('minify', false, 'Only what the current context uses.'),
    flag('raw', false, 'Show certificates and keys too.'),
    flag('flatten', false, 'Accepted for scripts.'),
    flag('output,o', 'yaml', 'Output format: json, yaml, name, go-template, jsonpath.'),
    flag('allow-missing-template-keys', true, 'Templates give nothing for a field that is not there.'),
    flag('template', '', 'Template string or path of a template file.'),
  ],
  run: async (invocation) => {
    const { flags } = invocation;
    const config = editedConfig(invocation);
    const content = structuredClone(config.content);
    if (flags.bool('minify')) {
      const current = content.contexts.find(({ name }) => name === content['current-context']);
      if (!current) throw new CommandError('current-context must exist in order to minify');
      content.contexts = [current];
      content.clusters = content.clusters.filter(({ name }) => name === current.context.cluster);
      content.users = content.users.filter(({ name }) => name === current.context.user);
    }
    if (!flags.bool('raw')) {
      for (const { cluster } of content.clusters)
        if (cluster?.['certificate-authority-data']) cluster['certificate-authority-data'] = 'DATA+OMITTED';
      for (const { user } of content.users)
        for (const key of SECRET)
          if (user?.[key]) user[key] = key.endsWith('-data') ? 'DATA+OMITTED' : 'REDACTED';
    }
    const printer = await outputPrinter(invocation);
    const orNull = <T>(list: T[]) => (list.length > 0 ? list : null);
    await invocation.print(
      printer!({
        ...content,
        clusters: orNull(content.clusters),
        contexts: orNull(content.contexts),
        users: orNull(content.users),
      }),
    );
  },
};

const names = (short: string, pick: (config: Kubeconfig) => string[]): Command => ({
  use: '[flags]',
  short,
  run: async (invocation) => {
    const rows = pick(editedConfig(invocation))
      .sort()
      .map((name) => [name]);
    await invocation.print(layOut([['NAME'], ...rows]));
  },
});

export const command: Command = {
  use: 'SUBCOMMAND',
  short: 'Modify kubeconfig files',
  subcommands: {
    'current-context': verb(currentContext),
    'delete-cluster': verb(deleteEntry('clusters', 'cluster')),
    'delete-context': verb(deleteContext),
    'delete-user': verb(deleteEntry('users', 'user')),
    'get-clusters': verb(
      names('Display clusters defined in the kubeconfig', (config) =>
        config.content.clusters.map(({ name }) => name),
      ),
    ),
    'get-contexts': verb(getContexts),
    'get-users': verb(
      names('Display users defined in the kubeconfig', (config) =>
        config.content.users.map(({ name }) => name),
      ),
    ),
    'rename-context': verb(renameContext),
    set: {
      short: 'Set an individual value in a kubeconfig file',
      load: async () => ({ command: (await import('./config/property.ts')).SET }),
    },
    'set-cluster': verb(setCluster),
    'set-context': verb(setContext),
    'set-credentials': verb(setCredentials),
    unset: {
      short: 'Unset an individual value in a kubeconfig file',
      load: async () => ({ command: (await import('./config/property.ts')).UNSET }),
    },
    'use-context': { ...verb(useContext), aliases: ['use'] },
    view: verb(view),
  },
};
