/**
 * `dig` (BIND 9), as far as one asks a cluster's name server: `dig [@server] name [type] [+short] [+search]
 * [-x address]`. The server is the one of the machine, whoever is named.
 */
import type { Program } from '../../../os/machine.ts';
import { NameServerTimeout, type NameAnswer } from '../../../os/network.ts';
import type { Process } from '../../../os/process.ts';
import { withUsage } from '../command.ts';

const TYPES = ['A', 'AAAA', 'CNAME', 'SRV', 'PTR', 'TXT', 'MX', 'NS', 'SOA', 'ANY'];
const TIMED_OUT = 9;

const run: Program = async (process) => {
  const words = process.argv.slice(1);
  let name = '.';
  let type = 'A';
  let server: string | undefined;
  const options = new Set<string>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word.startsWith('@')) server = word.slice(1);
    else if (word.startsWith('+')) options.add(word.slice(1));
    else if (word === '-x') {
      name = `${(words[++at] ?? '').split('.').reverse().join('.')}.in-addr.arpa`;
      type = 'PTR';
    } else if (word === '-t') type = (words[++at] ?? 'A').toUpperCase();
    else if (TYPES.includes(word.toUpperCase())) type = word.toUpperCase();
    else if (!word.startsWith('-')) name = word;
  }
  const { nameserver, searches } = configuration(process);
  const { network, clock } = process.machine;
  const candidates =
    options.has('search') && !name.endsWith('.')
      ? [...searches.map((domain) => `${name}.${domain}`), name]
      : [name.replace(/\.$/, '')];
  const startMs = clock.now();
  let answer: NameAnswer = { code: 'NXDOMAIN', records: [] };
  let asked = candidates[0]!;
  try {
    for (asked of candidates) {
      if (network?.query) answer = await process.wait(network.query(asked, type));
      if (answer.code === 'NOERROR') break;
    }
  } catch (error) {
    if (!(error instanceof NameServerTimeout)) throw error;
    await process.print(
      `;; communications error to ${server ?? nameserver}#53: timed out\n;; no servers could be reached\n`,
    );
    return TIMED_OUT;
  }
  if (options.has('short')) {
    await process.print(answer.records.map(({ data }) => `${data}\n`).join(''));
    return 0;
  }
  const id = process.machine.random.int(65_536);
  const records = answer.records.map(
    ({ name: owner, ttlSeconds, type: kind, data }) => `${owner}\t\t${ttlSeconds}\tIN\t${kind}\t${data}\n`,
  );
  await process.print(`
; <<>> DiG 9.20.15 <<>> ${words.join(' ')}
;; global options: +cmd
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: ${answer.code}, id: ${id}
;; flags: qr aa rd; QUERY: 1, ANSWER: ${records.length}, AUTHORITY: 0, ADDITIONAL: 1

;; QUESTION SECTION:
;${asked}.\t\tIN\t${type}

${records.length > 0 ? `;; ANSWER SECTION:\n${records.join('')}\n` : ''};; Query time: ${clock.now() - startMs} msec
;; SERVER: ${server ?? nameserver}#53(${server ?? nameserver}) (UDP)
;; WHEN: ${new Date(clock.now()).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/, '$1 $3 $2 $5 UTC $4')}

`);
  return 0;
};

function configuration(process: Process): { nameserver: string; searches: string[] } {
  let text = '';
  try {
    text = process.readTextFile('/etc/resolv.conf');
  } catch {
    // The defaults of the resolver.
  }
  return {
    nameserver: /^nameserver\s+(\S+)/m.exec(text)?.[1] ?? '127.0.0.1',
    searches: /^search\s+(.+)$/m.exec(text)?.[1]?.trim().split(/\s+/) ?? [],
  };
}

export const program = withUsage(
  'dig [@server] [-x address] name [type] [+short] [+search]\nAsk the name server for the records of a name.',
  run,
);
