/** `rollout pause`, `resume`, `restart`: one field of the workload. */
import { timestamp } from '../../../../core/clock.ts';
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { StatusError } from '../../../../cluster/api/status.ts';
import type { Command } from '../command.ts';
import { groupResource } from '../discovery.ts';
import { FIELD_MANAGER } from '../dry-run.ts';
import { CommandError, throwAll } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { changeObject } from '../patching.ts';
import { OUTPUT_FLAGS, ResultPrinter } from '../printers/output.ts';
import { find, type Info } from '../resource-builder.ts';
import { filenameFlags, filenamesOf, SELECTOR_FLAG } from '../selection-flags.ts';

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

interface Change {
  short: string;
  done: string;
  /** Throws when it cannot be done. */
  change(invocation: Invocation, info: Info, copy: KubernetesObject): void;
}

function changeCommand({ short, done, change }: Change): Command {
  return {
    use: 'RESOURCE',
    short,
    flags: [
      ...OUTPUT_FLAGS,
      ...filenameFlags('with what to change.'),
      SELECTOR_FLAG,
      FIELD_MANAGER('kubectl-rollout'),
    ],
    run: async (invocation) => {
      const { flags, args } = invocation;
      const files = filenamesOf(invocation);
      if (args.length === 0 && files.filenames.length === 0)
        throw new CommandError('required resource not specified');
      const printer = await ResultPrinter.create(invocation, 'none');
      const { infos, errors } = await find(invocation, {
        args,
        ...files,
        labelSelector: flags.string('selector'),
        continueOnError: true,
        latest: true,
      });
      const failures = [...errors];
      for (const info of infos) {
        try {
          const changed = await changeObject(invocation, info, 'none', (copy) =>
            change(invocation, info, copy),
          );
          await printer.print(changed ?? info.object, done);
        } catch (error) {
          if (error instanceof StatusError)
            failures.push(new CommandError(`failed to patch: ${error.message}`));
          else if (error instanceof CommandError)
            failures.push(
              new CommandError(
                `${groupResource(info.mapping)} ${JSON.stringify(info.name)} ${error.message}`,
              ),
            );
          else throw error;
        }
      }
      throwAll(failures);
      if (infos.length === 0)
        await invocation.printError(`No resources found in ${invocation.namespace.namespace} namespace.\n`);
    },
  };
}

const requireDeployment = (info: Info, verb: string) => {
  if (info.mapping.kind !== 'Deployment') throw new CommandError(`${verb} is not supported`);
};

export const PAUSE = changeCommand({
  short: 'Mark the provided resource as paused',
  done: 'paused',
  change: (_, info, copy) => {
    requireDeployment(info, 'pausing');
    if (copy.spec.paused) throw new CommandError('is already paused');
    copy.spec.paused = true;
  },
});

export const RESUME = changeCommand({
  short: 'Resume a paused resource',
  done: 'resumed',
  change: (_, info, copy) => {
    requireDeployment(info, 'resuming');
    if (!copy.spec.paused) throw new CommandError('is not paused');
    copy.spec.paused = false;
  },
});

export const RESTART = changeCommand({
  short: 'Restart a resource',
  done: 'restarted',
  change: (invocation, info, copy) => {
    if (!['Deployment', 'DaemonSet', 'StatefulSet'].includes(info.mapping.kind))
      throw new CommandError('restarting is not supported');
    if (copy.spec.paused)
      throw new CommandError("can't restart paused deployment (run rollout resume first)");
    copy.spec.template.metadata ??= {};
    copy.spec.template.metadata.annotations = {
      ...copy.spec.template.metadata.annotations,
      [RESTARTED_AT]: timestamp(invocation.now()),
    };
  },
});
