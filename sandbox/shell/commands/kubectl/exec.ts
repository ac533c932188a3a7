/** `kubectl exec` (`kubectl/pkg/cmd/exec`): runs a command in a container. */
import type { Command } from './command.ts';
import { CommandError } from './errors.ts';
import { flag } from './flags.ts';
import { containerOf, podFor, podRunningTimeout } from './pod-of.ts';
import { runRemote, usableTty } from './remote-command.ts';
import { filenameFlags, filenamesOf } from './selection-flags.ts';
import { findAll } from './resource-builder.ts';

export const command: Command = {
  use: '(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]',
  short: 'Execute a command in a container',
  examples: [
    ['The date as a container sees it', 'kubectl exec mypod -- date'],
    ['A shell', 'kubectl exec -it mypod -- sh'],
    ['In a container of your choice', 'kubectl exec mypod -c ruby-container -- date'],
    ['In the first pod of a deployment', 'kubectl exec deploy/mydeployment -- date'],
  ],
  flags: [
    ...filenameFlags('with the pod.'),
    flag('container,c', '', 'The container; else the default or the first one.'),
    flag('pod-running-timeout', 60_000, 'How long to wait for a pod of a workload.', {
      kind: 'duration',
      shown: '1m0s',
    }),
    flag('quiet,q', false, 'Only what the remote command prints.'),
    flag('stdin,i', false, 'Pass standard input to the container.'),
    flag('tty,t', false, 'Standard input is a terminal.'),
  ],
  run: async (invocation) => {
    const { flags, args } = invocation;
    const { filenames } = filenamesOf(invocation);
    const { dashAt } = flags;
    if (args.length === 0 && filenames.length === 0)
      throw new CommandError('pod, type/name or --filename must be specified');
    const named = filenames.length === 0;
    if (dashAt < 0 && args.length > (named ? 1 : 0))
      throw invocation.usage(
        'exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead',
      );
    if (named && dashAt === 0) throw new CommandError('pod, type/name or --filename must be specified');
    const words = args.slice(dashAt < 0 ? args.length : dashAt);
    if (words.length === 0) throw new CommandError('you must specify at least one command for the container');
    const timeoutMs = podRunningTimeout(invocation);
    const argument = named ? args[0]! : await fromFile(invocation, filenames);
    const pod = await podFor(invocation, argument, 'active', timeoutMs);
    const { phase } = pod.status ?? {};
    if (phase === 'Succeeded' || phase === 'Failed')
      throw new CommandError(`cannot exec into a container in a completed pod; current phase is ${phase}`);
    const container = await containerOf(invocation, pod, flags.string('container'), flags.bool('quiet'));
    const stdin = flags.bool('stdin');
    const tty = await usableTty(invocation, flags.bool('tty'));
    const { namespace, name } = pod.metadata;
    await runRemote(
      invocation,
      `/api/v1/namespaces/${namespace}/pods/${name}/exec`,
      { command: words, container },
      { stdin, tty },
    );
  },
};

async function fromFile(
  invocation: Parameters<NonNullable<Command['run']>>[0],
  filenames: string[],
): Promise<string> {
  const [info, ...more] = await findAll(invocation, { filenames, fetch: false });
  if (more.length > 0) throw new CommandError('cannot exec into multiple objects at a time');
  if (!info) throw new CommandError('no objects in the file');
  return `${info.mapping.resource}.${info.mapping.version}.${info.mapping.group}/${info.name}`.replace(
    /\.v1\.\//,
    '/',
  );
}
