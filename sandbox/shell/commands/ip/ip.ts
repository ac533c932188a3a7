/** `ip` (iproute2) to look at: `address`, `route`, `link`, each with `show`, -o, -br and a device. Nothing can be set. */
import type { Process } from '../../../os/process.ts';
import { withUsage } from '../command.ts';
import { broadcastOf, interfacesOf, routesOf, type Interface } from '../interfaces.ts';

const USAGE = `ip [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { address | link | route }
       OPTIONS := { -4 | -o[neline] | -br[ief] }

  ip address [ show [ dev ] IFACE ]
  ip route [ show | get ADDRESS ]
  ip link [ show [ dev ] IFACE ]`;

const NOT_PERMITTED = 2;

async function run(process: Process): Promise<number> {
  const words = process.argv.slice(1);
  const options = new Set<string>();
  while (words[0]?.startsWith('-')) options.add(words.shift()!.replace(/^-+/, ''));
  const [object = 'help', verb = 'show', ...rest] = words;
  const find = (names: string[]) => names.some((name) => name.startsWith(object));
  if (object === 'help') return await fail(process, `Usage: ${USAGE}`, 255);
  const shows = 'show'.startsWith(verb) || verb === 'list' || verb === 'ls' || verb === 'lst';
  const style = [...options].find((option) => option === 'br' || option === 'brief')
    ? 'brief'
    : [...options].some((option) => option.startsWith('o'))
      ? 'line'
      : 'whole';
  if (find(['address']))
    return shows
      ? await addresses(process, rest, style)
      : await refused(process, verb, ['add', 'del', 'flush', 'replace']);
  if (find(['link']))
    return shows
      ? await links(process, rest, style)
      : await refused(process, verb, ['set', 'add', 'del', 'delete']);
  if (find(['route']))
    return verb === 'get'
      ? await routeTo(process, rest[0] ?? '')
      : shows
        ? await routes(process)
        : await refused(process, verb, ['add', 'del', 'change', 'replace', 'flush']);
  if (find(['neighbour', 'neighbor', 'rule', 'netns'])) return 0;
  return await fail(process, `Object "${object}" is unknown, try "ip help".`, 1);
}

async function refused(process: Process, verb: string, known: readonly string[]): Promise<number> {
  if (known.includes(verb))
    return await fail(process, 'RTNETLINK answers: Operation not permitted', NOT_PERMITTED);
  return await fail(process, `Command "${verb}" is unknown, try "ip help".`, 255);
}

async function fail(process: Process, message: string, exitCode: number): Promise<number> {
  await process.printError(`${message}\n`);
  return exitCode;
}

type Style = 'whole' | 'line' | 'brief';

async function chosen(process: Process, words: readonly string[]): Promise<Interface[] | undefined> {
  const name = words.filter((word) => word !== 'dev').at(0);
  const all = interfacesOf(process);
  if (name === undefined || name === 'up') return all;
  const found = all.filter((each) => each.name === name);
  if (found.length > 0) return found;
  await process.printError(`Device "${name}" does not exist.\n`);
  return undefined;
}

const flags = ({ name }: Interface): string =>
  name === 'lo' ? '<LOOPBACK,UP,LOWER_UP>' : '<BROADCAST,MULTICAST,UP,LOWER_UP>';
const state = ({ name }: Interface): string => (name === 'lo' ? 'UNKNOWN' : 'UP');
const head = (each: Interface, extra = ''): string =>
  `${each.index}: ${each.name}: ${flags(each)} mtu ${each.mtu} qdisc noqueue state ${state(each)} ${extra}group default qlen 1000`;
const hardware = ({ name, mac }: Interface): string =>
  name === 'lo' ? `link/loopback ${mac} brd 00:00:00:00:00:00` : `link/ether ${mac} brd ff:ff:ff:ff:ff:ff`;
const inet = (each: Interface): string =>
  `inet ${each.address}/${each.prefixLength} ${each.name === 'lo' ? 'scope host lo' : `brd ${broadcastOf(each)} scope global eth0`}`;
const LIFETIME = 'valid_lft forever preferred_lft forever';

async function addresses(process: Process, words: readonly string[], style: Style): Promise<number> {
  const list = await chosen(process, words);
  for (const each of list ?? [])
    await process.print(
      style === 'brief'
        ? `${each.name.padEnd(16)} ${state(each).padEnd(14)} ${each.address}/${each.prefixLength} \n`
        : style === 'line'
          ? `${each.index}: ${each.name}    ${inet(each)}\\       ${LIFETIME}\n`
          : `${head(each)}\n    ${hardware(each)}\n    ${inet(each)}\n       ${LIFETIME}\n`,
    );
  return list ? 0 : 1;
}

async function links(process: Process, words: readonly string[], style: Style): Promise<number> {
  const list = await chosen(process, words);
  for (const each of list ?? [])
    await process.print(
      style === 'brief'
        ? `${each.name.padEnd(16)} ${state(each).padEnd(14)} ${each.mac} ${flags(each)} \n`
        : `${head(each, 'mode DEFAULT ')}${style === 'line' ? '\\' : '\n'}    ${hardware(each)}\n`,
    );
  return list ? 0 : 1;
}

async function routes(process: Process): Promise<number> {
  for (const { destination, gateway, source } of routesOf(process))
    await process.print(
      `${destination} ${gateway === undefined ? '' : `via ${gateway} `}dev eth0 ${gateway === undefined ? 'scope link ' : ''}${source === undefined ? '' : `src ${source} `}\n`,
    );
  return 0;
}

async function routeTo(process: Process, address: string): Promise<number> {
  const eth0 = interfacesOf(process).find(({ name }) => name === 'eth0');
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(address))
    return await fail(process, `Error: any valid prefix is expected rather than "${address}".`, 1);
  if (!eth0) return await fail(process, 'RTNETLINK answers: Network is unreachable', NOT_PERMITTED);
  const local = address === eth0.address || address.startsWith('127.');
  const gateway = routesOf(process)[0]!.gateway;
  await process.print(
    local
      ? `local ${address} dev lo src ${address} uid ${process.user.uid} \n    cache <local> \n`
      : `${address} ${address === gateway ? '' : `via ${gateway} `}dev eth0 src ${eth0.address} uid ${process.user.uid} \n    cache \n`,
  );
  return 0;
}

export const program = withUsage(USAGE, run);
