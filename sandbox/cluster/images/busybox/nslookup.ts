/**
 * busybox `nslookup`: asks for A and AAAA records at once (clusters here have no IPv6, so the second answer
 * is empty). A name without a dot is tried with every domain of the search path, and one of them unknown is
 * exit code 1, whatever the others said. Left out: the lines of aliases of addresses.
 */
import type { Program } from '../../../os/machine.ts';
import { NameNotFound, NameServerTimeout } from '../../../os/network.ts';
import { usageOf } from './synopsis.ts';

export const nslookup: Program = async (process) => {
  const words = process.argv.slice(1);
  const types = words
    .filter((word) => /^-(?:query)?type=|^-q=/.test(word))
    .map((word) => word.split('=')[1]!);
  const [name, server] = words.filter((word) => !word.startsWith('-'));
  if (name === undefined) {
    await process.printError(usageOf('nslookup')!);
    return 1;
  }
  const { nameserver, searches } = resolverOf(readConfiguration(process.readTextFile.bind(process)));
  const asked = server ?? nameserver;
  await process.print(`Server:\t\t${asked}\nAddress:\t${asked}:53\n\n`);
  const candidates = name.endsWith('.')
    ? [name.slice(0, -1)]
    : /^[\d.]+$/.test(name)
      ? [`${name.split('.').reverse().join('.')}.in-addr.arpa`]
      : name.includes('.') || searches.length === 0
        ? [name]
        : searches.map((domain) => `${name}.${domain}`);
  const isReverse = candidates[0]!.endsWith('.in-addr.arpa');
  const records =
    types.length > 0 ? types.map((type) => type.toUpperCase()) : isReverse ? ['PTR'] : ['A', 'AAAA'];
  let exitCode = 0;
  try {
    for (const record of records) for (const candidate of candidates) await ask(record, candidate);
  } catch (error) {
    if (!(error instanceof NameServerTimeout)) throw error;
    await process.print(';; connection timed out; no servers could be reached\n\n');
    return 1;
  }
  return exitCode;

  async function ask(record: string, candidate: string): Promise<void> {
    if (record !== 'A' && record !== 'AAAA') return askFor(record, candidate);
    const addresses = await lookUp(candidate);
    if (!addresses) {
      exitCode = 1;
      await process.print(`** server can't find ${candidate}: NXDOMAIN\n\n`);
    } else if (record !== 'A') await process.print('\n');
    else {
      const lines = addresses.map((address) => `Name:\t${candidate}\nAddress: ${address}\n`);
      await process.print(`${lines.join('')}\n`);
    }
  }

  /** Records that are no addresses. */
  async function askFor(record: string, candidate: string): Promise<void> {
    const { network } = process.machine;
    const answer = network?.query && (await process.wait(network.query(candidate, record)));
    if (!answer || answer.code === 'NXDOMAIN') {
      exitCode = 1;
      await process.print(`** server can't find ${candidate}: NXDOMAIN\n\n`);
      return;
    }
    const lines = answer.records.map(({ name: owner, type, data }) => {
      const own = owner.replace(/\.$/, '');
      const shown = data.replace(/\.$/, '');
      if (type === 'PTR') return `${own}\tname = ${shown}\n`;
      if (type === 'CNAME') return `${own}\tcanonical name = ${shown}\n`;
      return type === 'SRV' ? `${own}\tservice = ${shown}\n` : `Name:\t${own}\nAddress: ${data}\n`;
    });
    await process.print(
      lines.length > 0 ? `${lines.join('')}\n` : `*** Can't find ${candidate}: No answer\n\n`,
    );
  }

  async function lookUp(candidate: string): Promise<string[] | undefined> {
    const { network } = process.machine;
    try {
      return await process.wait(network ? network.resolve(`${candidate}.`) : []);
    } catch (error) {
      if (error instanceof NameNotFound && !(error instanceof NameServerTimeout)) return undefined;
      throw error;
    }
  }
};

function readConfiguration(readTextFile: (path: string) => string): string {
  try {
    return readTextFile('/etc/resolv.conf');
  } catch {
    // busybox asks this machine then.
    return 'nameserver 127.0.0.1\n';
  }
}

function resolverOf(configuration: string): { nameserver: string; searches: string[] } {
  return {
    nameserver: /^nameserver\s+(\S+)/m.exec(configuration)?.[1] ?? '127.0.0.1',
    searches: /^search\s+(.+)$/m.exec(configuration)?.[1]?.trim().split(/\s+/) ?? [],
  };
}
