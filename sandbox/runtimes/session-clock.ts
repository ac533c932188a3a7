/**
 * A session's clock as its other side of the connection sees it: what is measured in cluster time (a check that
 * must hold for 20 s) stands still with the cluster and hurries with it. Right to within the connection's delay.
 */
import { AdjustableClock } from '../core/adjustable-clock.ts';
import type { Clock } from '../core/clock.ts';
import type { Disposable } from '../core/disposable.ts';
import type { Session } from './runtime.ts';

/** Closer than this the two agree: it is what a message takes on a busy machine. */
const TOLERANCE_MS = 250;

/** @param base the world's time, which a session without its own lives in. */
export function sessionClock(
  session: Pick<Session, 'status' | 'onStatus'>,
  base: Clock,
): { clock: Clock; following: Disposable } {
  const clock = new AdjustableClock(base, session.status.time?.nowMs ?? base.now());
  const follow = ({ time }: Session['status']) => {
    if (!time) return;
    clock.setRate(time.rate);
    const behindMs = time.nowMs - clock.now();
    if (behindMs > TOLERANCE_MS) void clock.advance(behindMs);
  };
  follow(session.status);
  return { clock, following: session.onStatus(follow) };
}
