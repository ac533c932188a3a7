import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { inProcessBatchTools } from '../shell/in-process-batch.ts';
import { TerminalDriver } from './terminal-driver.ts';

vi.setConfig({ testTimeout: 30_000 });

let terminal: TerminalDriver;
beforeAll(() => TerminalDriver.load(), 60_000);
beforeEach(() => void (terminal = new TerminalDriver()));
afterEach(() => terminal.dispose());

const run = (line: string) => terminal.run(line);
const output = (line: string) => terminal.output(line);

describe('docker build', () => {
  beforeEach(() => {
    terminal.write(
      'app/Dockerfile',
      'FROM busybox:1\nWORKDIR /app\nCOPY hello.txt .\nRUN tr a-z A-Z < hello.txt > loud.txt && rm hello.txt\nENV WHO=world\nCMD ["cat", "loud.txt"]\n',
    );
    terminal.write('app/hello.txt', 'hello\n');
  });

  test('step by step, and from the cache the second time', async () => {
    expect(await output('docker build --progress plain -t app:v1 app')).toMatch(
      /^#0 building with "default" instance using docker driver\n\n#1 \[internal\] load build definition from Dockerfile\n/,
    );
    expect(await output('docker run --rm app:v1')).toBe('HELLO\n');
    const [id] = (await output('docker images -q --no-trunc app')).split('\n');
    const again = await output('docker build --progress plain -t app:v2 app');
    expect(again.match(/CACHED/g)).toHaveLength(3);
    expect(again).toContain(`naming to docker.io/library/app:v2 done`);
    expect(await output('docker images -q --no-trunc')).toBe(`${id}\n`);
    terminal.write('app/hello.txt', 'bye\n');
    const changed = await output('docker build --progress plain -t app:v3 app');
    expect(changed.match(/CACHED/g)).toHaveLength(1);
    expect(await output('docker run --rm app:v3')).toBe('BYE\n');
  });

  test('history and layers: what each step added, what it removed', async () => {
    await output('docker build -q -t app:v1 app');
    const history = await output('docker history --format "{{.CreatedBy}}" --no-trunc app:v1');
    expect(history.split('\n').slice(0, 5)).toEqual([
      'CMD ["cat" "loud.txt"]',
      'ENV WHO=world',
      'RUN /bin/sh -c tr a-z A-Z < hello.txt > loud.txt && rm hello.txt # buildkit',
      'COPY hello.txt . # buildkit',
      'WORKDIR /app',
    ]);
    expect(await output('docker inspect -f "{{len .RootFS.Layers}} {{.Config.WorkingDir}}" app:v1')).toBe(
      '4 /app\n',
    );
    expect(await output('docker run --rm app:v1 ls')).toBe('loud.txt\n');
  });

  test('a build of several stages takes over files alone; --target stops early; arguments', async () => {
    terminal.write(
      'multi/Dockerfile',
      `ARG BASE=busybox:1
FROM \${BASE} AS build
ARG VERSION=none
RUN mkdir /out && echo "version $VERSION" > /out/version
FROM \${BASE} AS unused
RUN false
FROM \${BASE}
COPY --from=build --chown=1000:1000 --chmod=600 /out/version /etc/app-version
USER 1000
ENTRYPOINT ["cat"]
CMD ["/etc/app-version"]
`,
    );
    await output('docker build -q -t multi --build-arg VERSION=7 multi');
    expect(await output('docker run --rm multi')).toBe('version 7\n');
    expect(await output('docker run --rm --entrypoint stat multi -c "%a %u" /etc/app-version')).toBe(
      '600 1000\n',
    );
    expect(await run('docker run --rm --entrypoint ls multi /out')).toMatchObject({ exitCode: 1 });
    await output('docker build -q -t first --target build multi');
    expect(await output('docker run --rm first cat /out/version')).toBe('version none\n');
  });

  test('.dockerignore, patterns, heredocs', async () => {
    terminal.write('web/.dockerignore', '*.log\n!keep.log\nnode_modules\n');
    for (const name of ['a.txt', 'b.txt', 'drop.log', 'keep.log', 'node_modules/x/index.js'])
      terminal.write(`web/${name}`, name);
    terminal.write(
      'web/Dockerfile',
      `FROM busybox:1
ENV NAME=me
COPY *.txt /texts/
COPY . /all
COPY <<END /greeting
hello $NAME
END
RUN <<END
echo one > /lines
echo two >> /lines
END
`,
    );
    await output('docker build -q -t web web');
    expect(await output('docker run --rm web ls /texts')).toBe('a.txt\nb.txt\n');
    expect(await output('docker run --rm web ls -A /all')).toBe(
      '.dockerignore\nDockerfile\na.txt\nb.txt\nkeep.log\n',
    );
    expect(await output('docker run --rm web cat /greeting /lines')).toBe('hello me\none\ntwo\n');
  });

  test.each([
    {
      name: 'a command that fails',
      dockerfile: 'FROM busybox:1\nRUN echo trying && exit 3\n',
      want: `------
 > [2/2] RUN echo trying && exit 3:
0.000 trying
------
Dockerfile:2
--------------------
   1 |     FROM busybox:1
   2 | >>> RUN echo trying && exit 3
   3 |     
--------------------
ERROR: failed to build: failed to solve: process "/bin/sh -c echo trying && exit 3" did not complete successfully: exit code: 3
`,
    },
    {
      name: 'a word that is no instruction',
      dockerfile: 'FROM busybox:1\nRUNN echo\n',
      want: 'ERROR: failed to build: failed to solve: dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)\n',
    },
    {
      name: 'a file that is not there',
      dockerfile: 'FROM busybox:1\nCOPY nope.js /\n',
      want: '"/nope.js": not found\n',
    },
    {
      name: 'an image that is nowhere',
      dockerfile: 'FROM nosuch:1\n',
      want: 'ERROR: failed to build: failed to solve: nosuch:1: failed to resolve source metadata for docker.io/library/nosuch:1: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed\n',
    },
    {
      name: 'a tag that is not there',
      dockerfile: 'FROM busybox:nope\n',
      want: 'docker.io/library/busybox:nope: not found\n',
    },
    { name: 'nothing in it', dockerfile: '# empty\n', want: 'failed to solve: file with no instructions\n' },
    {
      name: 'no FROM',
      dockerfile: 'RUN echo\n',
      want: 'dockerfile parse error on line 1: no build stage in current context\n',
    },
    {
      name: 'a program that is not in the image',
      dockerfile: 'FROM busybox:1\nRUN ["nope"]\n',
      want: 'process "nope" did not complete successfully: runc run failed: unable to start container process: exec: "nope": executable file not found in $PATH\n',
    },
    {
      name: 'a target that is not there',
      dockerfile: 'FROM busybox:1\n',
      flags: '--target nope',
      want: 'failed to solve: target stage "nope" could not be found\n',
    },
  ])('$name', async ({ dockerfile, want, flags = '' }) => {
    terminal.write('bad/Dockerfile', dockerfile);
    const { output: said, exitCode } = await run(`docker build --progress plain ${flags} bad`);
    expect(exitCode).toBe(1);
    expect(said.endsWith(want), said).toBe(true);
  });
});

describe('images', () => {
  test('pull, tag, list, remove', async () => {
    expect(await output('docker pull busybox:1')).toMatch(
      /^1: Pulling from library\/busybox\n[0-9a-f]{12}: Pull complete\nDigest: sha256:[0-9a-f]{64}\nStatus: Downloaded newer image for busybox:1\ndocker.io\/library\/busybox:1\n$/,
    );
    expect(await output('docker pull busybox:1')).toContain('Status: Image is up to date for busybox:1\n');
    await output('docker tag busybox:1 mine:v1');
    expect(await output('docker images')).toMatch(
      /^REPOSITORY   TAG       IMAGE ID       CREATED +SIZE\nbusybox      1         [0-9a-f]{12}   .*\nmine         v1        [0-9a-f]{12}   .*\n$/,
    );
    expect(await output('docker rmi mine:v1')).toBe('Untagged: mine:v1\n');
    expect(await output('docker rmi busybox:1')).toMatch(
      /^Untagged: busybox:1\nUntagged: busybox@sha256:.*\nDeleted: sha256:/,
    );
    expect(await run('docker rmi busybox:1')).toEqual({
      output: 'Error response from daemon: No such image: busybox:1\n',
      exitCode: 1,
    });
  });

  test('they are still there after a reboot', async () => {
    terminal.write('app/Dockerfile', 'FROM busybox:1\nRUN echo kept > /kept\n');
    await output('docker build -q -t app:v1 app && docker build -q -t localhost:5001/app:v1 app');
    await output('docker push -q localhost:5001/app:v1');
    const before = await output('docker images --no-trunc --format "{{.Repository}} {{.ID}}"');
    const { files } = terminal;
    terminal.dispose();
    terminal = new TerminalDriver({ files });
    expect(await output('docker images --no-trunc --format "{{.Repository}} {{.ID}}"')).toBe(before);
    expect(await output('docker run --rm app:v1 cat /kept')).toBe('kept\n');
    expect(await output('curl -s localhost:5001/v2/app/tags/list')).toBe('{"name":"app","tags":["v1"]}');
  });

  test.each([
    [
      'docker pull nosuch',
      "Error response from daemon: pull access denied for nosuch, repository does not exist or may require 'docker login'\n",
    ],
    [
      'docker pull busybox:nope',
      'Error response from daemon: manifest for busybox:nope not found: manifest unknown: manifest unknown\n',
    ],
    [
      'docker pull localhost:5009/app',
      'Error response from daemon: Get "http://localhost:5009/v2/": dial tcp 127.0.0.1:5009: connect: connection refused\n',
    ],
    ['docker push nosuch:1', 'An image does not exist locally with the tag: nosuch\n'],
    ['docker tag nosuch other', 'Error response from daemon: No such image: nosuch:latest\n'],
    ['docker frob', "docker: unknown command: docker frob\n\nRun 'docker --help' for more information\n"],
    [
      'docker tag one',
      "docker: 'docker tag' requires 2 arguments\n\nUsage:  docker tag SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]\n\nRun 'docker tag --help' for more information\n",
    ],
  ])('%s', async (line, want) => {
    const { output: said, exitCode } = await run(line);
    expect(exitCode).toBe(1);
    expect(said.endsWith(want), said).toBe(true);
  });
});

describe('the registry', () => {
  test('a tag moves, the old digest still pulls; layers are shared', async () => {
    terminal.write('app/Dockerfile', 'FROM busybox:1\nCOPY version /version\nCMD ["cat", "/version"]\n');
    const push = async (version: string) => {
      terminal.write('app/version', `${version}\n`);
      await output('docker build -q -t localhost:5001/app:v1 app');
      return output('docker push localhost:5001/app:v1');
    };
    const first = await push('one');
    expect(first).toMatch(
      /^The push refers to repository \[localhost:5001\/app\]\n([0-9a-f]{12}: Pushed\n){2}v1: digest: sha256:[0-9a-f]{64} size: \d+\n$/,
    );
    const digest = /sha256:[0-9a-f]{64}/.exec(first)![0];
    expect((await push('two')).match(/Layer already exists/g)).toHaveLength(1);
    await output('docker tag localhost:5001/app:v1 localhost:5001/team/copy:v1');
    const copied = await output('docker push localhost:5001/team/copy:v1');
    expect(copied.match(/^[0-9a-f]{12}: Mounted from app$/gm)).toHaveLength(2);
    const pod = (name: string, image: string) =>
      output(
        `kubectl run ${name} --image ${image} --restart Never && kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/${name} --timeout 60s && kubectl logs ${name}`,
      );
    expect(await pod('by-tag', 'localhost:5001/app:v1')).toContain('\ntwo\n');
    expect(await pod('by-digest', `localhost:5001/app@${digest}`)).toContain('\none\n');
    const events = await output('kubectl get events -o custom-columns=M:.message --no-headers');
    expect(events).toMatch(
      /Successfully pulled image "localhost:5001\/app:v1" in \S+ \(\S+ including waiting\)\. Image size: \d+ bytes\./,
    );
    expect(
      await output('kubectl get pod by-digest -o jsonpath="{.status.containerStatuses[0].imageID}"'),
    ).toBe(`localhost:5001/app@${digest}`);
  });

  test('a pod of an image that nobody pushed says what a node says', async () => {
    await terminal.pass(10_000);
    await output('kubectl run none --image localhost:5001/none:v1 && sleep 15');
    expect(await output('kubectl get events -o custom-columns=M:.message --no-headers')).toContain(
      'Failed to pull image "localhost:5001/none:v1": rpc error: code = NotFound desc = failed to pull and unpack image "localhost:5001/none:v1": failed to resolve reference "localhost:5001/none:v1": localhost:5001/none:v1: not found',
    );
  });
});

describe('containers', () => {
  test('in the background: listed, reached by its port, logged, stopped, removed', async () => {
    const id = (await output('docker run -q -d --name web -p 8080:80 nginx:1')).trim().split('\n').at(-1)!;
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    await terminal.pass(2000);
    const listed = (await output('docker ps')).split('\n').slice(0, 2).join('\n');
    expect(`${listed}\n`.split(/ {2,}|\n/)).toMatchObject([
      'CONTAINER ID',
      'IMAGE',
      'COMMAND',
      'CREATED',
      'STATUS',
      'PORTS',
      'NAMES',
      ...[
        id.slice(0, 12),
        'nginx:1',
        '"/docker-entrypoint.…"',
        /ago$/,
        /^Up /,
        '0.0.0.0:8080->80/tcp',
        'web',
        '',
      ].map((cell) => (typeof cell === 'string' ? cell : expect.stringMatching(cell))),
    ]);
    expect(await output('curl -s -o /dev/null -w "%{http_code}\\n" localhost:8080')).toBe('200\n');
    expect(await output('docker exec web cat /etc/nginx/conf.d/default.conf')).toContain('listen       80;');
    expect(await output('docker logs web')).toContain('"GET / HTTP/1.1" 200');
    expect(await run('docker run -d -p 8080:80 --name other nginx:1')).toMatchObject({ exitCode: 125 });
    expect(await run('docker rm web')).toMatchObject({ exitCode: 1 });
    expect(await output('docker stop web && docker rm web other')).toBe('web\nweb\nother\n');
    expect(await output('docker ps -a --format {{.Names}}')).not.toContain('web');
  });

  test('the nodes of the cluster are containers, as with kind', async () => {
    const nodes = (await output('docker ps --format "{{.Names}} {{.Image}} {{.Status}}"')).trim().split('\n');
    expect(nodes.at(-1)).toMatch(/^slipway-control-plane kindest\/node:v1\.35\.4 Up /);
    expect(await output('docker inspect -f {{.State.Status}} slipway-control-plane')).toBe('running\n');
    expect(await run('docker stop slipway-control-plane')).toMatchObject({ exitCode: 1 });
    expect(await run('docker rm -f slipway-control-plane')).toMatchObject({ exitCode: 1 });
    expect(await run('docker network disconnect nets slipway-control-plane')).toMatchObject({ exitCode: 1 });
  });

  test.each([
    ['docker run --rm busybox:1 sh -c "exit 7"', 7],
    ['docker run --rm busybox:1 nope', 127],
    ['docker run --rm nosuch:1', 125],
  ])('%s exits %i', async (line, exitCode) => {
    expect(await run(line)).toMatchObject({ exitCode });
  });

  test('environment, user, directory, standard input, a mounted directory', async () => {
    terminal.write('data/in.txt', 'from outside\n');
    expect(
      await output(
        'echo hi | docker run -q -i --rm -e A=1 -u 1000 -w /tmp -v ./data:/data:ro busybox:1 sh -c "cat; echo \\$A; id -u; pwd; cat /data/in.txt" | tail -n 5',
      ),
    ).toBe('hi\n1\n1000\n/tmp\nfrom outside\n');
  });
});

test('kind load puts an image on the nodes', async () => {
  terminal.write('app/Dockerfile', 'FROM busybox:1\nCMD ["echo", "loaded"]\n');
  await output('docker build -q -t app:v1 app');
  expect(await output('kind load docker-image app:v1')).toMatch(
    /^Image: "app:v1" with ID "sha256:[0-9a-f]{64}" not yet present on node "slipway-control-plane", loading\.\.\.\n$/,
  );
  await output(
    'kubectl run app --image app:v1 --restart Never && kubectl wait --for=jsonpath={.status.phase}=Succeeded pod/app --timeout 30s',
  );
  expect(await output('kubectl logs app')).toBe('loaded\n');
});

test('a service in JavaScript: built, pushed, run in a pod, asked by another', async () => {
  terminal.dispose();
  terminal = new TerminalDriver({ batch: inProcessBatchTools() });
  terminal.write(
    'app/server.js',
    `const http = require('http');
http.createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ path: request.url, version: process.env.VERSION }) + '\\n');
}).listen(8080, () => console.log('listening'));
`,
  );
  terminal.write(
    'app/Dockerfile',
    'FROM node:24-alpine\nWORKDIR /app\nCOPY server.js .\nENV VERSION=1\nEXPOSE 8080\nUSER node\nCMD ["node", "server.js"]\n',
  );
  await output('docker build -q -t localhost:5001/app:v1 app && docker push -q localhost:5001/app:v1');
  await output(
    'kubectl run app --image localhost:5001/app:v1; until kubectl logs app 2>&1 | grep -q listening; do sleep 1; done',
  );
  const address = await output('kubectl get pod app -o jsonpath={.status.podIP}');
  expect(
    await output(
      `kubectl run asks --image busybox:1 --restart Never -i --rm -q -- wget -qO- http://${address}:8080/x`,
    ),
  ).toBe('{"path":"/x","version":"1"}\n');
  expect(await output('kubectl logs app')).toBe('listening\n');
});
