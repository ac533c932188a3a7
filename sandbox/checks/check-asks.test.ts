import { describe, expect, it } from 'vitest';
import { ManualClock } from '../core/clock.ts';
import { macrotask } from '../core/slice.ts';
import { HttpAsks, SampleAsks, ScriptAsks } from './check-asks.ts';
import { CheckInputs, type CheckedSession } from './check-inputs.ts';
import type { HttpProbe } from './check-sources.ts';

const HTTP: HttpProbe = { service: 'web', port: 80, method: 'GET', path: '/', headers: {}, count: 1 };

/** A session that counts what is asked of it, and answers with the count. */
function inputsOn(clock: ManualClock) {
  const asked: string[] = [];
  const saves: (() => void)[] = [];
  const session = {
    files: {
      watch: (listener: () => void) => {
        saves.push(listener);
        return { dispose: () => {} };
      },
    },
    web: {
      fetch: async (target: { from?: { pod: string } }, { path }: { path: string }) => {
        asked.push(`${path} from ${target.from?.pod ?? 'nowhere'}`);
        return { status: 200, headers: {}, body: new TextEncoder().encode(String(asked.length)) };
      },
    },
    scratch: {
      run: async (script: string) => {
        asked.push(script);
        return { exitCode: 0, output: `${asked.length}` };
      },
    },
    kube: {
      fetch: async () => ({
        status: 200,
        headers: {},
        body: new TextEncoder().encode('{"items":[],"metadata":{}}'),
      }),
    },
  } as unknown as CheckedSession;
  const save = () => saves.forEach((listener) => listener());
  return { asked, save, inputs: new CheckInputs({ session, namespace: 'default', clock }, () => {}) };
}

describe('http', () => {
  it('sends as many as it should', async () => {
    const { asked, inputs } = inputsOn(new ManualClock());
    const asks = new HttpAsks(inputs, { ...HTTP, count: 25 });
    await asks.ask();
    expect(asked).toHaveLength(25);
    expect((asks.variables['responses'] as unknown[]).length).toBe(25);
  });

  it('says so when there is no pod to ask from', async () => {
    const { asked, inputs } = inputsOn(new ManualClock());
    const asks = new HttpAsks(inputs, { ...HTTP, from: { labels: 'app=client', serviceAccount: 'c' } });
    await asks.ask();
    expect(asks.variables['response']).toMatchObject({
      status: 0n,
      error:
        'no running pod in the namespace default with the labels app=client and the service account c to ask from',
    });
    expect(asked).toEqual([]);
  });
});

describe('run', () => {
  it('runs again only when what it depends on has changed', async () => {
    const { asked, inputs } = inputsOn(new ManualClock());
    const asks = new ScriptAsks(inputs, { script: 'make', timeoutSeconds: 5 }, undefined);
    expect(asks.variables['run']).toEqual({ exitCode: -1n, output: '' });
    const pods = (status: string) => ({
      pods: [{ metadata: { uid: '1', resourceVersion: status }, status }],
    });
    await asks.ask({ ...pods('a'), file: 'x' });
    await asks.ask({ ...pods('b'), file: 'x' });
    expect(asked).toEqual(['make']);
    await asks.ask({ ...pods('b'), file: 'y' });
    expect(asked).toEqual(['make', 'make']);
    expect(asks.variables['run']).toEqual({ exitCode: 0n, output: '2' });
  });

  it('runs again after a change of a file that the check does not name', async () => {
    const { asked, save, inputs } = inputsOn(new ManualClock());
    inputs.followWorkspace();
    const asks = new ScriptAsks(inputs, { script: 'make', timeoutSeconds: 5 }, undefined);
    await asks.ask({ file: 'x' });
    await asks.ask({ file: 'x' });
    expect(asked).toEqual(['make']);
    save();
    await asks.ask({ file: 'x' });
    expect(asked).toEqual(['make', 'make']);
  });

  it('waits until it is worth a try', async () => {
    const { asked, inputs } = inputsOn(new ManualClock());
    const asks = new ScriptAsks(inputs, { script: 'make', timeoutSeconds: 5 }, ({ file }) => file !== '');
    await asks.ask({ file: '' });
    await asks.ask({ file: 'x' });
    expect(asked).toEqual(['make']);
  });
});

describe('during', () => {
  it('samples while the step runs, and starts over with the next', async () => {
    const clock = new ManualClock();
    const { inputs } = inputsOn(clock);
    let seen = 0;
    const probe = { when: '', http: HTTP, everySeconds: 1 };
    const asks = new SampleAsks(
      inputs,
      probe,
      ({ rolling }) => rolling === true,
      clock,
      () => seen++,
    );
    const count = () => (asks.variables['samples'] as unknown[]).length;
    await asks.ask({ rolling: false });
    await clock.advance(5000);
    expect(count()).toBe(0);
    await asks.ask({ rolling: true });
    await clock.advance(3000, macrotask);
    expect(count()).toBe(4);
    await asks.ask({ rolling: false });
    await clock.advance(5000, macrotask);
    expect(count()).toBe(4);
    expect(seen).toBe(4);
    await asks.ask({ rolling: true });
    await macrotask();
    expect(count()).toBe(1);
    asks.dispose();
  });
});
