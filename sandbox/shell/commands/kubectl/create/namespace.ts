import { generatorCommand } from './generator.ts';

export const command = generatorCommand({
  use: 'NAME [--dry-run=server|client|none]',
  short: 'Create a namespace with the specified name',
  clusterScoped: true,
  generate: (_, name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {}, status: {} }),
});
