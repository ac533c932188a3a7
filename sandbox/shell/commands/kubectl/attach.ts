/** `kubectl attach` (`kubectl/pkg/cmd/attach`): the streams of what already runs in a container. */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import type { Command } from './command.ts';
import { CommandError } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import { allContainers, containerOf, podFor, podRunningTimeout } from './pod-of.ts';
import { runRemote, usableTty } from './remote-command.ts';

export const command: Command = {
  use: '(POD | TYPE/NAME) -c CONTAINER',
  short: 'Attach to a running container',
  examples: [
    ['See what the container prints', 'kubectl attach mypod'],
    ['Talk to it', 'kubectl attach mypod -c ruby-container -i -t'],
  ],
  flags: [
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
    if (args.length === 0) throw new CommandError('at least 1 argument is required for attach');
    if (args.length > 2)
      throw new CommandError(
        'expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ' +
          `${args.length}: [${args.join(' ')}]`,
      );
    const argument = args.length === 2 ? `${args[0]}/${args[1]}` : args[0]!;
    const pod = await podFor(invocation, argument, 'active', podRunningTimeout(invocation));
    const { phase } = pod.status ?? {};
    if (phase === 'Succeeded' || phase === 'Failed')
      throw new CommandError(`cannot attach a container in a completed pod; current phase is ${phase}`);
    const wanted = flags.string('container');
    if (wanted && !allContainers(pod).some(({ name }) => name === wanted))
      throw new CommandError(
        `cannot attach to the container: container ${wanted} not found in pod ${pod.metadata.name}`,
      );
    const container = await containerOf(invocation, pod, wanted, flags.bool('quiet'));
    await attach(invocation, pod, container, { stdin: flags.bool('stdin'), tty: flags.bool('tty') });
  },
};

export async function attach(
  invocation: Invocation,
  pod: KubernetesObject,
  container: string,
  { stdin, tty: wanted }: { stdin: boolean; tty: boolean },
): Promise<void> {
  const spec = (pod.spec.containers as { name: string; tty?: boolean }[]).find(
    (each) => each.name === container,
  );
  let tty = wanted;
  if (tty && spec && !spec.tty) {
    tty = false;
    await invocation.printError(`error: Unable to use a TTY - container ${container} did not allocate one\n`);
  } else tty = await usableTty(invocation, tty);
  if (!(invocation.flags.has('quiet') && invocation.flags.bool('quiet')))
    await invocation.printError(
      "All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\nIf you don't see a command prompt, try pressing enter.\n",
    );
  const { namespace, name } = pod.metadata;
  await runRemote(
    invocation,
    `/api/v1/namespaces/${namespace}/pods/${name}/attach`,
    { container },
    { stdin, tty },
  );
}
