/** `kubectl replace` (`kubectl/pkg/cmd/replace`): the object of a file in place of the one on the server. */
import { encode } from '../../../core/bytes.ts';
import { readWhole } from '../../../os/open.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import type { Query } from './api.ts';
import type { Command } from './command.ts';
import { deleteAndWait } from './deletion.ts';
import { groupKind, resourcePath } from './discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, FIELD_MANAGER, fieldValidation, VALIDATE_FLAG } from './dry-run.ts';
import { CommandError, throwAll, withContext } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import { withLastApplied } from './last-applied.ts';
import { asNew } from './new-object.ts';
import { OUTPUT_FLAGS, ResultPrinter } from './printers/output.ts';
import { find, type Info } from './resource-builder.ts';
import { filenameFlags, requiredFilenamesOf } from './selection-flags.ts';

export const command: Command = {
  use: '-f FILENAME',
  short: 'Replace a resource by file name or stdin',
  flags: [
    ...OUTPUT_FLAGS,
    ...filenameFlags('with what to replace.'),
    DRY_RUN_FLAG,
    VALIDATE_FLAG,
    FIELD_MANAGER('kubectl-replace'),
    flag('force', false, 'Delete and create again.'),
    flag('grace-period', -1, 'Seconds that a resource deleted by --force is given.'),
    flag('raw', '', 'Path to send the file to, with PUT.'),
    flag('save-config', false, 'Remember the configuration for a later apply.'),
  ],
  run: async (invocation) => {
    const { flags, api } = invocation;
    const files = requiredFilenamesOf(invocation);
    const dryRun = await dryRunOf(invocation);
    const validation = await fieldValidation(invocation);
    const force = flags.bool('force');
    if (flags.int('grace-period') >= 0 && !force)
      throw new CommandError('--grace-period must have --force specified');
    if (force && dryRun !== 'none') throw new CommandError('--dry-run can not be used when --force is set');
    if (flags.string('raw')) return replaceRaw(invocation, files.filenames);
    const printer = await ResultPrinter.create(invocation, dryRun);
    const { infos, errors } = await find(invocation, {
      ...files,
      continueOnError: true,
      validate: validation === 'Strict',
    });
    if (force) return forceReplace(invocation, infos, errors, printer, validation);
    const failures = [...errors];
    for (const info of infos) {
      try {
        const object =
          dryRun === 'client'
            ? configured(invocation, info)
            : await api.request('PUT', resourcePath(info.mapping, info.namespace, info.name), {
                query: {
                  ...queryOf(invocation, validation),
                  dryRun: dryRun === 'server' ? 'All' : undefined,
                },
                body: configured(invocation, info),
              });
        await printer.print(object, 'replaced');
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        failures.push(withContext(error, `error when replacing ${JSON.stringify(info.source)}: `));
      }
    }
    throwAll(failures);
  },
};

const queryOf = ({ flags }: Invocation, fieldValidation: string): Query => ({
  fieldManager: flags.string('field-manager'),
  fieldValidation,
});

const configured = ({ flags }: Invocation, { object }: Info): KubernetesObject =>
  flags.bool('save-config') ? withLastApplied(object) : object;

/** Deletes all that the files name, waits until it is gone, and creates it again. */
async function forceReplace(
  invocation: Invocation,
  infos: readonly Info[],
  errors: readonly Error[],
  printer: ResultPrinter,
  validation: string,
): Promise<void> {
  const { api, flags } = invocation;
  const failures = [...errors];
  for (const info of infos)
    try {
      await deleteAndWait(invocation, info, {
        propagationPolicy: 'Background',
        // Zero would leave programs running: the real one makes it one, too.
        gracePeriodSeconds: flags.int('grace-period') || 1,
      });
      const from = info.mapping.namespaced ? ` from ${info.namespace} namespace` : '';
      await invocation.print(`${groupKind(info.mapping)} ${JSON.stringify(info.name)} deleted${from}\n`);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (error.reason === 'NotFound') continue;
      failures.push(withContext(error, `error when deleting ${JSON.stringify(info.source)}: `));
    }
  throwAll(failures);
  if (infos.length === 0) {
    await invocation.print('No resources found\n');
    throw new CommandError('no objects passed to replace');
  }
  for (const info of infos)
    try {
      const object = await api.request('POST', resourcePath(info.mapping, info.namespace), {
        query: queryOf(invocation, validation),
        body: asNew(configured(invocation, info)),
      });
      await printer.print(object, 'replaced');
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      failures.push(error);
    }
  throwAll(failures);
}

async function replaceRaw(invocation: Invocation, filenames: string[]): Promise<void> {
  const { api, flags, process } = invocation;
  const [path, ...more] = filenames;
  if (!path || more.length > 0) throw new CommandError('--raw can only use a single local file or stdin');
  if (flags.string('output')) throw new CommandError('--raw and --output are mutually exclusive');
  const body = path === '-' ? encode(await process.readAll(0)) : await readWhole(process, path);
  await invocation.print(await api.text('PUT', flags.string('raw'), { body }));
}
