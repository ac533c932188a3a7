/** What busybox says, as `docker run busybox:1` (1.35) said it on the same commands. */
import { expect, test } from 'vitest';
import { concat, decode } from '../../../core/bytes.ts';
import { ManualClock } from '../../../core/clock.ts';
import { Random } from '../../../core/random.ts';
import { Machine } from '../../../os/machine.ts';
import { MemoryFileSystem } from '../../../os/memory-file-system.ts';
import { NameNotFound, type NetworkNamespace } from '../../../os/network.ts';
import { Errno } from '../../../os/errno.ts';
import { OpenFile } from '../../../os/open-file.ts';
import { Pty } from '../../../os/pty.ts';
import { mountSystemFiles } from '../../../os/system-files.ts';
import { programOfMarker } from '../executable.ts';
import { IMAGE_REGISTRY, PROGRAMS } from '../registry.ts';

const ADDRESSES: Record<string, string> = {
  web: '10.96.0.20',
  'web.shop.svc.cluster.local.': '10.96.0.20',
  empty: '10.96.0.22',
};

/** A Service `web` that serves `/`, a Service `empty`, a pod that is there and an address that is not. */
const network: NetworkNamespace = {
  addresses: ['10.244.0.9'],
  listen: () => ({ dispose: () => undefined }),
  resolve: async (name) => {
    if (/^[\d.]+$/.test(name)) return [name];
    const address = ADDRESSES[name];
    if (address === undefined) throw new NameNotFound(name);
    return [address];
  },
  dial: async (host) => {
    if (host !== '10.96.0.20') throw new Errno('ECONNREFUSED');
  },
  fetch: async (host, port, { path }) => {
    if (host !== '10.96.0.20' || port !== 80) throw new Errno('ECONNREFUSED');
    if (path !== '/') return { status: 404, headers: {}, body: new Uint8Array(0) };
    return { status: 200, headers: {}, body: new TextEncoder().encode('hello\n') };
  },
};

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function container() {
  const clock = new ManualClock(Date.UTC(2026, 10, 24, 11, 39));
  const image = IMAGE_REGISTRY.find('docker.io/library/busybox', '1')!;
  const files = new MemoryFileSystem({ clock, tree: image.tree });
  const machine = new Machine({
    hostname: 'web',
    files,
    clock,
    random: new Random(1),
    network,
    findProgram: (name) => programOfMarker(PROGRAMS, name),
    programNames: () => files.readDirectory('/bin'),
  });
  mountSystemFiles(machine);
  files.writeFile(
    '/etc/resolv.conf',
    new TextEncoder().encode(
      'search shop.svc.cluster.local svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
    ),
  );
  return machine;
}

/** Standard output and standard error of a script in a new container, as they came. */
async function run(script: string): Promise<string> {
  const machine = container();
  const chunks: Uint8Array[] = [];
  const sink = new OpenFile({ write: (bytes) => void chunks.push(bytes) });
  const sh = machine.spawn({
    argv: ['sh', '-c', `cd /tmp; echo hi > f; mkdir d; ${script}`],
    program: await PROGRAMS.get('busybox')!(),
    environment: { PATH, HOME: '/root' },
    files: [new OpenFile({ read: async () => null, readNow: () => null }), sink, sink],
    processGroup: 'new',
  });
  await sh.exited;
  return decode(concat(chunks));
}

test.each([
  ['foo', 'sh: foo: not found\n'],
  ['/nope', 'sh: /nope: not found\n'],
  ['./f', 'sh: ./f: Permission denied\n'],
  ['./d', 'sh: ./d: Permission denied\n'],
  ['cd /nope', "sh: cd: line 0: can't cd to /nope: No such file or directory\n"],
  ['cat < /nope', "sh: can't open /nope: no such file\n"],
  ['echo x > /nope/a', "sh: can't create /nope/a: nonexistent directory\n"],
  ['echo $((1/0))', 'sh: divide by zero\n'],
  ['echo "a', 'sh: syntax error: unterminated quoted string\n'],
  ['set -u; echo $X', 'sh: X: parameter not set\n'],
  ['test 1 -eq x', 'sh: x: bad number\n'],
  ['kill 999', "sh: can't kill pid 999: No such process\n"],
  ['cp /pages/index.html /x', "cp: can't stat '/pages/index.html': No such file or directory\n"],
  ['cp d e', "cp: omitting directory 'd'\n"],
  ['cp f /nope/x', "cp: can't create '/nope/x': No such file or directory\n"],
  [
    'cat x y',
    "cat: can't open 'x': No such file or directory\ncat: can't open 'y': No such file or directory\n",
  ],
  ['cat d', 'cat: read error: Is a directory\n'],
  ['ls x; echo $?', 'ls: x: No such file or directory\n1\n'],
  [
    'ls -l',
    'total 8\ndrwxr-xr-x    2 root     root          4096 Nov 24 11:39 d\n-rw-r--r--    1 root     root             3 Nov 24 11:39 f\n',
  ],
  ['mv x y', "mv: can't rename 'x': No such file or directory\n"],
  ['rm x', "rm: can't remove 'x': No such file or directory\n"],
  ['rm d', "rm: 'd' is a directory\n"],
  ['rmdir x', "rmdir: 'x': No such file or directory\n"],
  ['mkdir d', "mkdir: can't create directory 'd': File exists\n"],
  ['touch /a/b', 'touch: /a/b: No such file or directory\n'],
  ['ln -s f f', 'ln: f: File exists\n'],
  ['head d', 'head: d: Input/output error\n'],
  ['wc f', '        1         1         3 f\n'],
  ['wc -l f f', '        1 f\n        1 f\n        2 total\n'],
  ['wc -l < f', '1\n'],
  ['chmod 999 f', "chmod: invalid mode '999'\n"],
  ['chown nobodyy f', 'chown: unknown user nobodyy\n'],
  ['chown 7:8 f; ls -ln f | cut -c17-26', '7        8\n'],
  ['sleep x', "sleep: invalid number 'x'\n"],
  ['id x', 'id: unknown user x\n'],
  ['env foo', "env: can't execute 'foo': No such file or directory\n"],
  ['which ls foo; echo $?', '/bin/ls\n1\n'],
  [
    'ps',
    'PID   USER     TIME  COMMAND\n    1 root      0:00 sh -c cd /tmp; echo hi > f; mkdir d; ps\n    3 root      0:00 ps\n',
  ],
  ['ps -o pid,args | tail -n 1', /^ +\d+ tail -n 1\n$/],
  ['ps -z', /^ps: invalid option -- 'z'\nBusyBox v1\.37\.0 .*\n\nUsage: ps /],
  ['stty size', 'stty: standard input: Inappropriate ioctl for device\n'],
  ['df /tmp | head -n 1', 'Filesystem           1K-blocks      Used Available Use% Mounted on\n'],
  ['df x', /df: x: can't find mount point\n$/],
  ['killall nope', 'killall: nope: no process killed\n'],
  ['busybox nope', 'nope: applet not found\n'],
  ['cp', /^BusyBox v.* multi-call binary\.\n\nUsage: cp \[-arPLHpfinlsTu\] SOURCE DEST\n/],
  ['cat --nope', /^cat: unrecognized option '--nope'\nBusyBox v1\.37\.0 .*\n\nUsage: cat \[-nbvteA\]/],
  ['wget -qO- web', 'hello\n'],
  [
    'wget web',
    `Connecting to web (10.96.0.20:80)\nsaving to 'index.html'\nindex.html           100% |${'*'.repeat(32)}|     6  0:00:00 ETA\n'index.html' saved\n`,
  ],
  ['wget -qO- web/nope; echo $?', 'wget: server returned error: HTTP/1.1 404 Not Found\n1\n'],
  ['wget -qO- empty', "wget: can't connect to remote host (10.96.0.22): Connection refused\n"],
  ['wget -O- nope', "wget: bad address 'nope'\n"],
  ['wget -q web; wget -q web', "wget: can't open 'index.html': File exists\n"],
  ['wget --spider web', 'Connecting to web (10.96.0.20:80)\nremote file exists\n'],
  [
    'nslookup web.shop.svc.cluster.local',
    'Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tweb.shop.svc.cluster.local\nAddress: 10.96.0.20\n\n\n',
  ],
  [
    'nslookup nope.shop',
    "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n** server can't find nope.shop: NXDOMAIN\n\n** server can't find nope.shop: NXDOMAIN\n\n",
  ],
  ['nc -zv web 80', 'web (10.96.0.20:80) open\n'],
  [
    'echo a > d/a; ln -s a d/b; tar cf - /tmp/d | tar xf - -C /var; cd /var/tmp/d; cat a b; readlink b',
    "tar: removing leading '/' from member names\na\na\na\n",
  ],
  ['tar cf x.tar d f; tar tf x.tar', 'd/\nf\n'],
  ['tar xf x', "tar: can't open 'x': No such file or directory\n"],
  ['nc nope 1', "nc: bad address 'nope'\n"],
  [
    'ping -c1 10.244.0.7',
    'PING 10.244.0.7 (10.244.0.7): 56 data bytes\n64 bytes from 10.244.0.7: seq=0 ttl=64 time=0.070 ms\n\n--- 10.244.0.7 ping statistics ---\n1 packets transmitted, 1 packets received, 0% packet loss\nround-trip min/avg/max = 0.070/0.070/0.070 ms\n',
  ],
])('%s', async (script, want) => {
  const said = await run(script);
  if (want instanceof RegExp) expect(said).toMatch(want);
  else expect(said).toBe(want);
});

test('stty knows the size of the terminal', async () => {
  const machine = container();
  const terminal = new Pty({ machine, columns: 91, rows: 17 });
  let shown = '';
  terminal.onOutput((bytes) => void (shown += decode(bytes)));
  const stty = machine.spawn({
    argv: ['stty', 'size'],
    program: await PROGRAMS.get('busybox')!(),
    files: [terminal.file, terminal.file, terminal.file],
    terminal,
    processGroup: 'new',
  });
  expect(await stty.exited).toBe(0);
  expect(shown).toBe('17 91\r\n');
});
