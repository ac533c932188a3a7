/**
 * Bearer tokens: those of service accounts that TokenRequest hands out, and static ones such as an
 * administrator's. A token looks like the JWT of a real cluster and carries its claims; instead of a
 * signature it has a random part that this server remembers, so tokens do not outlive it.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Random } from '../../../core/random.ts';
import type { UserInfo } from '../../api/request.ts';
import type { Store } from '../storage/store.ts';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const SIGNATURE_WORDS = 16;

export interface TokenSubject {
  namespace: string;
  name: string;
  uid: string;
  /** The object the token dies with, usually a pod. */
  bound?: { kind: string; name: string; uid: string };
}

interface Issued {
  subject: TokenSubject;
  expiresAtMs: number;
}

const FORGET_EVERY_MS = 60_000;

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
  issue(subject: TokenSubject, audiences: string[], seconds: number): string {
    const now = this.#clock.now();
    this.#forgetExpired(now);
    const { namespace, name, uid, bound } = subject;
    const issuedAt = Math.floor(now / 1000);
    const claims = {
      aud: audiences,
      exp: issuedAt + seconds,
      iat: issuedAt,
      iss: ISSUER,
      jti: this.#random.uuid(),
      'kubernetes.io': {
        namespace,
        ...(bound && { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
        serviceaccount: { name, uid },
      },
      nbf: issuedAt,
      sub: `system:serviceaccount:${namespace}:${name}`,
    };
    const secret = Array.from({ length: SIGNATURE_WORDS }, () => String.fromCharCode(this.#random.int(256)));
    const parts = [JSON.stringify({ alg: 'RS256', kid: 'slipway' }), JSON.stringify(claims), secret.join('')];
    const token = parts.map(base64Url).join('.');
    this.#issued.set(token, { subject, expiresAtMs: now + seconds * 1000 });
    return token;
  }

  /** Who has this token; undefined for a token that nobody gave out or that no longer holds. */
  authenticate(token: string): UserInfo | undefined {
    const user = this.#static.get(token);
    if (user) return user;
    const issued = this.#issued.get(token);
    if (!issued || issued.expiresAtMs <= this.#clock.now()) return undefined;
    const { namespace, name, uid, bound } = issued.subject;
    const account = this.#store.get('serviceaccounts', `${namespace}/${name}`);
    if (account?.metadata.uid !== uid) return undefined;
    if (bound?.kind === 'Pod') {
      const pod = this.#store.get('pods', `${namespace}/${bound.name}`);
      if (pod?.metadata.uid !== bound.uid) return undefined;
    }
    return {
      username: `system:serviceaccount:${namespace}:${name}`,
      uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      ...(bound?.kind === 'Pod' && {
        extra: {
          'authentication.kubernetes.io/pod-name': [bound.name],
          'authentication.kubernetes.io/pod-uid': [bound.uid],
        },
      }),
    };
  }

  /** Now and then: every token looked at for every token given out is too much when thousands of pods start. */
  #forgetExpired(nowMs: number): void {
    if (nowMs < this.#forgetAtMs) return;
    this.#forgetAtMs = nowMs + FORGET_EVERY_MS;
    for (const [token, { expiresAtMs }] of this.#issued) if (expiresAtMs <= nowMs) this.#issued.delete(token);
  }
}

const base64Url = (text: string): string =>
  btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
