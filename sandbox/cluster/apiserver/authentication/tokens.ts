/**
 * Bearer tokens: those of service accounts that TokenRequest hands out, those that are kept in Secrets, and
 * static ones such as an administrator's. A token looks like the JWT of a real cluster and carries its
 * claims; instead of a signature it has a random part that this server remembers, so tokens do not outlive
 * it. A token in a Secret is as good as the Secret that holds it.
 *
 * A real server remembers for ten seconds that a token was good; here what a token is bound to counts at once.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Random } from '../../../core/random.ts';
import { claimsOf, webToken } from '../../api/json-web-token.ts';
import type { UserInfo } from '../../api/request.ts';
import type { Store } from '../storage/store.ts';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const LEGACY_ISSUER = 'kubernetes/serviceaccount';
const EXTRA = 'authentication.kubernetes.io/';

/** Whom a token is for unless somebody says otherwise: this API server. */
export const API_AUDIENCE = ISSUER;

export interface TokenSubject {
  namespace: string;
  name: string;
  uid: string;
  /** The object the token dies with, usually a pod. */
  bound?: { kind: string; name: string; uid: string };
  /** Where the pod runs that the token is bound to. */
  node?: { name: string; uid?: string };
}

interface Issued {
  subject: TokenSubject;
  audiences: readonly string[];
  id: string;
  expiresAtMs: number;
}

/** What a token is worth to somebody. */
export type Verdict = { user: UserInfo; audiences: readonly string[] } | { error: string };

const FORGET_EVERY_MS = 60_000;
const INVALID: Verdict = { error: 'invalid bearer token' };

export class TokenAuthenticator {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #static = new Map<string, UserInfo>();
  readonly #issued = new Map<string, Issued>();
  /** When tokens that no longer hold are forgotten next. */
  #forgetAtMs = 0;

  constructor(store: Store, clock: Clock, random: Random) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
  }

  /** Lets whoever has `token` be `user`, for as long as the server runs. */
  allow(token: string, user: UserInfo): void {
    this.#static.set(token, user);
  }

  /** A new token. `seconds` is its lifetime. */
  issue(subject: TokenSubject, audiences: readonly string[], seconds: number): string {
    const now = this.#clock.now();
    this.#forgetExpired(now);
    const { namespace, name, uid, bound, node } = subject;
    const issuedAt = Math.floor(now / 1000);
    const id = this.#random.uuid();
    const claims = {
      aud: audiences,
      exp: issuedAt + seconds,
      iat: issuedAt,
      iss: ISSUER,
      jti: id,
      'kubernetes.io': {
        namespace,
        ...(node && { node }),
        ...(bound && { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
        serviceaccount: { name, uid },
      },
      nbf: issuedAt,
      sub: `system:serviceaccount:${namespace}:${name}`,
    };
    const token = webToken(claims, this.#random);
    this.#issued.set(token, { subject, audiences, id, expiresAtMs: now + seconds * 1000 });
    return token;
  }

  /** Who has this token; undefined for a token that nobody gave out, that no longer holds or that is for others. */
  authenticate(token: string): UserInfo | undefined {
    const verdict = this.review(token, [API_AUDIENCE]);
    return 'user' in verdict ? verdict.user : undefined;
  }

  /** What the token is worth to whoever goes by one of the audiences. */
  review(token: string, audiences: readonly string[]): Verdict {
    const user = this.#static.get(token);
    if (user) return { user, audiences };
    const issued = this.#issued.get(token);
    if (!issued) return this.#ofSecret(token, audiences);
    if (issued.expiresAtMs <= this.#clock.now())
      return { error: '[invalid bearer token, service account token has expired]' };
    const common = audiences.filter((audience) => issued.audiences.includes(audience));
    if (common.length === 0)
      return {
        error: `[invalid bearer token, token audiences ${goList(issued.audiences)} is invalid for the target audiences ${goList(audiences)}]`,
      };
    const problem = this.#problemWith(issued.subject);
    if (problem) return { error: `[invalid bearer token, ${problem}]` };
    return { user: userOf(issued), audiences: common };
  }

  #ofSecret(token: string, audiences: readonly string[]): Verdict {
    const claims = claimsOf(token);
    const namespace = claims?.['kubernetes.io/serviceaccount/namespace'];
    const secretName = claims?.['kubernetes.io/serviceaccount/secret.name'];
    const name = claims?.['kubernetes.io/serviceaccount/service-account.name'];
    const uid = claims?.['kubernetes.io/serviceaccount/service-account.uid'];
    if (claims?.iss !== LEGACY_ISSUER) return INVALID;
    const secret = this.#store.get('secrets', `${namespace}/${secretName}`);
    if (secret?.metadata.annotations?.['kubernetes.io/service-account.name'] !== name) return INVALID;
    if (!secret || secret.metadata.deletionTimestamp || secret.data?.token !== btoa(token)) return INVALID;
    const problem = this.#problemWith({ namespace, name, uid });
    if (problem) return { error: `[invalid bearer token, ${problem}]` };
    if (!audiences.includes(API_AUDIENCE)) return INVALID;
    return {
      user: { username: String(claims.sub), uid, groups: groupsOf(namespace) },
      audiences: [API_AUDIENCE],
    };
  }

  /** Why the subject of a token is not there any more. */
  #problemWith({ namespace, name, uid, bound }: TokenSubject): string | undefined {
    const account = this.#store.get('serviceaccounts', `${namespace}/${name}`);
    if (!account) return `serviceaccounts ${JSON.stringify(name)} not found`;
    if (account.metadata.uid !== uid) return 'service account token has been invalidated';
    if (!bound) return undefined;
    const key = bound.kind === 'Node' ? bound.name : `${namespace}/${bound.name}`;
    const object = this.#store.get(BOUND[bound.kind]!, key);
    return object?.metadata.uid === bound.uid ? undefined : 'service account token has been invalidated';
  }

  /** Now and then: every token looked at for every token given out is too much when thousands of pods start. */
  #forgetExpired(nowMs: number): void {
    if (nowMs < this.#forgetAtMs) return;
    this.#forgetAtMs = nowMs + FORGET_EVERY_MS;
    for (const [token, { expiresAtMs }] of this.#issued) if (expiresAtMs <= nowMs) this.#issued.delete(token);
  }
}

/** What a token may be bound to, by kind: where it is stored. */
export const BOUND: Readonly<Record<string, string>> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };

const groupsOf = (namespace: string): string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
  'system:authenticated',
];

function userOf({ subject: { namespace, name, uid, bound, node }, id }: Issued): UserInfo {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: groupsOf(namespace),
    extra: {
      [`${EXTRA}credential-id`]: [`JTI=${id}`],
      ...(node && {
        [`${EXTRA}node-name`]: [node.name],
        ...(node.uid && { [`${EXTRA}node-uid`]: [node.uid] }),
      }),
      ...(bound?.kind === 'Pod' && {
        [`${EXTRA}pod-name`]: [bound.name],
        [`${EXTRA}pod-uid`]: [bound.uid],
      }),
    },
  };
}

/** `["a" "b"]`, as Go prints a list of strings. */
const goList = (items: readonly string[]): string =>
  `[${items.map((item) => JSON.stringify(item)).join(' ')}]`;
