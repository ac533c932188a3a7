import type { Command } from '../command.ts';

export const command: Command = {
  use: '(docker-registry | generic | tls)',
  short: 'Create a secret using a specified subcommand',
  long: `Create a secret with specified type.

 docker-registry holds what an image registry wants to know, generic anything, tls a certificate and its key.`,
  subcommands: {
    'docker-registry': {
      short: 'Create a secret for use with a Docker registry',
      load: () => import('./secret-docker-registry.ts'),
    },
    generic: {
      short: 'Create a secret from a local file, directory, or literal value',
      load: () => import('./secret-generic.ts'),
    },
    tls: { short: 'Create a TLS secret', load: () => import('./secret-tls.ts') },
  },
};
