import { toBase64 } from '../../../../core/base64.ts';
import { Errno } from '../../../../os/errno.ts';
import { readWhole } from '../../../../os/open.ts';
import { CommandError, lowerFirst } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Invocation } from '../invocation.ts';
import { generatorCommand } from './generator.ts';

export const command = generatorCommand({
  use: 'NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]',
  short: 'Create a TLS secret',
  flags: [
    flag('cert', '', 'Path of the PEM certificate.'),
    flag('key', '', 'Path of the private key of the certificate.'),
  ],
  failure: 'failed to create secret ',
  generate: async (invocation, name) => {
    const cert = invocation.flags.string('cert');
    const key = invocation.flags.string('key');
    if (!cert || !key) throw new CommandError('key and cert must be specified');
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name },
      type: 'kubernetes.io/tls',
      data: {
        'tls.crt': toBase64(await read(invocation, cert)),
        'tls.key': toBase64(await read(invocation, key)),
      },
    };
  },
});

async function read({ process }: Invocation, path: string): Promise<Uint8Array> {
  try {
    return await readWhole(process, path);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new CommandError(`Cannot read file ${path}, open ${path}: ${lowerFirst(error.message)}`);
  }
}
