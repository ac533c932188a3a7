import { StatusError } from '../../../../cluster/api/status.ts';
import type { Command } from '../command.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { OUTPUT_FLAGS, outputPrinter } from '../printers/output.ts';

/** Kinds whose end may be a token's end. */
const BOUND_KINDS = ['Node', 'Pod', 'Secret'];

export const command: Command = {
  use: 'SERVICE_ACCOUNT_NAME',
  short: 'Request a service account token',
  flags: [
    ...OUTPUT_FLAGS,
    flag('audience', [], 'Audience of the token; may be repeated.'),
    flag('duration', 0, 'How long the token is good for.', { kind: 'duration', shown: '0s' }),
    flag('bound-object-kind', '', 'Kind of an object that the token ends with (Pod, Secret, Node).'),
    flag('bound-object-name', '', 'Name of that object.'),
    flag('bound-object-uid', '', 'UID of that object.'),
  ],
  run: async (invocation) => {
    const { flags, args, api } = invocation;
    if (args.length !== 1) throw invocation.usage(`exactly one NAME is required, got ${args.length}`);
    const audiences = flags.list('audience');
    const kind = flags.string('bound-object-kind');
    const duration = flags.duration('duration');
    const uid = flags.string('bound-object-uid');
    if (duration < 0) throw new CommandError('--duration must be greater than or equal to 0');
    if (kind && !flags.string('bound-object-name'))
      throw new CommandError('--bound-object-name is required if --bound-object-kind is provided');
    if (kind && !BOUND_KINDS.includes(kind))
      throw new CommandError(`supported --bound-object-kind values are ${BOUND_KINDS.join(', ')}`);
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: audiences.length > 0 ? audiences : null,
        ...(duration > 0 ? { expirationSeconds: Math.floor(duration / 1000) } : {}),
        ...(kind
          ? {
              boundObjectRef: {
                kind,
                apiVersion: 'v1',
                name: flags.string('bound-object-name'),
                ...(uid ? { uid } : {}),
              },
            }
          : {}),
      },
    };
    const namespace = encodeURIComponent(invocation.namespace.namespace);
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${encodeURIComponent(args[0]!)}/token`;
    try {
      const answer = await api.request('POST', path, { body: request });
      const printer = await outputPrinter(invocation);
      await invocation.print(printer ? printer(answer) : `${answer.status.token}\n`);
    } catch (error) {
      if (error instanceof StatusError) throw new CommandError(`failed to create token: ${error.message}`);
      throw error;
    }
  },
};
