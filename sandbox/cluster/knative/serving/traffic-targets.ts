/**
 * What a Route's targets come to (pkg/reconciler/route/traffic): each a revision by name, those of a Configuration its
 * latest that is ready. Targets without a share only have an address of their own, by their tag.
 */
import type { Informer } from '../../client/informer.ts';
import { conditionOf, isReady } from '../conditions.ts';
import type { Configuration, Revision, Route, TrafficTarget } from './kinds.ts';

/** Why traffic cannot be assigned, as the condition says it. */
export interface TrafficProblem {
  failed: boolean;
  reason: string;
  message: string;
}

export interface ResolvedTarget extends TrafficTarget {
  revisionName: string;
  percent: number;
}

export interface ResolvedTraffic {
  targets: ResolvedTarget[];
  problem: TrafficProblem | undefined;
}

export function resolveTraffic(
  route: Route,
  configurations: Informer<Configuration>,
  revisions: Informer<Revision>,
): ResolvedTraffic {
  const { namespace } = route.metadata;
  let problem: TrafficProblem | undefined;
  /** What has failed for good counts more than what is only not there yet. */
  const tell = (failed: boolean, reason: string, message: string) => {
    if (!problem || failed) problem = { failed, reason, message };
  };
  const targets: ResolvedTarget[] = [];
  for (const target of route.spec?.traffic ?? []) {
    const { configurationName, percent = 0 } = target;
    let { revisionName } = target;
    if (configurationName) {
      const configuration = configurations.get(`${namespace}/${configurationName}`);
      if (!configuration) {
        tell(
          true,
          'ConfigurationMissing',
          `Configuration "${configurationName}" referenced in traffic not found.`,
        );
        continue;
      }
      revisionName = configuration.status?.latestReadyRevisionName;
      if (!revisionName) {
        if (conditionOf(configuration.status, 'Ready')?.status === 'False')
          tell(
            true,
            'RevisionMissing',
            `Configuration "${configurationName}" does not have any ready Revision.`,
          );
        else
          tell(
            false,
            'RevisionMissing',
            `Configuration "${configurationName}" is waiting for a Revision to become ready.`,
          );
        continue;
      }
    }
    const revision = revisions.get(`${namespace}/${revisionName}`);
    if (!revision) {
      tell(true, 'RevisionMissing', `Revision "${revisionName}" referenced in traffic not found.`);
      continue;
    }
    if (!isReady(revision)) {
      if (conditionOf(revision.status, 'Ready')?.status === 'False')
        tell(true, 'RevisionMissing', `Revision "${revisionName}" failed to become ready.`);
      else tell(false, 'RevisionMissing', `Revision "${revisionName}" is not yet ready.`);
      continue;
    }
    targets.push({
      ...(target.tag ? { tag: target.tag } : {}),
      revisionName: revisionName!,
      percent,
      latestRevision: target.latestRevision ?? configurationName !== undefined,
    });
  }
  return { targets, problem };
}
