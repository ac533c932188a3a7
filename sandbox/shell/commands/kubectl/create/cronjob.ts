import { flag } from '../flags.ts';
import { commandOf, generatorCommand } from './generator.ts';

export const command = generatorCommand({
  use: "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...]",
  short: 'Create a cron job with the specified name',
  flags: [
    flag('image', '', 'Image name to run.'),
    flag('schedule', '', 'When to run, in Cron format.'),
    flag('restart', '', "The job's restart policy: OnFailure, Never."),
  ],
  required: ['image', 'schedule'],
  failure: 'failed to create cronjob: ',
  generate: (invocation, name) => {
    const { flags } = invocation;
    const command = commandOf(invocation);
    return {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name },
      spec: {
        jobTemplate: {
          metadata: { name },
          spec: {
            template: {
              metadata: {},
              spec: {
                containers: [
                  {
                    name,
                    image: flags.string('image'),
                    ...(command.length > 0 ? { command } : {}),
                    resources: {},
                  },
                ],
                restartPolicy: flags.string('restart') || 'OnFailure',
              },
            },
          },
        },
        schedule: flags.string('schedule'),
      },
      status: {},
    };
  },
});
