/** Clusters and users of a kubeconfig: `config set-cluster`, `set-credentials`, `delete-cluster`, `delete-user`. */
import type { Command } from '../command.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Invocation } from '../invocation.ts';
import { editedConfig, oneName } from './edited-config.ts';

/** Copies the flags that were given into an entry; those of `switches` are bools. */
function copyFlags(
  { flags }: Invocation,
  into: Record<string, unknown>,
  names: readonly string[],
  switches: readonly string[] = [],
): void {
  for (const name of names) if (flags.changed(name)) into[name] = flags.string(name);
  for (const name of switches) if (flags.changed(name)) into[name] = flags.bool(name);
}

export const setCluster: Command = {
  use: 'NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com]',
  short: 'Set a cluster entry in kubeconfig',
  run: async (invocation) => {
    const name = oneName(invocation);
    const config = editedConfig(invocation);
    const { clusters } = config.content;
    let entry = clusters.find((each) => each.name === name);
    if (!entry) clusters.push((entry = { name, cluster: {} }));
    entry.cluster ??= {};
    copyFlags(
      invocation,
      entry.cluster,
      ['server', 'certificate-authority', 'tls-server-name'],
      ['insecure-skip-tls-verify'],
    );
    config.save();
    await invocation.print(`Cluster ${JSON.stringify(name)} set.\n`);
  },
};

export const setCredentials: Command = {
  use: 'NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password]',
  short: 'Set a user entry in kubeconfig',
  flags: [flag('username', '', 'Name for basic authentication.'), flag('password', '', 'Its password.')],
  run: async (invocation) => {
    const name = oneName(invocation);
    const { flags } = invocation;
    if (flags.changed('token') && flags.changed('username'))
      throw new CommandError(
        'you cannot specify more than one authentication method at the same time: --token, --username/--password',
      );
    const config = editedConfig(invocation);
    const { users } = config.content;
    let entry = users.find((each) => each.name === name);
    if (!entry) users.push((entry = { name, user: {} }));
    entry.user ??= {};
    copyFlags(invocation, entry.user, ['client-certificate', 'client-key', 'token', 'username', 'password']);
    config.save();
    await invocation.print(`User ${JSON.stringify(name)} set.\n`);
  },
};

export const deleteEntry = (list: 'clusters' | 'users', noun: string): Command => ({
  use: 'NAME',
  short: `Delete the specified ${noun} from the kubeconfig`,
  run: async (invocation) => {
    const name = oneName(invocation);
    const config = editedConfig(invocation);
    const at = config.content[list].findIndex((entry) => entry.name === name);
    if (at < 0) throw new CommandError(`cannot delete ${noun} ${name}, not in ${config.path}`);
    config.content[list].splice(at, 1);
    config.save();
    await invocation.print(`deleted ${noun} ${name} from ${config.path}\n`);
  },
});
