/** `kubectl version` (`kubectl/pkg/cmd/version`). */
import type { Command } from './command.ts';
import { CommandError } from './errors.ts';
import { flag } from './flags.ts';
import { toYaml } from './printers/yaml.ts';

/** The kubectl that this one is like. */
const CLIENT = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.4',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: 'linux/amd64',
};
const KUSTOMIZE = 'v5.7.1';

export const command: Command = {
  use: '[flags]',
  short: 'Print the client and server version information',
  flags: [
    flag('client', false, 'The client version only.'),
    flag('output,o', '', "One of 'yaml' or 'json'."),
  ],
  run: async (invocation) => {
    const { flags, args, api } = invocation;
    if (args.length > 0) throw new CommandError(`extra arguments: [${args.join(' ')}]`);
    const output = flags.string('output');
    if (output && output !== 'yaml' && output !== 'json')
      throw new CommandError("--output must be 'yaml' or 'json'");
    let server: Record<string, string> | undefined;
    let failure: unknown;
    if (!flags.bool('client')) {
      try {
        server = await api.get('/version');
      } catch (error) {
        failure = error;
      }
    }
    if (output) {
      const versions = {
        clientVersion: CLIENT,
        kustomizeVersion: KUSTOMIZE,
        ...(server ? { serverVersion: server } : {}),
      };
      await invocation.print(
        output === 'json' ? `${JSON.stringify(versions, undefined, 2)}\n` : toYaml(versions),
      );
    } else {
      await invocation.print(`Client Version: ${CLIENT.gitVersion}\nKustomize Version: ${KUSTOMIZE}\n`);
      if (server) await invocation.print(`Server Version: ${server['gitVersion']}\n`);
    }
    if (failure !== undefined) throw failure;
  },
};
