/**
 * A network interface's way out as `tc … netem` shapes it: packets are lost or come late, by the seed. What that
 * means for a connection is TCP's: a lost packet is sent again after a while that doubles, one second at first for
 * the handshake and 200 ms for data (`TCP_RTO_MIN`). Left out: reordering, duplicates, rates.
 */
import type { Random } from '../../core/random.ts';
import type { LinkShape } from '../../os/network.ts';

const HANDSHAKE_RTO_MS = 1000;
const DATA_RTO_MS = 200;
/** `tcp_syn_retries` and `tcp_retries2`: then the connection is given up. */
const HANDSHAKE_TRIES = 7;
const DATA_TRIES = 15;

/** How long packets take on their way; undefined: they never arrive. */
export class Link implements LinkShape {
  lossPercent = 0;
  delayMs = 0;
  jitterMs = 0;

  get isClear(): boolean {
    return this.lossPercent === 0 && this.delayMs === 0;
  }

  /** One packet's delay, or undefined when it is lost. */
  send(random: Random): number | undefined {
    if (this.lossPercent > 0 && random.next() * 100 < this.lossPercent) return undefined;
    if (this.delayMs === 0) return 0;
    return Math.max(0, this.delayMs + (2 * random.next() - 1) * this.jitterMs);
  }
}

/** The way there and back of a connection's first packets. */
export const handshakeMs = (there: Link, back: Link, random: Random): number | undefined =>
  roundTripMs(there, back, random, HANDSHAKE_RTO_MS, HANDSHAKE_TRIES);

/** The way of a request or an answer, until the other side has said that it came. */
export function dataMs(there: Link, random: Random): number | undefined {
  return roundTripMs(there, CLEAR, random, DATA_RTO_MS, DATA_TRIES);
}

const CLEAR = new Link();

function roundTripMs(
  there: Link,
  back: Link,
  random: Random,
  firstRtoMs: number,
  tries: number,
): number | undefined {
  let waitedMs = 0;
  for (let attempt = 0, rtoMs = firstRtoMs; attempt < tries; attempt++, rtoMs *= 2) {
    const [out, home] = [there.send(random), back.send(random)];
    if (out !== undefined && home !== undefined) return waitedMs + out + home;
    waitedMs += rtoMs;
  }
  return undefined;
}
