import { toBase64 } from '../../../../core/base64.ts';
import { encode } from '../../../../core/bytes.ts';
import { flag } from '../flags.ts';
import { generatorCommand } from './generator.ts';
import { checkKey, readSources, SOURCE_FLAGS } from './sources.ts';

export const command = generatorCommand({
  use: 'NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
  short: 'Create a secret from a local file, directory, or literal value',
  flags: [...SOURCE_FLAGS, flag('type', '', 'The type of secret to create.')],
  failure: 'failed to create secret ',
  generate: async (invocation, name) => {
    const data: Record<string, string> = {};
    await readSources(invocation, (key, value) => {
      checkKey(key, 'Secret', name, key in data);
      data[key] = toBase64(typeof value === 'string' ? encode(value) : value);
    });
    const type = invocation.flags.string('type');
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name },
      ...(Object.keys(data).length > 0 ? { data } : {}),
      ...(type ? { type } : {}),
    };
  },
});
