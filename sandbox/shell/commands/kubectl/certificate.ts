/** `kubectl certificate` (`kubectl/pkg/cmd/certificates`): decides over certificate signing requests. */
import type { Command } from './command.ts';

export const command: Command = {
  use: 'SUBCOMMAND',
  short: 'Modify certificate resources',
  long: 'Modify certificate resources.',
  subcommands: {
    approve: {
      short: 'Approve a certificate signing request',
      load: async () => ({ command: (await import('./certificate/decision.ts')).APPROVE }),
    },
    deny: {
      short: 'Deny a certificate signing request',
      load: async () => ({ command: (await import('./certificate/decision.ts')).DENY }),
    },
  },
};
