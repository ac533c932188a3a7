/**
 * Image references: `busybox`, `nginx:1.29`, `ghcr.io/a/b@sha256:…`. Parsing and normalising follow
 * distribution/reference, which kubelet and containerd share, and so do the complaints.
 */

export interface ImageReference {
  /** `docker.io`, `registry.k8s.io`, `localhost:5000`, … */
  registry: string;
  /** `library/busybox` */
  repository: string;
  tag?: string;
  /** `sha256:…` */
  digest?: string;
}

/** Text that is no image reference. `message` is distribution's. */
export class InvalidReference extends Error {}

const DEFAULT_REGISTRY = 'docker.io';
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[\w][\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const HOST =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::\d+)?$/;

export const isRepository = (text: string): boolean => REPOSITORY.test(text);
export const isTag = (text: string): boolean => TAG.test(text);
export const isDigest = (text: string): boolean => DIGEST.test(text);

/** The reference with its registry and, unless there is a digest, a tag (`latest` when none is given). */
export function parseReference(text: string): ImageReference {
  const invalid = () => new InvalidReference('invalid reference format');
  let rest = text;
  let digest: string | undefined;
  const at = rest.indexOf('@');
  if (at >= 0) {
    digest = rest.slice(at + 1);
    rest = rest.slice(0, at);
    if (!DIGEST.test(digest)) throw invalid();
  }
  let tag: string | undefined;
  const colon = rest.lastIndexOf(':');
  if (colon > rest.lastIndexOf('/')) {
    tag = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
    if (!TAG.test(tag)) throw invalid();
  }
  const slash = rest.indexOf('/');
  const head = rest.slice(0, Math.max(slash, 0));
  const hasRegistry =
    slash > 0 &&
    (head.includes('.') || head.includes(':') || head === 'localhost' || head !== head.toLowerCase());
  const registry = hasRegistry ? head : DEFAULT_REGISTRY;
  let repository = hasRegistry ? rest.slice(slash + 1) : rest;
  if (registry === DEFAULT_REGISTRY && !repository.includes('/')) repository = `library/${repository}`;
  if (!HOST.test(registry)) throw invalid();
  if (!REPOSITORY.test(repository)) {
    if (REPOSITORY.test(repository.toLowerCase()))
      throw new InvalidReference(
        `invalid reference format: repository name (${repository}) must be lowercase`,
      );
    throw invalid();
  }
  if (!tag && !digest) tag = 'latest';
  return { registry, repository, ...(tag ? { tag } : {}), ...(digest ? { digest } : {}) };
}

/** `docker.io/library/busybox` */
export const nameOfReference = ({ registry, repository }: ImageReference): string =>
  `${registry}/${repository}`;

/** The full form, as containerd writes it: `docker.io/library/busybox:1`. */
export const formatReference = (reference: ImageReference): string =>
  nameOfReference(reference) +
  (reference.tag ? `:${reference.tag}` : '') +
  (reference.digest ? `@${reference.digest}` : '');

/** As Docker shows it: without what everybody's references have in front. */
export const familiarName = ({ registry, repository }: ImageReference): string =>
  registry === DEFAULT_REGISTRY ? repository.replace(/^library\//, '') : `${registry}/${repository}`;
