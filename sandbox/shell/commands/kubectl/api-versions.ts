/** `kubectl api-versions`. */
import type { Command } from './command.ts';
import { apiVersionOf, Discovery } from './discovery.ts';

export const command: Command = {
  use: '',
  short: 'Print the supported API versions on the server, in the form of "group/version"',
  run: async (invocation) => {
    if (invocation.args.length > 0)
      throw invocation.usage(`unexpected arguments: [${invocation.args.join(' ')}]`);
    const { mappings } = await Discovery.fetch(invocation.api);
    const versions = [...new Set(mappings.map(apiVersionOf))].sort();
    await invocation.print(versions.map((version) => `${version}\n`).join(''));
  },
};
