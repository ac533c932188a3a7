import { generatorCommand } from './generator.ts';

export const command = generatorCommand({
  use: 'NAME [--dry-run=server|client|none]',
  short: 'Create a service account with the specified name',
  failure: 'failed to create serviceaccount: ',
  generate: (_, name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } }),
});
