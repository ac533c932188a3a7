/** `kubectl create` (`kubectl/pkg/cmd/create`): from files, or by a generator for the commonest kinds. */
import { readWholeText } from '../../../os/open.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import type { Command, CommandTable } from './command.ts';
import { resourcePath } from './discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, FIELD_MANAGER, fieldValidation, VALIDATE_FLAG } from './dry-run.ts';
import { CommandError, throwAll, withContext } from './errors.ts';
import { flag } from './flags.ts';
import { withLastApplied } from './last-applied.ts';
import { asNew } from './new-object.ts';
import { OUTPUT_FLAGS, ResultPrinter } from './printers/output.ts';
import { find } from './resource-builder.ts';
import { filenameFlags, requiredFilenamesOf, SELECTOR_FLAG } from './selection-flags.ts';

const GENERATORS: CommandTable = {
  clusterrole: { short: 'Create a cluster role', load: () => import('./create/clusterrole.ts') },
  clusterrolebinding: {
    short: 'Create a cluster role binding for a particular cluster role',
    load: () => import('./create/clusterrolebinding.ts'),
  },
  configmap: {
    short: 'Create a config map from a local file, directory or literal value',
    aliases: ['cm'],
    load: () => import('./create/configmap.ts'),
  },
  cronjob: {
    short: 'Create a cron job with the specified name',
    aliases: ['cj'],
    load: () => import('./create/cronjob.ts'),
  },
  deployment: {
    short: 'Create a deployment with the specified name',
    aliases: ['deploy'],
    load: () => import('./create/deployment.ts'),
  },
  ingress: {
    short: 'Create an ingress with the specified name',
    aliases: ['ing'],
    load: () => import('./create/ingress.ts'),
  },
  job: { short: 'Create a job with the specified name', load: () => import('./create/job.ts') },
  namespace: {
    short: 'Create a namespace with the specified name',
    aliases: ['ns'],
    load: () => import('./create/namespace.ts'),
  },
  poddisruptionbudget: {
    short: 'Create a pod disruption budget with the specified name',
    aliases: ['pdb'],
    load: () => import('./create/poddisruptionbudget.ts'),
  },
  priorityclass: {
    short: 'Create a priority class with the specified name',
    aliases: ['pc'],
    load: () => import('./create/priorityclass.ts'),
  },
  quota: {
    short: 'Create a quota with the specified name',
    aliases: ['resourcequota'],
    load: () => import('./create/quota.ts'),
  },
  role: { short: 'Create a role with single rule', load: () => import('./create/role.ts') },
  rolebinding: {
    short: 'Create a role binding for a particular role or cluster role',
    load: () => import('./create/rolebinding.ts'),
  },
  secret: { short: 'Create a secret using a specified subcommand', load: () => import('./create/secret.ts') },
  service: {
    short: 'Create a service using a specified subcommand',
    aliases: ['svc'],
    load: () => import('./create/service.ts'),
  },
  serviceaccount: {
    short: 'Create a service account with the specified name',
    aliases: ['sa'],
    load: () => import('./create/serviceaccount.ts'),
  },
  token: { short: 'Request a service account token', load: () => import('./create/token.ts') },
};

export const command: Command = {
  use: '-f FILENAME',
  short: 'Create a resource from a file or from stdin',
  long: 'Create a resource from a file or from standard input. JSON and YAML are understood.',
  examples: [
    ['Create what pod.yaml says', 'kubectl create -f ./pod.yaml'],
    ['Create from standard input', 'cat pod.json | kubectl create -f -'],
  ],
  subcommands: GENERATORS,
  flags: [
    ...OUTPUT_FLAGS,
    ...filenameFlags('with what to create.'),
    SELECTOR_FLAG,
    DRY_RUN_FLAG,
    VALIDATE_FLAG,
    FIELD_MANAGER('kubectl-create'),
    flag('edit', false, 'Edit before creating.'),
    flag('raw', '', 'Path to post the file to.'),
    flag('save-config', false, 'Remember the configuration for a later apply.'),
    flag('windows-line-endings', false, 'Goes with --edit.'),
  ],
  run: async (invocation) => {
    const { flags, args, api, process } = invocation;
    if (args.length > 0) throw invocation.usage(`Unexpected args: [${args.join(' ')}]`);
    const files = requiredFilenamesOf(invocation);
    if (flags.string('raw')) {
      if (files.filenames.length !== 1)
        throw new CommandError('--raw can only use a single local file or stdin');
      const [file] = files.filenames;
      const text = file === '-' ? await process.readAll(0) : await readWholeText(process, file!);
      await invocation.print(
        await api.text('POST', flags.string('raw'), { body: new TextEncoder().encode(text) }),
      );
      return;
    }
    if (flags.bool('edit')) throw new CommandError('--edit is not available here: edit the file first');
    const dryRun = await dryRunOf(invocation);
    const validation = await fieldValidation(invocation);
    const printer = await ResultPrinter.create(invocation, dryRun);
    const { infos, errors } = await find(invocation, {
      ...files,
      labelSelector: flags.string('selector'),
      continueOnError: true,
      validate: validation === 'Strict',
    });
    const failures = [...errors];
    for (const info of infos) {
      const object = flags.bool('save-config') ? withLastApplied(info.object) : info.object;
      try {
        if (dryRun !== 'client')
          info.object = await api.request('POST', resourcePath(info.mapping, info.namespace), {
            query: {
              dryRun: dryRun === 'server' ? 'All' : undefined,
              fieldManager: flags.string('field-manager'),
              fieldValidation: validation,
            },
            body: asNew(object),
          });
        await printer.print(info.object, 'created');
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        failures.push(withContext(error, `error when creating ${JSON.stringify(info.source)}: `));
      }
    }
    throwAll(failures);
    if (infos.length === 0) throw new CommandError('no objects passed to create');
  },
};
