/**
 * The sessions of this service: who may have one, whose they are, when they end. It keeps no state of its own
 * that the engine does not have too: a service that starts finds its sessions again.
 */
import type { Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { ExerciseStart, Session } from '../../runtimes/runtime.ts';
import type { SessionIdentity } from '../engine/labels.ts';
import type { Limits } from '../settings.ts';
import { isToken, newIdentity } from './identity.ts';

/** A session as the registry handles it. */
export interface OwnedSession extends Session {
  readonly identity: SessionIdentity;
  /** `close` with the reason that connected pages are told. */
  end(message: string): Promise<void>;
  /** Lets go of it and leaves it running. */
  leave(): void;
}

/** What makes sessions: kind today, a fleet later. */
export interface SessionSource {
  /** Begins to make a session, which is handed out at once. */
  create(identity: SessionIdentity): OwnedSession;
  /** The session that an earlier life has left running; undefined when it cannot be continued. */
  recover(identity: SessionIdentity): Promise<OwnedSession | undefined>;
  /** Every session of which there is a trace, with its identity where it can be read. */
  traces(): Promise<{ id: string; identity: SessionIdentity | undefined }[]>;
  /** Removes every trace. */
  remove(id: string): Promise<void>;
}

interface Entry {
  session: OwnedSession;
  connections: number;
  expiry: Disposable;
  idle: Disposable | undefined;
}

const SWEEP_MS = 60_000;
const MINUTE_MS = 60_000;

export class SessionRegistry {
  #source: SessionSource;
  #limits: Limits;
  #instance: string;
  #clock: Clock;
  #entries = new Map<string, Entry>();
  /** Sessions on their way out; their resources still count. */
  #ending = new Set<string>();
  #sweep: Disposable | undefined;
  #stopped = false;

  constructor(source: SessionSource, limits: Limits, instance: string, clock: Clock) {
    this.#source = source;
    this.#limits = limits;
    this.#instance = instance;
    this.#clock = clock;
  }

  /** Why no session can be had now, in a sentence, or undefined. */
  fullFor(client: string): string | undefined {
    // A session that failed holds nothing any more.
    const entries = [...this.#entries.values()].filter(({ session }) => session.status.phase !== 'failed');
    if (entries.length + this.#ending.size >= this.#limits.sessions) {
      return `All ${this.#limits.sessions} real clusters of this machine are in use. The embedded cluster needs none; try again later for a real one.`;
    }
    const own = entries.filter(({ session }) => session.identity.client === client).length;
    if (own >= this.#limits.sessionsPerClient) {
      return `You have ${own} real clusters already. Close the lesson that uses one, or wait until it expires.`;
    }
    return undefined;
  }

  /** Throws `NoneFree`. */
  create(start: ExerciseStart, client: string): { session: OwnedSession; token: string } {
    const full = this.#stopped ? 'The sandbox service is stopping.' : this.fullFor(client);
    if (full) throw new NoneFree(full);
    const { identity, token } = newIdentity({
      instance: this.#instance,
      client,
      start,
      nowMs: this.#clock.now(),
      sessionMinutes: this.#limits.sessionMinutes,
    });
    const session = this.#source.create(identity);
    this.#add(session);
    return { session, token };
  }

  /** The session, if there is one and the token is its own. */
  find(id: string, token: string | undefined): OwnedSession | undefined {
    const session = this.#entries.get(id)?.session;
    return session && isToken(token, session.identity.tokenHash) ? session : undefined;
  }

  /** A page is connected until the returned disposable is disposed; the idle time runs while none is. */
  connected(session: OwnedSession): Disposable {
    const entry = this.#entries.get(session.identity.id);
    if (!entry) return { dispose() {} };
    entry.connections++;
    entry.idle?.dispose();
    entry.idle = undefined;
    let left = false;
    return {
      dispose: () => {
        if (left) return;
        left = true;
        if (--entry.connections === 0) this.#startIdle(entry);
      },
    };
  }

  /** Ends a session. Resolves when nothing is left of it. */
  async end(id: string, message = 'The session was closed.'): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#forget(id);
    this.#ending.add(id);
    try {
      await entry.session.end(message);
    } catch {
      // An engine that does not answer: the next sweep tries again.
    } finally {
      this.#ending.delete(id);
    }
  }

  /** Finds sessions again, removes what nobody owns, and keeps doing the latter. */
  async start(): Promise<void> {
    await this.sweep(true);
    this.#scheduleSweep();
  }

  /**
   * Removes what nobody owns: what of this service's own is in no session, what has expired of anybody's,
   * and what cannot say whose it is. Sessions of another service on the same engine are left alone.
   */
  async sweep(recover = false): Promise<void> {
    for (const { id, identity } of await this.#source.traces()) {
      const known = this.#entries.get(id)?.session.status.phase;
      if ((known && known !== 'failed') || this.#ending.has(id)) continue;
      const expired = identity !== undefined && identity.expiresAtMs <= this.#clock.now();
      const own = identity?.instance === this.#instance;
      if (identity && !own && !expired) continue;
      const found = recover && identity && own && !expired ? await this.#source.recover(identity) : undefined;
      if (found) this.#add(found);
      else await this.#source.remove(id);
    }
  }

  /** Stops without ending anything: every session waits for the next start. */
  leave(): void {
    this.#stop();
    for (const [id, { session }] of this.#entries) {
      this.#forget(id);
      session.leave();
    }
  }

  /** Ends every session. */
  async endAll(message: string): Promise<void> {
    this.#stop();
    await Promise.all([...this.#entries.keys()].map((id) => this.end(id, message)));
  }

  #stop(): void {
    this.#stopped = true;
    this.#sweep?.dispose();
  }

  #add(session: OwnedSession): void {
    const { id, expiresAtMs } = session.identity;
    const entry: Entry = {
      session,
      connections: 0,
      expiry: this.#clock.setTimeout(
        () => void this.end(id, 'Time is up: the real cluster was removed.'),
        expiresAtMs - this.#clock.now(),
      ),
      idle: undefined,
    };
    this.#entries.set(id, entry);
    this.#startIdle(entry);
    // Closed by its page. A failed one stays, so that whoever watches can read why.
    session.onStatus(({ phase }) => {
      if (phase === 'closed') void this.end(id);
    });
  }

  #startIdle(entry: Entry): void {
    const { id } = entry.session.identity;
    entry.idle = this.#clock.setTimeout(
      () => void this.end(id, 'Nobody was connected for a while: the real cluster was removed.'),
      this.#limits.idleMinutes * MINUTE_MS,
    );
  }

  #forget(id: string): void {
    const entry = this.#entries.get(id);
    entry?.expiry.dispose();
    entry?.idle?.dispose();
    this.#entries.delete(id);
  }

  #scheduleSweep(): void {
    if (this.#stopped) return;
    this.#sweep = this.#clock.setTimeout(() => {
      // An engine that does not answer now may answer at the next sweep.
      this.sweep()
        .catch(() => {})
        .finally(() => this.#scheduleSweep());
    }, SWEEP_MS);
  }
}

/** Every place is taken; the message is for people. */
export class NoneFree extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoneFree';
  }
}
