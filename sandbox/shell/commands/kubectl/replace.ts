/** `kubectl replace` (`kubectl/pkg/cmd/replace`): the object of a file in place of the one on the server. */
import { StatusError } from '../../../cluster/api/status.ts';
import type { Command } from './command.ts';
import { deleteAndWait } from './deletion.ts';
import { resourcePath } from './discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, FIELD_MANAGER, fieldValidation, VALIDATE_FLAG } from './dry-run.ts';
import { throwAll, withContext } from './errors.ts';
import { flag } from './flags.ts';
import { withLastApplied } from './last-applied.ts';
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
    flag('save-config', false, 'Remember the configuration for a later apply.'),
  ],
  run: async (invocation) => {
    const { flags, api } = invocation;
    const files = requiredFilenamesOf(invocation);
    const dryRun = await dryRunOf(invocation);
    const validation = await fieldValidation(invocation);
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
        if (dryRun !== 'client' && flags.bool('force')) {
          const options = {
            propagationPolicy: 'Background',
            gracePeriodSeconds: flags.int('grace-period'),
          } as const;
          await deleteAndWait(invocation, info, options).catch((error: unknown) => {
            if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
          });
          object = await api.request('POST', resourcePath(info.mapping, info.namespace), { query, body });
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
