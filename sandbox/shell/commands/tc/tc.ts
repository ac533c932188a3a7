/**
 * `tc` (iproute2), as far as `netem` goes: `tc qdisc add dev eth0 root netem delay 100ms 20ms loss 20%`, `change`,
 * `replace`, `del`, `show`. It shapes what leaves the pod's eth0, for all its containers, and needs NET_ADMIN.
 */
import type { Program } from '../../../os/machine.ts';
import type { LinkShape } from '../../../os/network.ts';
import { parseDuration } from '../../../cluster/api/duration.ts';
import type { Process } from '../../../os/process.ts';
import { withUsage } from '../command.ts';

const USAGE =
  'Usage: tc qdisc [ add | del | replace | change | show ] dev STRING [ root ] [ netem [ delay TIME [ JITTER ] ] [ loss PERCENT ] ]\n';
const DEVICE = 'eth0';
const NOT_PERMITTED = 2;

const run: Program = async (process) => {
  const [object, verb = 'show', ...words] = process.argv.slice(1);
  if (object === undefined || !'qdisc'.startsWith(object)) {
    await process.printError(USAGE);
    return 1;
  }
  const at = words.indexOf('dev');
  const device = at < 0 ? DEVICE : words[at + 1];
  if (device !== DEVICE) return fail(process, `Cannot find device "${device}"`, 1);
  const { network } = process.machine;
  if (['show', 'list', 'ls'].includes(verb)) {
    await process.print(describe(network?.link));
    return 0;
  }
  const link = process.user.uid === 0 ? network?.link : undefined;
  if (!link) return fail(process, 'RTNETLINK answers: Operation not permitted', NOT_PERMITTED);
  const isSet = link.delayMs > 0 || link.lossPercent > 0;
  if (verb === 'del' || verb === 'delete') {
    if (!isSet) return fail(process, 'Error: Cannot delete qdisc with handle of zero.', NOT_PERMITTED);
    Object.assign(link, { delayMs: 0, jitterMs: 0, lossPercent: 0 } satisfies LinkShape);
    return 0;
  }
  if (!['add', 'change', 'replace'].includes(verb)) {
    await process.printError(`Command "${verb}" is unknown, try "tc qdisc help".\n`);
    return 1;
  }
  if (verb === 'add' && isSet)
    return fail(process, 'Error: Exclusivity flag on, cannot modify.', NOT_PERMITTED);
  if (verb === 'change' && !isSet)
    return fail(process, 'Error: Qdisc not found. To create specify NLM_F_CREATE flag.', NOT_PERMITTED);
  const kind = words.indexOf('netem');
  if (kind < 0) return fail(process, 'Error: Specified qdisc kind is unknown.', NOT_PERMITTED);
  const shape = parse(words.slice(kind + 1));
  if (typeof shape === 'string') return fail(process, shape, 1);
  Object.assign(link, shape);
  return 0;
};

async function fail(process: Process, message: string, exitCode: number): Promise<number> {
  await process.printError(`${message}\n`);
  return exitCode;
}

/** The shape, or what is wrong with the words. */
function parse(words: readonly string[]): LinkShape | string {
  const shape: LinkShape = { delayMs: 0, jitterMs: 0, lossPercent: 0 };
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === 'delay' || word === 'latency') {
      const delayMs = time(words[++at]);
      if (delayMs === undefined) return `Illegal "latency"\n${USAGE}`.trimEnd();
      shape.delayMs = delayMs;
      const jitterMs = time(words[at + 1]);
      if (jitterMs !== undefined) {
        shape.jitterMs = jitterMs;
        at++;
      }
    } else if (word === 'loss' || word === 'drop') {
      if (words[at + 1] === 'random') at++;
      const percent = /^(\d+(?:\.\d+)?)%?$/.exec(words[++at] ?? '');
      if (!percent || Number(percent[1]) > 100) return `Illegal "loss percent"`;
      shape.lossPercent = Number(percent[1]);
    } else if (word !== 'limit') return `What is "${word}"?\n${USAGE}`.trimEnd();
    else at++;
  }
  return shape;
}

/** `100ms`, `1s`, `500us`; a plain number is microseconds. */
function time(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d/.test(text)) return undefined;
  if (/^\d+$/.test(text)) return Number(text) / 1000;
  try {
    return parseDuration(
      text.replace(/(msecs?|usecs?|secs?)$/, (unit) => unit.replace(/ecs?$/, '').replace(/^ms$|^m$/, 'ms')),
    );
  } catch {
    return undefined;
  }
}

function describe(link: LinkShape | undefined): string {
  if (!link || (link.delayMs === 0 && link.lossPercent === 0))
    return `qdisc noqueue 0: dev ${DEVICE} root refcnt 2\n`;
  const delay =
    link.delayMs > 0 ? ` delay ${link.delayMs}ms${link.jitterMs > 0 ? `  ${link.jitterMs}ms` : ''}` : '';
  const loss = link.lossPercent > 0 ? ` loss ${link.lossPercent}%` : '';
  return `qdisc netem 8001: dev ${DEVICE} root refcnt 2 limit 1000${delay}${loss}\n`;
}

export const program = withUsage(USAGE.replace('Usage: ', '').trimEnd(), run);
