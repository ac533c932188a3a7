/** `kubectl run` (`kubectl/pkg/cmd/run`): one pod, attached to when asked. */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import { attach } from './attach.ts';
import type { Command } from './command.ts';
import { createGenerated, requireFlags } from './create/generator.ts';
import { deleteObject } from './deletion.ts';
import { groupKind, mappingOf } from './discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, FIELD_MANAGER } from './dry-run.ts';
import { CommandError, SilentExit } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import { LAST_APPLIED } from './last-applied.ts';
import { OUTPUT_FLAGS } from './printers/output.ts';
import { applyMergePatch } from '../../../cluster/api/merge-patch.ts';
import { infoOf } from './resource-builder.ts';

const IMAGE =
  /^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$/;

export const command: Command = {
  use: 'NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]',
  short: 'Run a particular image on the cluster',
  long: 'Create and run a particular image in a pod.',
  examples: [
    ['A pod of nginx', 'kubectl run nginx --image=nginx'],
    [
      'With environment variables',
      'kubectl run hazelcast --image=hazelcast/hazelcast --env="DNS_DOMAIN=cluster"',
    ],
    ['Only show the pod', 'kubectl run nginx --image=nginx --dry-run=client -o yaml'],
    [
      'A shell that is gone when you leave it',
      'kubectl run -it --rm busybox --image=busybox:1 --restart=Never',
    ],
    ['Another command and arguments', 'kubectl run nginx --image=nginx --command -- <cmd> <arg1> ... <argN>'],
  ],
  flags: [
    ...OUTPUT_FLAGS,
    DRY_RUN_FLAG,
    FIELD_MANAGER('kubectl-run'),
    flag('annotations', [], 'Annotations of the pod.'),
    flag('attach', false, 'Wait for the pod to run and attach to it; --stdin implies it.'),
    flag('cascade', 'background', 'How --rm deletes dependents.', { bare: 'background' }),
    flag('command', false, 'The arguments are the command, not its arguments.'),
    flag('env', [], 'Environment variables of the container.'),
    flag('expose', false, 'Make a service for the pod. Needs --port.'),
    flag('force', false, 'Goes with --rm.'),
    flag('grace-period', -1, 'Goes with --rm.'),
    flag('image', '', 'The image for the container.'),
    flag('image-pull-policy', '', 'When to pull: Always, IfNotPresent or Never.'),
    flag('labels,l', '', 'Labels of the pod, separated by commas.'),
    flag('leave-stdin-open', false, 'After the first attach ends, keep standard input open.'),
    flag('override-type', 'merge', 'How --overrides is merged: json, merge or strategic.'),
    flag('overrides', '', 'JSON to change the generated pod by.'),
    flag('pod-running-timeout', 60_000, 'How long to wait for the pod to run.', {
      kind: 'duration',
      shown: '1m0s',
    }),
    flag('port', '', 'The port that the container exposes.'),
    flag('privileged', false, 'Run the container privileged.'),
    flag('quiet,q', false, 'No prompt messages.'),
    flag('restart', 'Always', 'Restart policy: Always, OnFailure, Never.'),
    flag('rm', false, 'Delete the pod after it exits. Needs an attached container.'),
    flag('save-config', false, 'Remember the configuration for a later apply.'),
    flag('stdin,i', false, 'Keep standard input open.'),
    flag('timeout', 0, 'Goes with --rm.', { kind: 'duration', shown: '0s' }),
    flag('tty,t', false, 'Give the container a terminal.'),
    flag('wait', false, 'Goes with --rm.'),
  ],
  run: async (invocation) => {
    requireFlags(invocation, ['image']);
    const { flags, args } = invocation;
    const dryRun = await dryRunOf(invocation);
    if (args.length === 0 || flags.dashAt === 0) throw invocation.usage('NAME is required for run');
    const image = flags.string('image');
    if (!image) throw new CommandError('--image is required');
    if (!IMAGE.test(image))
      throw new CommandError(`Invalid image name ${JSON.stringify(image)}: invalid reference format`);
    const stdin = flags.bool('stdin');
    const tty = flags.bool('tty');
    if (tty && !stdin) throw invocation.usage('-i/--stdin is required for containers with -t/--tty=true');
    if (flags.bool('expose') && !flags.string('port'))
      throw invocation.usage('--port must be set when exposing a service');
    const restart = restartPolicyOf(invocation);
    const attached = flags.changed('attach') ? flags.bool('attach') : stdin;
    if (!attached && flags.bool('rm'))
      throw invocation.usage('--rm should only be used for attached containers');
    if (attached && dryRun !== 'none')
      throw invocation.usage(
        "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
      );
    const policy = flags.string('image-pull-policy');
    if (policy && !['Always', 'IfNotPresent', 'Never'].includes(policy))
      throw invocation.usage(`invalid image pull policy: ${policy}`);
    const pod = override(invocation, podOf(invocation, restart));
    // Attached, the pod is talked to instead of told about.
    const created: KubernetesObject[] = [];
    if (flags.bool('expose')) {
      created.push(await createGenerated(invocation, serviceOf(invocation), {}));
      // Each of the real one's printers begins its output with a separator of its own.
      if (flags.string('output') === 'yaml') await invocation.print('---\n---\n');
    }
    if (!attached) {
      await createGenerated(invocation, pod, {});
      return;
    }
    const made = await createSilently(invocation, pod);
    created.push(made);
    try {
      await converse(invocation, made, { stdin, tty });
    } finally {
      if (flags.bool('rm')) for (const object of created.reverse()) await remove(invocation, object);
    }
  },
};

function restartPolicyOf(invocation: Invocation): string {
  const policy = invocation.flags.string('restart');
  if (!['Always', 'OnFailure', 'Never'].includes(policy))
    throw invocation.usage(`invalid restart policy: ${policy}`);
  return policy;
}

function pairs(list: readonly string[], what: string): [string, string][] {
  return list.map((pair) => {
    const at = pair.indexOf('=');
    if (at <= 0) throw new CommandError(`invalid ${what}: ${pair}`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
}

function podOf(invocation: Invocation, restartPolicy: string): KubernetesObject {
  const { flags, args } = invocation;
  const [name, ...rest] = args as [string, ...string[]];
  const labels = flags.string('labels')
    ? Object.fromEntries(pairs(flags.string('labels').split(','), 'label'))
    : { run: name };
  const annotations = Object.fromEntries(pairs(flags.list('annotations'), 'annotation'));
  const env = pairs(flags.list('env'), 'env').map(([key, value]) => ({ name: key, value }));
  const port = flags.string('port');
  const policy = flags.string('image-pull-policy');
  const stdin = flags.bool('stdin');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: {
      containers: [
        {
          name,
          image: flags.string('image'),
          ...(rest.length > 0 ? { [flags.bool('command') ? 'command' : 'args']: rest } : {}),
          ...(env.length > 0 ? { env } : {}),
          ...(policy ? { imagePullPolicy: policy } : {}),
          ...(port ? { ports: [{ containerPort: Number(port) }] } : {}),
          ...(flags.bool('privileged') ? { securityContext: { privileged: true } } : {}),
          resources: {},
          ...(stdin ? { stdin, ...(flags.bool('leave-stdin-open') ? {} : { stdinOnce: true }) } : {}),
          ...(flags.bool('tty') ? { tty: true } : {}),
        },
      ],
      dnsPolicy: 'ClusterFirst',
      restartPolicy,
    },
    status: {},
  };
}

function serviceOf({ flags, args }: Invocation): KubernetesObject {
  const port = Number(flags.string('port'));
  const name = args[0]!;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: [{ port, protocol: 'TCP', targetPort: port }], selector: { run: name } },
    status: { loadBalancer: {} },
  };
}

function override({ flags }: Invocation, pod: KubernetesObject): KubernetesObject {
  const text = flags.string('overrides');
  if (!text) return pod;
  let patch: unknown;
  try {
    patch = JSON.parse(text);
  } catch {
    throw new CommandError('Invalid JSON Patch');
  }
  return applyMergePatch(pod, patch) as KubernetesObject;
}

async function createSilently(invocation: Invocation, pod: KubernetesObject): Promise<KubernetesObject> {
  const { namespace } = invocation.namespace;
  const { [LAST_APPLIED]: _, ...annotations } = pod.metadata.annotations ?? {};
  const body = {
    ...pod,
    metadata: { ...pod.metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
  };
  return invocation.api.request('POST', `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`, {
    query: { fieldManager: invocation.flags.string('field-manager') },
    body,
  });
}

/** Waits for the pod, attaches, and shows the log instead where it was over already. Ends with its exit code. */
async function converse(
  invocation: Invocation,
  pod: KubernetesObject,
  streams: { stdin: boolean; tty: boolean },
): Promise<void> {
  const { api, flags } = invocation;
  const { namespace, name } = pod.metadata;
  const container = pod.spec.containers[0].name as string;
  const started = await untilPod(
    invocation,
    pod,
    flags.duration('pod-running-timeout'),
    (phase) => phase !== 'Pending',
  );
  const over = started.status.phase === 'Succeeded' || started.status.phase === 'Failed';
  const log = async () => {
    for await (const chunk of api.stream(
      `/api/v1/namespaces/${namespace}/pods/${name}/log`,
      { container },
      '*/*',
    ))
      await invocation.print(chunk);
  };
  if (over) await log();
  else {
    try {
      await attach(invocation, started, container, streams);
    } catch (error) {
      if (error instanceof SilentExit) throw error;
      if (!(error instanceof StatusError)) throw error;
      await invocation.printError(
        `warning: couldn't attach to pod/${name}, falling back to streaming logs: ${error.message}\n`,
      );
      await log();
    }
  }
  if (pod.spec.restartPolicy === 'Always') {
    if (!flags.bool('rm'))
      await invocation.printError(
        `Session ended, resume using '${invocation.command.split(' ')[0]} attach ${name} -c ${container} -i -t' command when the pod is running\n`,
      );
    return;
  }
  const ended = await untilPod(
    invocation,
    pod,
    flags.duration('pod-running-timeout'),
    (phase) => phase === 'Succeeded' || phase === 'Failed',
  );
  const exitCode = ended.status.containerStatuses?.[0]?.state?.terminated?.exitCode ?? 0;
  if (exitCode === 0) return;
  await invocation.printError(
    `pod ${namespace}/${name} terminated (${ended.status.containerStatuses[0].state.terminated.reason})\n`,
  );
  throw new SilentExit(exitCode);
}

async function untilPod(
  invocation: Invocation,
  pod: KubernetesObject,
  timeoutMs: number,
  reached: (phase: string) => boolean,
): Promise<KubernetesObject> {
  const { api, process } = invocation;
  const { namespace, name } = pod.metadata;
  const abort = new AbortController();
  const timer = process.machine.clock.setTimeout(() => abort.abort(new Error('timed out')), timeoutMs);
  try {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    for await (const { type, object } of api.watch(
      path,
      { fieldSelector: `metadata.name=${name}`, resourceVersion: '0' },
      undefined,
      abort.signal,
    )) {
      if (type === 'DELETED') throw new CommandError(`pod ${namespace}/${name} was deleted`);
      if (object.metadata?.name === name && reached(object.status?.phase ?? 'Pending')) return object;
    }
  } finally {
    timer.dispose();
  }
  throw new CommandError('timed out waiting for the condition');
}

async function remove(invocation: Invocation, object: KubernetesObject): Promise<void> {
  const mapping = await mappingOf(invocation.api, object);
  const info = infoOf(mapping, object, '');
  try {
    await deleteObject(invocation, info, { propagationPolicy: 'Background' });
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'NotFound') return;
    throw error;
  }
  if (!invocation.flags.bool('quiet'))
    await invocation.print(
      `${groupKind(mapping)} ${JSON.stringify(info.name)} deleted from ${info.namespace} namespace\n`,
    );
}
