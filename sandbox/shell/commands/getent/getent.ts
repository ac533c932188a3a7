/** glibc's `getent` for passwd, group and hosts (files, then DNS). */
import { NameNotFound } from '../../../os/network.ts';
import { defineCommand, UsageError } from '../command.ts';
import type { Process } from '../../../os/process.ts';

export const program = defineCommand(
  {
    short: '',
    usage:
      'getent DATABASE [KEY]...\nGet entries from administrative database: passwd, group, hosts, ahosts.',
  },
  async (process, _options, [database, ...keys]) => {
    if (database === undefined) throw new UsageError('wrong number of arguments');
    if (database === 'passwd' || database === 'group')
      return await entries(process, `/etc/${database}`, keys);
    if (database !== 'hosts' && database !== 'ahosts' && database !== 'ahostsv4') {
      await process.printError(`Unknown database: ${database}\n`);
      await process.print("Try `getent --help' or `getent --usage' for more information.\n");
      return 1;
    }
    if (keys.length === 0) {
      for (const [address, ...names] of hosts(process))
        await process.print(`${address!.padEnd(15)} ${names.join(' ')}\n`);
      return 0;
    }
    let status = 0;
    for (const key of keys) {
      const addresses = await resolve(process, key);
      if (addresses.length === 0) status = 2;
      for (const [address, name] of addresses)
        await process.print(
          database === 'hosts' ? `${address.padEnd(15)} ${name}\n` : `${address.padEnd(15)} STREAM ${name}\n`,
        );
    }
    return status;
  },
);

async function entries(process: Process, path: string, keys: string[]): Promise<number> {
  const lines = process
    .readTextFile(path)
    .split('\n')
    .filter((line) => line !== '');
  if (keys.length === 0) {
    await process.print(lines.map((line) => `${line}\n`).join(''));
    return 0;
  }
  let status = 0;
  for (const key of keys) {
    const line = lines.find((each) => each.split(':')[0] === key || each.split(':')[2] === key);
    if (line === undefined) status = 2;
    else await process.print(`${line}\n`);
  }
  return status;
}

/** The lines of /etc/hosts in words. */
function hosts(process: Process): string[][] {
  try {
    return process
      .readTextFile('/etc/hosts')
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
      .filter((words) => words.length > 1);
  } catch {
    return [];
  }
}

async function resolve(process: Process, name: string): Promise<[string, string][]> {
  const line = hosts(process).find((words) => words.includes(name));
  if (line) return [[line[0]!, line.slice(1).join(' ')]];
  const { network } = process.machine;
  if (!network) return [];
  try {
    return (await process.wait(network.resolve(name))).map((address) => [address, name]);
  } catch (error) {
    if (error instanceof NameNotFound) return [];
    throw error;
  }
}
