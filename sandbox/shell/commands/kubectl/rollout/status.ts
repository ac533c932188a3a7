/** `kubectl rollout status`: the words of `polymorphichelpers/rollout_status.go`, until the rollout is done. */
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { StatusError } from '../../../../cluster/api/status.ts';
import type { Command } from '../command.ts';
import { resourcePath } from '../discovery.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { findAll } from '../resource-builder.ts';
import { filenameFlags, filenamesOf, SELECTOR_FLAG } from '../selection-flags.ts';
import { revisionOf } from './replicasets.ts';

export const command: Command = {
  use: '(TYPE NAME | TYPE/NAME) [flags]',
  short: 'Show the status of the rollout',
  flags: [
    ...filenameFlags('with what to follow.'),
    SELECTOR_FLAG,
    flag('revision', 0, 'End when another revision is rolled out than this.'),
    flag('timeout', 0, 'How long to follow; zero: to the end.', { kind: 'duration', shown: '0s' }),
    flag('watch,w', true, 'Follow the rollout to its end.'),
  ],
  run: async (invocation) => {
    const { flags, args, api, process } = invocation;
    const files = filenamesOf(invocation);
    if (args.length === 0 && files.filenames.length === 0)
      throw new CommandError('required resource not specified');
    if (flags.int('revision') < 0)
      throw new CommandError(`revision must be a positive integer: ${flags.int('revision')}`);
    const infos = await findAll(invocation, {
      args,
      ...files,
      labelSelector: flags.string('selector'),
      latest: true,
    });
    for (const info of infos) {
      const status = VIEWERS[info.mapping.kind];
      if (!status)
        throw new CommandError(
          `no status viewer has been implemented for ${info.mapping.group ? `${info.mapping.kind}.${info.mapping.group}` : info.mapping.kind}`,
        );
      const timeoutMs = flags.duration('timeout');
      const abort = new AbortController();
      const timer =
        timeoutMs > 0
          ? process.machine.clock.setTimeout(() => abort.abort(new Error('timed out')), timeoutMs)
          : undefined;
      try {
        const path = resourcePath(info.mapping, info.namespace);
        const fieldSelector = `metadata.name=${info.name}`;
        let resourceVersion: string | undefined;
        let finished = false;
        let last = '';
        const show = async (object: KubernetesObject) => {
          const { message, done } = status(object, flags.int('revision'));
          if (message !== last || done) await invocation.print(message);
          last = message;
          finished = done || !flags.bool('watch');
        };
        const list = await api.get(path, { fieldSelector });
        if (list.items.length === 0)
          throw new StatusError(
            'NotFound',
            `${info.mapping.resource}.${info.mapping.group} "${info.name}" not found`,
          );
        resourceVersion = list.metadata.resourceVersion;
        await show(list.items[0]);
        while (!finished && !abort.signal.aborted)
          for await (const event of api.watch(
            path,
            { fieldSelector, resourceVersion },
            undefined,
            abort.signal,
          )) {
            if (event.type === 'DELETED') throw new CommandError('object has been deleted');
            if (event.type === 'ERROR') {
              resourceVersion = undefined;
              break;
            }
            if (event.type !== 'BOOKMARK') await show(event.object);
            if (finished) break;
          }
        if (!finished) throw new CommandError('timed out waiting for the condition');
      } finally {
        timer?.dispose();
      }
    }
  },
};

interface Progress {
  message: string;
  done: boolean;
}

const VIEWERS: Record<string, (object: KubernetesObject, revision: number) => Progress> = {
  Deployment: deploymentStatus,
  DaemonSet: daemonSetStatus,
  StatefulSet: statefulSetStatus,
};

const waiting = (message: string): Progress => ({ message, done: false });

function deploymentStatus(object: KubernetesObject, revision: number): Progress {
  const { spec, status = {}, metadata } = object;
  const name = JSON.stringify(metadata.name);
  if (revision > 0 && revisionOf(object) !== revision)
    throw new CommandError(
      `desired revision (${revision}) is different from the running revision (${revisionOf(object)})`,
    );
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0))
    return waiting('Waiting for deployment spec update to be observed...\n');
  const progressing = (status.conditions ?? []).find((each: { type: string }) => each.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    throw new CommandError(`deployment ${name} exceeded its progress deadline`);
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
  const prefix = `Waiting for deployment ${name} rollout to finish: `;
  if (updatedReplicas < spec.replicas)
    return waiting(`${prefix}${updatedReplicas} out of ${spec.replicas} new replicas have been updated...\n`);
  if (replicas > updatedReplicas)
    return waiting(`${prefix}${replicas - updatedReplicas} old replicas are pending termination...\n`);
  if (availableReplicas < updatedReplicas)
    return waiting(`${prefix}${availableReplicas} of ${updatedReplicas} updated replicas are available...\n`);
  return { message: `deployment ${name} successfully rolled out\n`, done: true };
}

function daemonSetStatus({ spec, status = {}, metadata }: KubernetesObject): Progress {
  if (spec.updateStrategy?.type !== 'RollingUpdate')
    throw new CommandError('rollout status is only available for RollingUpdate strategy type');
  const name = JSON.stringify(metadata.name);
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0))
    return waiting('Waiting for daemon set spec update to be observed...\n');
  const { updatedNumberScheduled = 0, desiredNumberScheduled = 0, numberAvailable = 0 } = status;
  const prefix = `Waiting for daemon set ${name} rollout to finish: `;
  if (updatedNumberScheduled < desiredNumberScheduled)
    return waiting(
      `${prefix}${updatedNumberScheduled} out of ${desiredNumberScheduled} new pods have been updated...\n`,
    );
  if (numberAvailable < desiredNumberScheduled)
    return waiting(
      `${prefix}${numberAvailable} of ${desiredNumberScheduled} updated pods are available...\n`,
    );
  return { message: `daemon set ${name} successfully rolled out\n`, done: true };
}

function statefulSetStatus({ spec, status = {}, metadata }: KubernetesObject): Progress {
  if (spec.updateStrategy?.type !== 'RollingUpdate')
    throw new CommandError('rollout status is only available for RollingUpdate strategy type');
  if (!status.observedGeneration || metadata.generation! > status.observedGeneration)
    return waiting('Waiting for statefulset spec update to be observed...\n');
  const {
    readyReplicas = 0,
    updatedReplicas = 0,
    currentReplicas = 0,
    updateRevision,
    currentRevision,
  } = status;
  if (readyReplicas < spec.replicas)
    return waiting(`Waiting for ${spec.replicas - readyReplicas} pods to be ready...\n`);
  const { rollingUpdate } = spec.updateStrategy;
  if (rollingUpdate) {
    const wanted = spec.replicas - (rollingUpdate.partition ?? 0);
    if (updatedReplicas < wanted)
      return waiting(
        `Waiting for partitioned roll out to finish: ${updatedReplicas} out of ${wanted} new pods have been updated...\n`,
      );
    return {
      message: `partitioned roll out complete: ${updatedReplicas} new pods have been updated...\n`,
      done: true,
    };
  }
  if (updateRevision !== currentRevision)
    return waiting(
      `waiting for statefulset rolling update to complete ${updatedReplicas} pods at revision ${updateRevision}...\n`,
    );
  return {
    message: `statefulset rolling update complete ${currentReplicas} pods at revision ${currentRevision}...\n`,
    done: true,
  };
}
