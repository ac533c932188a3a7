import { toBase64 } from '../../../../core/base64.ts';
import { encode } from '../../../../core/bytes.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { generatorCommand } from './generator.ts';

export const command = generatorCommand({
  use: 'NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none]',
  short: 'Create a secret for use with a Docker registry',
  flags: [
    flag('docker-server', 'https://index.docker.io/v1/', 'Address of the registry.'),
    flag('docker-username', '', 'Username at the registry.'),
    flag('docker-password', '', 'Password at the registry.'),
    flag('docker-email', '', 'Email at the registry.'),
  ],
  failure: 'failed to create secret ',
  generate: ({ flags }, name) => {
    const username = flags.string('docker-username');
    const password = flags.string('docker-password');
    if (!username || !password)
      throw new CommandError(
        'either --from-file or the combination of --docker-username, --docker-password and --docker-server is required',
      );
    const email = flags.string('docker-email');
    const auth = toBase64(encode(`${username}:${password}`));
    const config = {
      auths: { [flags.string('docker-server')]: { username, password, ...(email ? { email } : {}), auth } },
    };
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name },
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': toBase64(encode(JSON.stringify(config))) },
    };
  },
});
