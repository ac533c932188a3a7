/**
 * busybox `ping`. The network carries connections and no ICMP: who answers a connection, be it with a
 * refusal, is there and answers pings; Service addresses are not, as behind kube-proxy.
 */
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import { NameNotFound } from '../../../os/network.ts';
import { usageOf } from './synopsis.ts';

const INTERVAL_MS = 1000;
/** How long the last answer is waited for. */
const LINGER_MS = 10_000;
/** Nobody listens here: whoever is there refuses. */
const NO_PORT = 65_535;
const ROUND_TRIP = '0.070';

export const ping: Program = async (process) => {
  const words = process.argv.slice(1);
  let count = Infinity;
  let waitMs = LINGER_MS;
  let quiet = false;
  let host: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const [, letter, attached] = /^-([a-zA-Z46])(.*)$/.exec(word) ?? [];
    if (letter === undefined) host = word;
    else if (letter === 'q') quiet = true;
    else if ('cWwisItpA'.includes(letter)) {
      const value = Number(attached || words[++i]);
      if (letter === 'c') count = value;
      else if (letter === 'W' || letter === 'w') waitMs = value * 1000;
    }
  }
  if (host === undefined) {
    await process.printError(usageOf('ping')!);
    return 1;
  }
  const { network, clock } = process.machine;
  let address: string | undefined;
  try {
    [address] = await process.wait(network ? network.resolve(host) : []);
  } catch (error) {
    if (!(error instanceof NameNotFound)) throw error;
  }
  if (!network || address === undefined) {
    await process.printError(`ping: bad address '${host}'\n`);
    return 1;
  }
  await process.print(`PING ${host} (${address}): 56 data bytes\n`);
  let sent = 0;
  let received = 0;
  let interrupted = false;
  process.handlers.set('INT', () => {
    interrupted = true;
    process.interrupt(new Interrupted());
  });
  try {
    while (sent < count) {
      const sequence = sent++;
      const last = sent >= count;
      if (await answers(address, last ? waitMs : INTERVAL_MS)) {
        received++;
        if (!quiet)
          await process.print(`64 bytes from ${address}: seq=${sequence} ttl=64 time=${ROUND_TRIP} ms\n`);
        if (!last) await process.sleep(INTERVAL_MS);
      }
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  }
  const loss = sent === 0 ? 0 : Math.round(((sent - received) / sent) * 100);
  await process.print(
    `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${received} packets received, ${loss}% packet loss\n`,
  );
  if (received > 0)
    await process.print(`round-trip min/avg/max = ${ROUND_TRIP}/${ROUND_TRIP}/${ROUND_TRIP} ms\n`);
  return received > 0 ? 0 : interrupted && sent === 0 ? 0 : 1;

  async function answers(to: string, withinMs: number): Promise<boolean> {
    let timer: { dispose(): void } | undefined;
    try {
      return await process.withAbort((signal) =>
        Promise.race([
          network!.dial(to, NO_PORT, signal).then(
            () => true,
            (error: unknown) => error instanceof Errno && error.code === 'ECONNREFUSED',
          ),
          new Promise<false>((resolve) => {
            timer = clock.setTimeout(() => resolve(false), withinMs);
          }),
        ]),
      );
    } finally {
      timer?.dispose();
    }
  }
};

class Interrupted extends Error {}
