/** `kubectl replace` (`kubectl/pkg/cmd/replace`): the object of a file in place of the one on the server. */
import { encode } from '../../../core/bytes.ts';
import { readWhole } from '../../../os/open.ts';
import { StatusError } from '../../../cluster/api/status.ts';
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
import { find } from './resource-builder.ts';
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
    const failures = [...errors];
    for (const info of infos) {
      const query = {
        dryRun: dryRun === 'server' ? 'All' : undefined,
        fieldManager: flags.string('field-manager'),
        fieldValidation: validation,
      };
      const body = flags.bool('save-config') ? withLastApplied(info.object) : info.object;
      try {
        let object = body;
        if (force) {
          const options = {
            propagationPolicy: 'Background',
            gracePeriodSeconds: flags.int('grace-period'),
          } as const;
          try {
            await deleteAndWait(invocation, info, options);
            const from = info.mapping.namespaced ? ` from ${info.namespace} namespace` : '';
            await invocation.print(
              `${groupKind(info.mapping)} ${JSON.stringify(info.name)} deleted${from}\n`,
            );
          } catch (error) {
            if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
          }
          object = await api.request('POST', resourcePath(info.mapping, info.namespace), {
            query,
            body: asNew(body),
          });
        } else if (dryRun !== 'client')
          object = await api.request('PUT', resourcePath(info.mapping, info.namespace, info.name), {
            query,
            body,
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

async function replaceRaw(invocation: Invocation, filenames: string[]): Promise<void> {
  const { api, flags, process } = invocation;
  const [path, ...more] = filenames;
  if (!path || more.length > 0) throw new CommandError('--raw can only use a single local file or stdin');
  if (flags.string('output')) throw new CommandError('--raw and --output are mutually exclusive');
  const body = path === '-' ? encode(await process.readAll(0)) : await readWhole(process, path);
  await invocation.print(await api.text('PUT', flags.string('raw'), { body }));
}
