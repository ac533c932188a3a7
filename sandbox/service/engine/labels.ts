/**
 * What the engine remembers of a session, on its network and its toolbox, so that a service which has
 * forgotten everything finds it again. kind puts its own label on the nodes: the cluster's name.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { ExerciseStart } from '../../runtimes/runtime.ts';

export interface SessionIdentity {
  /** Ten characters of [0-9a-z]; `slipway-<id>` names cluster, network and toolbox. */
  id: string;
  /** The service that made it. */
  instance: string;
  /** SHA-256 of the token, hex. */
  tokenHash: string;
  /** Address of the client, for the limit per client. */
  client: string;
  expiresAtMs: number;
  start: ExerciseStart;
}

export const KIND_CLUSTER_LABEL = 'io.x-k8s.kind.cluster';
export const SESSION_LABEL = 'slipway.session';

const NAME = /^slipway-([0-9a-z]{10})$/;

export const nameOf = (id: string): string => `slipway-${id}`;

/** The session that a cluster, network or container of this name belongs to, if it is one of ours. */
export const idOfName = (name: string): string | undefined => NAME.exec(name)?.[1];

export function toLabels(identity: SessionIdentity): Record<string, string> {
  return {
    [SESSION_LABEL]: identity.id,
    'slipway.instance': identity.instance,
    'slipway.token': identity.tokenHash,
    'slipway.client': identity.client,
    'slipway.expires': String(identity.expiresAtMs),
    'slipway.start': gzipSync(JSON.stringify(identity.start)).toString('base64'),
  };
}

/** Undefined when the labels are not those of a session that this version made. */
export function fromLabels(labels: Record<string, string> | undefined): SessionIdentity | undefined {
  if (!labels) return undefined;
  const id = labels[SESSION_LABEL];
  const expiresAtMs = Number(labels['slipway.expires']);
  if (id === undefined || idOfName(nameOf(id)) === undefined || !(expiresAtMs > 0)) return undefined;
  try {
    return {
      id,
      instance: labels['slipway.instance'] ?? '',
      tokenHash: labels['slipway.token'] ?? '',
      client: labels['slipway.client'] ?? '',
      expiresAtMs,
      start: JSON.parse(gunzipSync(Buffer.from(labels['slipway.start'] ?? '', 'base64')).toString()),
    };
  } catch {
    return undefined;
  }
}
