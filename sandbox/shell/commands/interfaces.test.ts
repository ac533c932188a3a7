import { expect, test } from 'vitest';
import { EMPTY, Utf8Decoder } from '../../core/bytes.ts';
import { ManualClock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import { Machine } from '../../os/machine.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import type { NetworkNamespace } from '../../os/network.ts';
import { openBytes } from '../../os/open-bytes.ts';
import { OpenFile } from '../../os/open-file.ts';
import { commandNames, findCommand } from './registry.ts';

/** What a command prints in a pod with a server on port 8080. */
async function inPod(line: string): Promise<string> {
  const clock = new ManualClock();
  const network = {
    addresses: ['10.244.0.72'],
    listening: () => [{ port: 8080, address: '0.0.0.0' }],
  } as unknown as NetworkNamespace;
  const files = new MemoryFileSystem({ clock });
  const machine = new Machine({
    hostname: 'web',
    files,
    clock,
    random: new Random(1),
    network,
    findProgram: findCommand,
    programNames: commandNames,
  });
  const decoder = new Utf8Decoder();
  let text = '';
  const sink = new OpenFile({ write: (bytes) => void (text += decoder.push(bytes)) });
  const argv = line.split(' ');
  const program = (await findCommand(argv[0]!))!;
  const process = machine.spawn({ argv, program, files: [openBytes(EMPTY), sink, sink] });
  const exitCode = await process.exited;
  return exitCode === 0 ? text : `${text}exit ${exitCode}\n`;
}

test.each([
  [
    'ip route',
    'default via 10.244.0.1 dev eth0 \n10.244.0.0/24 via 10.244.0.1 dev eth0 src 10.244.0.72 \n10.244.0.1 dev eth0 scope link src 10.244.0.72 \n',
  ],
  [
    'ip -br addr',
    'lo               UNKNOWN        127.0.0.1/8 \neth0             UP             10.244.0.72/24 \n',
  ],
  [
    'ip -o -4 a show eth0',
    '2: eth0    inet 10.244.0.72/24 brd 10.244.0.255 scope global eth0\\       valid_lft forever preferred_lft forever\n',
  ],
  ['ip link set eth0 down', 'RTNETLINK answers: Operation not permitted\nexit 2\n'],
  ['ip a show eth9', 'Device "eth9" does not exist.\nexit 1\n'],
  ['ip frob', 'Object "frob" is unknown, try "ip help".\nexit 1\n'],
  ['ss -tlnH', 'LISTEN 0      4096              0.0.0.0:8080        0.0.0.0:*\n'],
])('%s', async (line, want) => {
  expect(await inPod(line)).toBe(want);
});

test('netstat shows who listens', async () => {
  expect(await inPod('netstat -tln')).toMatch(/^tcp {8}0 {6}0 0\.0\.0\.0:8080 +0\.0\.0\.0:\* +LISTEN/m);
  expect(await inPod('netstat -t')).not.toContain('LISTEN');
});

test('route -n has the mask of each network', async () => {
  expect(await inPod('route -n')).toContain('10.244.0.0      10.244.0.1      255.255.255.0   UG    0');
});

test('ifconfig names address, mask and broadcast', async () => {
  expect(await inPod('ifconfig eth0')).toContain(
    'inet 10.244.0.72  netmask 255.255.255.0  broadcast 10.244.0.255',
  );
});
