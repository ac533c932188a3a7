import { beforeEach, expect, test } from 'vitest';
import { decode, encode } from '../../core/bytes.ts';
import { ManualClock } from '../../core/clock.ts';
import { textResponse } from '../../core/http.ts';
import { Random } from '../../core/random.ts';
import { ControlGroup } from '../../os/control-group.ts';
import type { Program } from '../../os/machine.ts';
import { NetworkStack } from '../network/network-stack.ts';
import { executable } from '../images/executable.ts';
import { Image } from '../images/image.ts';
import { Layer } from '../images/layer.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import { Container, DEFAULT_PATH } from './container.ts';
import { ContainerDevices } from './container-devices.ts';
import { attach, exec, forwardPort, type ContainerStreams } from './streaming.ts';

const PROGRAMS: Record<string, Program> = {
  /** Says each line it reads twice as loud. */
  shout: async (process) => {
    for await (const line of process.lines()) await process.print(`${line.toUpperCase()}\n`);
    await process.printError('done\n');
    return 3;
  },
  wait: (process) => process.wait(new Promise<void>(() => {})),
  size: async (process) => {
    const { terminal } = process;
    await process.read();
    await process.print(terminal ? `${terminal.columns}x${terminal.rows}\n` : 'no terminal\n');
  },
};

const IMAGE = new Image({}, [
  new Layer(
    [
      { path: '/bin', kind: 'directory' },
      ...Object.keys(PROGRAMS).map((name) => ({
        path: `/bin/${name}`,
        kind: 'file' as const,
        mode: 0o755,
        contents: executable(name),
      })),
    ],
    'ADD bin',
    0,
  ),
]);

const clock = new ManualClock();
const stack = new NetworkStack(
  {
    clock,
    random: new Random(1),
    route: () => ({ kind: 'refused' }),
    lookUp: () => undefined,
    query: () => 'dropped',
    traffic: { isWatched: false, count: () => {} },
  },
  { addresses: ['10.244.0.2'], hostname: 'web' },
);
let container: Container;

async function start(command: string, options: { tty?: boolean } = {}): Promise<void> {
  const random = new Random(1);
  const files = new MemoryFileSystem({ clock, tree: IMAGE.tree });
  container = new Container({
    name: 'web',
    image: { image: IMAGE, tags: new Set(), digests: new Set() },
    argv: [command],
    environment: { PATH: DEFAULT_PATH },
    directory: '/',
    user: { uid: 0, gid: 0 },
    hostname: 'web',
    files,
    root: files,
    devices: new ContainerDevices(random, '/termination-log'),
    network: stack,
    controlGroup: new ControlGroup({ clock }),
    programs: new Map(Object.entries(PROGRAMS).map(([name, program]) => [name, () => program])),
    clock,
    random,
    stdin: true,
    tty: options.tty ?? false,
  });
  await container.start();
}

async function text(stream: AsyncIterable<Uint8Array>): Promise<string> {
  let out = '';
  for await (const bytes of stream) out += decode(bytes);
  return out;
}

const ALL = { stdin: true, stdout: true, stderr: true, tty: false };

async function finish(streams: ContainerStreams): Promise<[string, string, number]> {
  return Promise.all([text(streams.stdout), text(streams.stderr), streams.exit]);
}

beforeEach(() => start('wait'));

test('exec: input, both outputs, exit code', async () => {
  const streams = await exec(container, ['shout'], ALL);
  await streams.stdin!.write(encode('hello\nwor'));
  await streams.stdin!.write(encode('ld\n'));
  streams.stdin!.close();
  expect(await finish(streams)).toEqual(['HELLO\nWORLD\n', 'done\n', 3]);
});

test('exec without input: end of file at once', async () => {
  const streams = await exec(container, ['shout'], { ...ALL, stdin: false });
  expect(streams.stdin).toBeUndefined();
  expect(await finish(streams)).toEqual(['', 'done\n', 3]);
});

test('exec in a terminal: echo, its size, everything on stdout', async () => {
  const streams = await exec(container, ['shout'], { ...ALL, tty: true });
  await streams.stdin!.write(encode('hi\r'));
  await streams.stdin!.write(encode('\x04'));
  const [stdout, stderr, exitCode] = await finish(streams);
  expect(stdout.replaceAll('\r', '')).toBe('hi\nHI\ndone\n');
  expect([stderr, exitCode]).toEqual(['', 3]);
});

test('a terminal is as large as the client says', async () => {
  const streams = await exec(container, ['size'], { ...ALL, tty: true });
  streams.resize(132, 43);
  await streams.stdin!.write(encode('\r'));
  expect((await finish(streams))[0].trim()).toBe('132x43');
});

test('Ctrl-C ends what runs in the terminal', async () => {
  const streams = await exec(container, ['wait'], { ...ALL, tty: true });
  await streams.stdin!.write(encode('\x03'));
  expect(await streams.exit).toBe(130);
  expect(container.running).toBe(true);
});

test('a client that hangs up takes its terminal with it', async () => {
  const streams = await exec(container, ['wait'], { ...ALL, tty: true });
  streams.close();
  expect(await streams.exit).toBe(129);
});

test('what is not there cannot be run', async () => {
  await expect(exec(container, ['bash'], ALL)).rejects.toThrow(
    /^Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "[0-9a-f]{64}": OCI runtime exec failed: exec failed: unable to start container process: exec: "bash": executable file not found in \$PATH$/,
  );
});

test('attach: types to the first process and hears it', async () => {
  await start('shout');
  const streams = attach(container, ALL);
  await streams.stdin!.write(encode('hello\n'));
  streams.stdin!.close();
  expect(await finish(streams)).toEqual(['HELLO\n', 'done\n', 3]);
  expect(await text(container.log.read())).toBe('HELLO\ndone\n');
});

test('a container with a terminal of its own', async () => {
  await start('shout', { tty: true });
  const streams = attach(container, { ...ALL, tty: true });
  await streams.stdin!.write(encode('hi\r'));
  streams.stdin!.close();
  await streams.exit;
  expect((await text(container.log.read())).replaceAll('\r', '')).toContain('HI\n');
});

test('a forwarded port: requests one after another, then the end', async () => {
  const listening = stack.listen(8080, async ({ path }) => textResponse(200, `at ${path}`));
  const forwarded = forwardPort(stack, 8080);
  await forwarded.write(encode('GET /one HTTP/1.1\r\nHost: x\r\n\r\nGET /two HTTP/1.1\r\nHo'));
  await forwarded.write(encode('st: x\r\n\r\n'));
  forwarded.end();
  const out = await text(forwarded.output);
  expect(out.match(/at \/(one|two)/g)).toEqual(['at /one', 'at /two']);
  listening.dispose();

  const refused = forwardPort(stack, 8080);
  await refused.write(encode('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
  expect(await text(refused.output)).toBe('');

  const nonsense = forwardPort(stack, 8080);
  await nonsense.write(encode('hello\r\n\r\n'));
  expect(await text(nonsense.output)).toMatch(/^HTTP\/1\.1 400 Bad Request/);
});
