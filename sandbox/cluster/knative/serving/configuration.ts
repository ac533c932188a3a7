/** The controller of Configurations: a Revision for each generation, and which of them is the latest that is ready. */
import { timestamp } from '../../../core/clock.ts';
import type { Disposable } from '../../../core/disposable.ts';
import { deepEqual } from '../../api/equality.ts';
import { controllerOf } from '../../api/object.ts';
import { createOrGet } from '../../client/ensure.ts';
import { controllerReference } from '../../controllers/controller.ts';
import { conditionOf, Conditions, isReady } from '../conditions.ts';
import type { KnativeContext } from '../knative-context.ts';
import { named, Reconciler } from '../reconciler.ts';
import {
  CONFIGURATION_GENERATION,
  CONFIGURATION_LABEL,
  CONFIGURATION_UID,
  CONFIGURATIONS,
  CREATOR,
  REVISIONS,
  ROUTING_STATE,
  ROUTING_STATE_MODIFIED,
  SERVICE_LABEL,
  SERVICE_UID,
  type Configuration,
  type Revision,
} from './kinds.ts';

/** Revisions by `namespace/configuration`. */
const BY_CONFIGURATION = 'configuration';
/** Digits of the generation in a revision's name. */
const DIGITS = 5;

export function startConfigurations(context: KnativeContext): Disposable {
  const { client, clock, informers } = context;
  const recorder = context.recorder('configuration-controller');
  const revisions = informers.informer(REVISIONS);
  revisions.addIndex(BY_CONFIGURATION, ({ metadata }) => {
    const name = metadata.labels?.[CONFIGURATION_LABEL];
    return name ? [`${metadata.namespace}/${name}`] : [];
  });

  return new Reconciler<Configuration>({
    context,
    type: CONFIGURATIONS,
    follows: [named(REVISIONS, CONFIGURATION_LABEL)],
    reconcile: async (configuration, key) => {
      const conditions = new Conditions([], configuration.status?.conditions, clock.now());
      const status: Configuration['status'] & object = { ...configuration.status };
      const ended = () => ({
        ...status,
        observedGeneration: configuration.metadata.generation,
        conditions: conditions.list(),
      });
      const all = [...revisions.indexed(BY_CONFIGURATION, key)];
      const name = revisionName(configuration);
      let latest = all.find((each) => each.metadata.name === name);
      if (!latest) {
        const made = makeRevision(configuration, name, timestamp(clock.now()));
        latest = await createOrGet(client, REVISIONS, made);
        const isOwn = controllerOf(latest)?.uid === configuration.metadata.uid;
        if (isOwn && latest.metadata.labels?.[CONFIGURATION_GENERATION] === generationOf(configuration))
          recorder.event(configuration, 'Normal', 'Created', `Created Revision "${name}"`);
      }
      if (!isOf(latest, configuration)) {
        conditions.false(
          'Ready',
          'RevisionFailed',
          `Revision creation failed with message: revisions.serving.knative.dev "${name}" already exists.`,
        );
        return ended();
      }
      status.latestCreatedRevisionName = name;
      if (status.latestReadyRevisionName !== name) conditions.unknown('Ready');
      const ready = conditionOf(latest.status, 'Ready');
      if (ready?.status === 'True' && !status.latestReadyRevisionName)
        recorder.event(configuration, 'Normal', 'ConfigurationReady', 'Configuration becomes ready');
      if (ready?.status === 'False') {
        const before = conditionOf(configuration.status, 'Ready')?.status;
        conditions.false(
          'Ready',
          'RevisionFailed',
          `Revision "${name}" failed with message: ${ready.message ?? ''}.`,
        );
        if (before !== 'False')
          recorder.event(
            configuration,
            'Warning',
            'LatestCreatedFailed',
            `Latest created revision "${name}" has failed`,
          );
      }
      const newest = [latest, ...all.filter((each) => each !== latest && each.metadata.name !== name)]
        .filter(isReady)
        .sort((a, b) => rank(b, name) - rank(a, name))[0];
      if (newest) {
        const previous = status.latestReadyRevisionName;
        status.latestReadyRevisionName = newest.metadata.name;
        if (newest.metadata.name === name) conditions.true('Ready');
        if (previous !== newest.metadata.name)
          recorder.event(
            configuration,
            'Normal',
            'LatestReadyUpdate',
            `LatestReadyRevisionName updated to "${newest.metadata.name}"`,
          );
      }
      return ended();
    },
  });
}

const generationOf = ({ metadata }: Configuration): string => String(metadata.generation);

/** `hello-00001`, or the name that the template gives. */
const revisionName = (configuration: Configuration): string =>
  configuration.spec!.template.metadata?.name ??
  `${configuration.metadata.name}-${generationOf(configuration).padStart(DIGITS, '0')}`;

/** Whether a revision of the wanted name stands for what the Configuration says. */
const isOf = (revision: Revision, configuration: Configuration): boolean =>
  controllerOf(revision)?.uid === configuration.metadata.uid &&
  (revision.metadata.labels?.[CONFIGURATION_GENERATION] === generationOf(configuration) ||
    deepEqual(revision.spec, configuration.spec!.template.spec));

/** The one that is wanted by name first, then by generation. */
const rank = ({ metadata }: Revision, name: string): number =>
  metadata.name === name ? Infinity : Number(metadata.labels?.[CONFIGURATION_GENERATION] ?? 0);

function makeRevision(configuration: Configuration, name: string, now: string): Revision {
  const { metadata, spec } = configuration;
  const { labels, annotations } = spec!.template.metadata ?? {};
  const service = metadata.labels?.[SERVICE_LABEL];
  const creator = metadata.annotations?.[CREATOR];
  return {
    metadata: {
      name,
      namespace: metadata.namespace!,
      labels: {
        ...labels,
        [CONFIGURATION_LABEL]: metadata.name!,
        [CONFIGURATION_GENERATION]: generationOf(configuration),
        [CONFIGURATION_UID]: metadata.uid!,
        [ROUTING_STATE]: 'pending',
        ...(service ? { [SERVICE_LABEL]: service, [SERVICE_UID]: metadata.labels![SERVICE_UID] ?? '' } : {}),
      },
      annotations: {
        ...annotations,
        ...(creator ? { [CREATOR]: creator } : {}),
        [ROUTING_STATE_MODIFIED]: now,
      },
      ownerReferences: [controllerReference(CONFIGURATIONS, configuration)],
    },
    spec: spec!.template.spec,
  };
}
