import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { mappingFor, resourcePath } from '../discovery.ts';
import { commandOf, generatorCommand } from './generator.ts';

export const command = generatorCommand({
  use: 'NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]',
  short: 'Create a job with the specified name',
  examples: [
    ['A job that runs a command', 'kubectl create job my-job --image=busybox -- date'],
    ['A job as a cron job would start it', 'kubectl create job test-job --from=cronjob/a-cronjob'],
  ],
  flags: [flag('image', '', 'Image name to run.'), flag('from', '', 'The cron job to take the template of.')],
  failure: 'failed to create job: ',
  generate: async (invocation, name) => {
    const { flags, api } = invocation;
    const image = flags.string('image');
    const from = flags.string('from');
    const command = commandOf(invocation);
    if ((image === '') === (from === ''))
      throw new CommandError('either --image or --from must be specified');
    if (from && command.length > 0) throw new CommandError('cannot specify --from and command');
    if (from) {
      const [type = '', source = ''] = from.includes('/') ? from.split('/') : ['cronjob', from];
      const mapping = await mappingFor(api, type);
      const cronJob = await api.get(resourcePath(mapping, invocation.namespace.namespace, source));
      if (mapping.kind !== 'CronJob')
        throw new CommandError(`from must be an existing cronjob: unknown object type *v1.${mapping.kind}`);
      const template = cronJob.spec.jobTemplate;
      return {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: {
          name,
          annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', ...template.metadata?.annotations },
          ...(template.metadata?.labels ? { labels: template.metadata.labels } : {}),
          ownerReferences: [
            {
              apiVersion: 'batch/v1',
              kind: 'CronJob',
              name: cronJob.metadata.name,
              uid: cronJob.metadata.uid,
              controller: true,
            },
          ],
        },
        spec: template.spec,
        status: {},
      };
    }
    return {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name },
      spec: {
        template: {
          metadata: {},
          spec: {
            containers: [{ name, image, ...(command.length > 0 ? { command } : {}), resources: {} }],
            restartPolicy: 'Never',
          },
        },
      },
      status: {},
    };
  },
});
