/** `certificate approve` and `deny`: a condition on the request, written through its `approval` subresource. */
import { timestamp } from '../../../../core/clock.ts';
import { StatusError } from '../../../../cluster/api/status.ts';
import type { Command } from '../command.ts';
import { resourcePath } from '../discovery.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { OUTPUT_FLAGS, ResultPrinter } from '../printers/output.ts';
import { findAll } from '../resource-builder.ts';
import { filenameFlags, filenamesOf } from '../selection-flags.ts';

interface Decision {
  verb: string;
  done: string;
  condition: { type: string; reason: string; message: string };
  /** The condition that a request cannot have besides. */
  opposite: string;
  long: string;
}

interface Condition {
  type: string;
}

/** Between reading the request and writing the decision somebody else may have changed it. */
const ATTEMPTS = 10;

function decisionCommand({ verb, done, condition, opposite, long }: Decision): Command {
  return {
    use: '(-f FILENAME | NAME)',
    short: `${verb[0]!.toUpperCase()}${verb.slice(1)} a certificate signing request`,
    long,
    examples: [
      [`${verb[0]!.toUpperCase()}${verb.slice(1)} CSR 'csr-sqgzp'`, `kubectl certificate ${verb} csr-sqgzp`],
    ],
    flags: [
      ...OUTPUT_FLAGS,
      ...filenameFlags('with the requests.'),
      flag('force', false, `Update the CSR even if it is already ${done}.`),
    ],
    run: async (invocation) => {
      const { flags, args, api } = invocation;
      const files = filenamesOf(invocation);
      if (args.length === 0 && files.filenames.length === 0)
        throw new CommandError('one or more CSRs must be specified as <name> or -f <filename>');
      const printer = await ResultPrinter.create(invocation, 'none');
      const infos = await findAll(invocation, {
        args: args.length > 0 ? ['certificatesigningrequests', ...args] : [],
        ...files,
        latest: true,
      });
      for (const info of infos) {
        let { object } = info;
        for (let attempt = 1; ; attempt++) {
          const conditions: Condition[] = object.status?.conditions ?? [];
          if (conditions.some(({ type }) => type === opposite))
            throw new CommandError(
              `certificate signing request ${JSON.stringify(info.name)} is already ${opposite}`,
            );
          const decided = conditions.some(({ type }) => type === condition.type);
          if (decided && !flags.bool('force')) break;
          const now = timestamp(invocation.now());
          const next = decided
            ? conditions.map((each) =>
                each.type === condition.type ? { ...each, lastUpdateTime: now } : each,
              )
            : [...conditions, { ...condition, status: 'True', lastUpdateTime: now }];
          try {
            object = await api.request('PUT', resourcePath(info.mapping, '', info.name, 'approval'), {
              body: { ...object, status: { ...object.status, conditions: next } },
            });
            break;
          } catch (error) {
            const stale = error instanceof StatusError && error.reason === 'Conflict';
            if (!stale || attempt === ATTEMPTS) throw error;
            object = await api.get(resourcePath(info.mapping, '', info.name));
          }
        }
        await printer.print(object, done);
      }
    },
  };
}

export const APPROVE = decisionCommand({
  verb: 'approve',
  done: 'approved',
  opposite: 'Denied',
  condition: {
    type: 'Approved',
    reason: 'KubectlApprove',
    message: 'This CSR was approved by kubectl certificate approve.',
  },
  long: `The signer of the request is asked to issue a certificate to who requested it, with the attributes that it names.
What it grants may be access to the cluster or the identity of somebody else: look at the request first.`,
});

export const DENY = decisionCommand({
  verb: 'deny',
  done: 'denied',
  opposite: 'Approved',
  condition: {
    type: 'Denied',
    reason: 'KubectlDeny',
    message: 'This CSR was denied by kubectl certificate deny.',
  },
  long: 'The signer of the request is told not to issue a certificate to who requested it.',
});
