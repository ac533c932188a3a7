/** `kubectl config set` and `unset`: one value of a kubeconfig by its path, e.g. `contexts.web.namespace`. */
import type { Command } from '../command.ts';
import { CommandError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { KubeconfigFile } from '../kubeconfig.ts';
import { editedConfig } from './edited-config.ts';

type Entry = { name: string } & Record<string, any>;

/** What the entries of a list hold their values in. */
const HOLDERS = { clusters: 'cluster', contexts: 'context', users: 'user' } as const;
type List = keyof typeof HOLDERS;

export const SET: Command = {
  use: 'PROPERTY_NAME PROPERTY_VALUE',
  short: 'Set an individual value in a kubeconfig file',
  run: (invocation) => {
    const [path, value] = invocation.args;
    if (path === undefined || value === undefined || invocation.args.length > 2)
      throw invocation.usage(`unexpected args: [${invocation.args.join(' ')}]`);
    return change(invocation, path, value);
  },
};

export const UNSET: Command = {
  use: 'PROPERTY_NAME',
  short: 'Unset an individual value in a kubeconfig file',
  run: (invocation) => {
    const [path] = invocation.args;
    if (path === undefined || invocation.args.length > 1)
      throw invocation.usage(`unexpected args: [${invocation.args.join(' ')}]`);
    return change(invocation, path, undefined);
  },
};

/** @param value undefined to take it away. */
async function change(invocation: Invocation, path: string, value: string | undefined): Promise<void> {
  const config = editedConfig(invocation);
  if (path === 'current-context') config.content['current-context'] = value ?? '';
  else changeEntry(config.content, path, value);
  config.save();
  await invocation.print(`Property ${JSON.stringify(path)} ${value === undefined ? 'unset' : 'set'}.\n`);
}

function changeEntry(content: KubeconfigFile, path: string, value: string | undefined): void {
  const [list = '', ...parts] = path.split('.');
  if (!(list in HOLDERS)) throw new CommandError(`unable to parse ${path} after [] at api.Config`);
  const entries = content[list as List] as Entry[];
  const holder = HOLDERS[list as List];
  const rest = parts.join('.');
  // Names may have dots of their own: the one that is there decides.
  const known = entries.find(({ name }) => rest === name || rest.startsWith(`${name}.`));
  const name = known?.name ?? parts[0] ?? '';
  const field = rest.slice(name.length + 1);
  if (!field) {
    if (value !== undefined)
      throw new CommandError(`unable to parse ${path} after [${list} ${name}] at api.Config`);
    if (known) entries.splice(entries.indexOf(known), 1);
    return;
  }
  let entry = known;
  if (!entry) entries.push((entry = { name, [holder]: {} }));
  entry[holder] ??= {};
  if (value === undefined) delete entry[holder][field];
  else entry[holder][field] = field === 'insecure-skip-tls-verify' ? value === 'true' : value;
}
