import { toBase64 } from '../../../../core/base64.ts';
import { decode } from '../../../../core/bytes.ts';
import { generatorCommand } from './generator.ts';
import { checkKey, readSources, SOURCE_FLAGS } from './sources.ts';

export const command = generatorCommand({
  use: 'NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
  short: 'Create a config map from a local file, directory or literal value',
  examples: [
    ['From the files of a directory', 'kubectl create configmap my-config --from-file=path/to/dir'],
    [
      'From values',
      'kubectl create configmap my-config --from-literal=key1=config1 --from-literal=key2=config2',
    ],
  ],
  flags: SOURCE_FLAGS,
  failure: 'failed to create configmap: ',
  generate: async (invocation, name) => {
    const data: Record<string, string> = {};
    const binaryData: Record<string, string> = {};
    await readSources(invocation, (key, value) => {
      checkKey(key, 'ConfigMap', name, key in data || key in binaryData);
      const text = typeof value === 'string' ? value : decode(value);
      // What is no UTF-8 comes back changed from decoding.
      if (typeof value !== 'string' && text.includes('\uFFFD')) binaryData[key] = toBase64(value);
      else data[key] = text;
    });
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      ...(Object.keys(data).length > 0 ? { data } : {}),
      ...(Object.keys(binaryData).length > 0 ? { binaryData } : {}),
    };
  },
});
