/** A reload is a reboot: what was stored comes back, programs start again, and nothing that was written is lost. */
import { afterEach, describe, expect, test } from 'vitest';
import { decode, encode } from '../../../core/bytes.ts';
import { readText } from '../../../core/http.ts';
import type { ExerciseStart } from '../../runtime.ts';
import type { EmbeddedSession } from '../embedded-session.ts';
import { FormatUnknown, MemorySessionStore, StorageFull, type StoreBatch } from '../session-store.ts';
import { openEmbedded } from './open-embedded.ts';

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: sleeper
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: busybox:1
      command: [sleep, '3600']
`;

const START: ExerciseStart = {
  id: 'test/reboot',
  version: 'one',
  files: { 'pod.yaml': POD },
  manifests: [POD],
  namespace: 'default',
  nodes: 1,
};

const opened: EmbeddedSession[] = [];
afterEach(async () => {
  for (const session of opened.splice(0)) await session.close();
});

async function open(store: MemorySessionStore, start = START): Promise<EmbeddedSession> {
  const session = await openEmbedded(start, { store });
  opened.push(session);
  await until(
    () => session.status.phase === 'ready',
    () => JSON.stringify(session.status),
  );
  return session;
}

async function until(condition: () => boolean | Promise<boolean>, otherwise: () => string): Promise<void> {
  const deadline = Date.now() + 8000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(otherwise());
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

interface Pod {
  metadata: { uid: string };
  status: { phase: string; containerStatuses: { ready: boolean; restartCount: number }[] };
}

async function pod(session: EmbeddedSession): Promise<Pod> {
  const path = '/api/v1/namespaces/default/pods/sleeper';
  return JSON.parse(await readText(await session.kube.fetch({ method: 'GET', path, headers: {} }))) as Pod;
}

const isReady = (session: EmbeddedSession) => async () =>
  (await pod(session)).status.containerStatuses?.[0]?.ready === true;

/** Fails to write while told to. */
class FailingStore extends MemorySessionStore {
  full = false;
  override write(batch: StoreBatch): Promise<void> {
    return this.full ? Promise.reject(new StorageFull()) : super.write(batch);
  }
}

test('objects and files come back, programs start again', async () => {
  const store = new MemorySessionStore();
  const first = await open(store);
  await until(isReady(first), () => 'the pod is not Ready');
  const { uid } = (await pod(first)).metadata;
  await first.files.write('notes/mine.txt', encode('mine'));
  await first.close();

  const second = await open(store);
  expect(decode(await second.files.read('notes/mine.txt'))).toBe('mine');
  await until(isReady(second), () => 'the pod is not Ready again');
  const after = await pod(second);
  expect(after.metadata.uid).toBe(uid);
  expect(after.status.containerStatuses[0]!.restartCount).toBe(1);
});

test('what containers wrote into volumes comes back, and goes with their pods', async () => {
  const manifest = (name: string) => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: busybox:1
      command: [sh, -c, 'echo "boot of ${name}" >> /data/log; echo gone > /memory/log; sleep 3600']
      volumeMounts:
        - {name: data, mountPath: /data}
        - {name: memory, mountPath: /memory}
  volumes:
    - {name: data, emptyDir: {}}
    - {name: memory, emptyDir: {medium: Memory}}
`;
  const store = new MemorySessionStore();
  const start = { ...START, manifests: [manifest('keeper'), manifest('leaver')] };
  const volumeKeys = async () =>
    [...((await store.load())?.files.keys() ?? [])].filter((key) => key.startsWith('volume:'));
  const first = await open(store, start);
  await until(
    async () => (await volumeKeys()).filter((key) => key.endsWith(':/log')).length === 2,
    () => 'the pods have not written',
  );
  const path = '/api/v1/namespaces/default/pods/leaver';
  await first.kube.fetch({ method: 'DELETE', path, headers: {} });
  await until(
    async () => (await volumeKeys()).filter((key) => key.endsWith(':/log')).length === 1,
    () => 'the volume of the deleted pod is still there',
  );
  await first.close();

  const second = await open(store, start);
  const [key = ''] = (await volumeKeys()).filter((each) => each.endsWith(':/log'));
  const contents = async () => decode((await store.load())!.files.get(key)!.contents as Uint8Array);
  await until(
    async () => (await contents()) === 'boot of keeper\nboot of keeper\n',
    () => 'the volume has not come back',
  );
  expect((await volumeKeys()).filter((each) => each.includes('memory'))).toEqual([]);
  await second.close();
});

test('a file that was removed stays removed, one of the start too', async () => {
  const store = new MemorySessionStore();
  const first = await open(store);
  await first.files.remove('pod.yaml');
  await first.close();
  const second = await open(store);
  expect(await second.files.list()).toEqual([]);
});

test('a tab that ends without closing has lost nothing after half a second', async () => {
  const store = new MemorySessionStore();
  const first = await open(store);
  await first.files.write('late.txt', encode('late'));
  await new Promise((resolve) => setTimeout(resolve, 500));
  // No close: this is the crash.
  const second = await open(store);
  expect(decode(await second.files.read('late.txt'))).toBe('late');
});

test('the terminal’s scrollback is replayed', async () => {
  const store = new MemorySessionStore();
  const first = await open(store);
  const terminal = await first.terminals.open({ name: 'main', columns: 80, rows: 24 });
  let shown = '';
  terminal.onOutput((bytes) => void (shown += decode(bytes)));
  terminal.write(encode('echo re""member\r'));
  await until(
    () => shown.includes('remember\r\n'),
    () => shown,
  );
  await first.close();

  const second = await open(store);
  let replayed = '';
  const again = await second.terminals.open({ name: 'main', columns: 80, rows: 24 });
  again.onOutput((bytes) => void (replayed += decode(bytes)));
  await until(
    () => replayed.includes('remember\r\n'),
    () => replayed,
  );
});

describe('bad luck', () => {
  test('storage is full: the learner is told, and told again when it is not', async () => {
    const store = new FailingStore();
    const session = await open(store);
    store.full = true;
    await session.files.write('a.txt', encode('a'));
    await until(
      () => /storage is full/.test(session.status.message),
      () => session.status.message,
    );
    expect(session.status.phase).toBe('ready');
    expect(decode(await session.files.read('a.txt'))).toBe('a');
  });

  test('nothing is stored: said, after a reset too', async () => {
    const unstored = 'This browser stores nothing for this page.';
    const session = await openEmbedded(START, { unstored });
    opened.push(session);
    const ready = () => session.status.phase === 'ready';
    await until(ready, () => session.status.message);
    expect(session.status.message).toBe(unstored);
    await session.reset();
    await until(ready, () => session.status.message);
    expect(session.status.message).toBe(unstored);
  });

  test('stored by a version that cannot be read: left untouched, and said', async () => {
    class OtherVersion extends MemorySessionStore {
      writes = 0;
      override load(): Promise<never> {
        return Promise.reject(new FormatUnknown(99));
      }
      override write(batch: StoreBatch): Promise<void> {
        this.writes++;
        return super.write(batch);
      }
    }
    const store = new OtherVersion();
    const session = await open(store);
    expect(session.status.message).toContain('another version of Slipway');
    await session.files.write('a.txt', encode('a'));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(store.writes).toBe(0);
  });

  test('the exercise has changed since: the learner’s work is kept, and Reset starts the new one', async () => {
    const store = new MemorySessionStore();
    const first = await open(store);
    await first.files.write('mine.txt', encode('mine'));
    await first.close();
    const second = await open(store, { ...START, version: 'two', files: { 'new.txt': 'new' } });
    expect(second.status.message).toContain('This exercise has changed');
    expect(decode(await second.files.read('mine.txt'))).toBe('mine');
    await second.reset();
    expect((await second.files.list()).map(({ path }) => path)).toEqual(['new.txt']);
    await until(
      () => second.status.phase === 'ready',
      () => second.status.message,
    );
    expect(second.status.message).toBe('');
  });

  test('a manifest that the cluster refuses: a message with the reason, and the terminal works', async () => {
    const session = await openEmbedded({
      ...START,
      manifests: ['kind: Pod\napiVersion: v1\nmetadata: {name: BAD}\n'],
    });
    opened.push(session);
    await until(
      () => session.status.phase === 'failed',
      () => JSON.stringify(session.status),
    );
    expect(session.status.message).toContain('BAD');
    const terminal = await session.terminals.open({ name: 'main', columns: 80, rows: 24 });
    let shown = '';
    terminal.onOutput((bytes) => void (shown += decode(bytes)));
    terminal.write(encode('echo $((6*7))\r'));
    await until(
      () => shown.includes('42'),
      () => shown,
    );
  });
});
