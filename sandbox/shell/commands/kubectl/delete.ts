/** `kubectl delete` (`kubectl/pkg/cmd/delete`). */
import { StatusError } from '../../../cluster/api/status.ts';
import type { Command } from './command.ts';
import { groupKind } from './discovery.ts';
import { deleteObject, propagationPolicyOf, untilDeleted } from './deletion.ts';
import { DRY_RUN_FLAG, dryRunOf } from './dry-run.ts';
import { CommandError, throwAll, withContext } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import { find, type Info } from './resource-builder.ts';
import {
  ALL_NAMESPACES_FLAG,
  FIELD_SELECTOR_FLAG,
  filenameFlags,
  filenamesOf,
  SELECTOR_FLAG,
} from './selection-flags.ts';

/** How long a delete waits without `--timeout`: a week, as the real one. */
const DEFAULT_TIMEOUT_MS = 168 * 3600 * 1000;

export const command: Command = {
  use: '([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])',
  short: 'Delete resources by file names, stdin, resources and names, or by resources and label selector',
  long: `Delete resources by file names, stdin, resources and names, or by resources and label selector.

 Some resources are ended gently: a pod's programs get time to finish, which --grace-period changes. With --force and a grace period of 0 a pod is forgotten at once, while its programs may still run on a node that does not answer.`,
  examples: [
    ['Delete what a file names', 'kubectl delete -f ./pod.json'],
    ['Delete a pod and a service of the same name', 'kubectl delete pod,service web'],
    ['Delete by label', 'kubectl delete pods,services -l app=web'],
    ['Delete a pod without much ado', 'kubectl delete pod web --now'],
    ['Delete all pods of the namespace', 'kubectl delete pods --all'],
  ],
  flags: [
    ...filenameFlags('with what to delete.'),
    SELECTOR_FLAG,
    FIELD_SELECTOR_FLAG,
    ALL_NAMESPACES_FLAG,
    flag('all', false, 'Every resource of the types, in the namespace.'),
    flag('cascade', 'background', 'What becomes of dependents: background, orphan or foreground.', {
      bare: 'background',
    }),
    flag('force', false, 'Forget resources at once, without waiting for their end.'),
    flag('grace-period', -1, 'Seconds a resource is given to end. Negative: its own.'),
    flag('ignore-not-found', false, 'What is not there counts as deleted.'),
    flag('interactive,i', false, 'Ask before deleting.'),
    flag('now', false, 'End resources at once (same as --grace-period=1).'),
    flag('output,o', '', 'Output mode. Use "-o name" for shorter output (resource/name).'),
    flag('raw', '', 'Path to send the DELETE to.'),
    flag('timeout', 0, 'How long to wait for the end; zero: as long as it takes.', {
      kind: 'duration',
      shown: '0s',
    }),
    flag('wait', true, 'Wait until the resources are gone.'),
    DRY_RUN_FLAG,
  ],
  run: (invocation) => new Delete(invocation).run(),
};

class Delete {
  readonly #invocation: Invocation;
  #gracePeriodSeconds: number;

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
    this.#gracePeriodSeconds = invocation.flags.int('grace-period');
  }

  async run(): Promise<void> {
    const { flags, args } = this.#invocation;
    const dryRun = await this.#complete();
    const raw = flags.string('raw');
    if (raw) {
      await this.#invocation.print(await this.#invocation.api.text('DELETE', raw));
      return;
    }
    const selects =
      flags.bool('all') || flags.string('selector') !== '' || flags.string('field-selector') !== '';
    const ignoreNotFound = flags.bool('ignore-not-found') || (selects && !flags.changed('ignore-not-found'));
    const found = await find(this.#invocation, {
      args,
      ...filenamesOf(this.#invocation),
      labelSelector: flags.string('selector'),
      fieldSelector: flags.string('field-selector'),
      all: flags.bool('all'),
      allNamespaces: flags.bool('all-namespaces'),
      requireName: true,
      continueOnError: true,
      fetch: false,
    });
    await this.#validate();
    const cascade = flags.string('cascade');
    const policy = propagationPolicyOf(cascade);
    if (cascade === 'true' || cascade === 'false')
      await this.#invocation.printError(
        `warning: --cascade=${cascade} is deprecated (boolean value) and can be replaced with --cascade=${policy.toLowerCase()}.\n`,
      );
    const ignored = (error: unknown) =>
      ignoreNotFound && error instanceof StatusError && error.reason === 'NotFound';
    const errors = found.errors.filter((error) => !ignored(error));
    if (flags.bool('interactive') && found.infos.length > 0 && !(await this.#confirm(found.infos))) {
      await this.#invocation.print('deletion is cancelled\n');
      return;
    }
    const deleted: { info: Info; uid: string | undefined }[] = [];
    let warn = this.#invocation.namespace.explicit && !flags.bool('all-namespaces');
    for (const info of found.infos) {
      try {
        if (warn && !info.mapping.namespaced) {
          await this.#invocation.printError(
            'Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n',
          );
          warn = false;
        }
        let uid: string | undefined;
        if (dryRun !== 'client')
          uid = await deleteObject(this.#invocation, info, {
            gracePeriodSeconds: this.#gracePeriodSeconds,
            propagationPolicy: policy,
            dryRun: dryRun === 'server',
          });
        deleted.push({ info, uid });
        await this.#print(info, dryRun);
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        if (ignored(error)) continue;
        errors.push(
          info.source ? withContext(error, `error when deleting ${JSON.stringify(info.source)}: `) : error,
        );
      }
    }
    throwAll(errors);
    if (deleted.length === 0) {
      if (found.infos.length === 0) await this.#invocation.print('No resources found\n');
      return;
    }
    if (!flags.bool('wait') || dryRun !== 'none') return;
    const clock = this.#invocation.process.machine.clock;
    const deadline = clock.now() + (flags.duration('timeout') || DEFAULT_TIMEOUT_MS);
    for (const { info, uid } of deleted) {
      try {
        if (!(await untilDeleted(this.#invocation, info, uid, deadline - clock.now())))
          throw new CommandError(
            `timed out waiting for the condition on ${info.mapping.resource}/${info.name}`,
          );
      } catch (error) {
        // Who may delete and not watch has deleted all the same.
        if (
          error instanceof StatusError &&
          (error.reason === 'Forbidden' || error.reason === 'MethodNotAllowed')
        )
          return;
        throw error;
      }
    }
  }

  async #complete() {
    const { flags } = this.#invocation;
    if (flags.bool('now')) {
      if (this.#gracePeriodSeconds !== -1)
        throw new CommandError('--now and --grace-period cannot be specified together');
      this.#gracePeriodSeconds = 1;
    }
    if (this.#gracePeriodSeconds === 0 && !flags.bool('force')) this.#gracePeriodSeconds = 1;
    if (flags.bool('force') && this.#gracePeriodSeconds < 0) this.#gracePeriodSeconds = 0;
    return dryRunOf(this.#invocation);
  }

  async #validate(): Promise<void> {
    const { flags } = this.#invocation;
    const output = flags.string('output');
    if (output && output !== 'name')
      throw new CommandError(`unexpected -o output mode: ${output}. We only support '-o name'`);
    if (flags.bool('all') && flags.string('selector'))
      throw new CommandError('cannot set --all and --selector at the same time');
    if (flags.bool('all') && flags.string('field-selector'))
      throw new CommandError('cannot set --all and --field-selector at the same time');
    if (flags.bool('force') && this.#gracePeriodSeconds > 0)
      throw new CommandError('--force and --grace-period greater than 0 cannot be specified together');
    if (flags.bool('force') && this.#gracePeriodSeconds === 0)
      await this.#invocation.printError(
        'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n',
      );
  }

  async #print(info: Info, dryRun: string): Promise<void> {
    const name = `${groupKind(info.mapping)}/${info.name}`;
    if (this.#invocation.flags.string('output') === 'name') {
      await this.#invocation.print(`${name}\n`);
      return;
    }
    let operation = this.#gracePeriodSeconds === 0 ? 'force deleted' : 'deleted';
    if (info.mapping.namespaced) operation += ` from ${info.namespace} namespace`;
    if (dryRun === 'client') operation += ' (dry run)';
    if (dryRun === 'server') operation += ' (server dry run)';
    await this.#invocation.print(`${groupKind(info.mapping)} ${JSON.stringify(info.name)} ${operation}\n`);
  }

  async #confirm(infos: readonly Info[]): Promise<boolean> {
    await this.#invocation.print('You are about to delete the following ' + `${infos.length} resource(s):\n`);
    for (const info of infos) await this.#invocation.print(`${groupKind(info.mapping)}/${info.name}\n`);
    await this.#invocation.print('Do you want to continue? (y/N): ');
    for await (const line of this.#invocation.process.lines(0)) return /^y$/i.test(line.trim());
    return false;
  }
}
