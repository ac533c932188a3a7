import { expect, onTestFinished, test } from 'vitest';
import { encode } from '../../core/bytes.ts';
import { ManualClock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import { Machine } from '../../os/machine.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import type { FromScript, ToScript } from './script-protocol.ts';
import { ScriptWorkers } from './script-workers.ts';

test('what a killed script still wrote fails unheard', async () => {
  const unheard: unknown[] = [];
  const listen = (reason: unknown) => unheard.push(reason);
  process.on('unhandledRejection', listen);
  onTestFinished(() => void process.off('unhandledRejection', listen));

  const started = Promise.withResolvers<number>();
  let say!: (message: FromScript) => void;
  const workers = new ScriptWorkers(() => ({
    port: {
      postMessage: (message) => {
        const told = message as ToScript;
        if (told.kind === 'script-start') started.resolve(told.id);
      },
      onMessage: (listener) => (say = listener),
    },
    terminate: () => {},
  }));
  const clock = new ManualClock();
  const machine = new Machine({
    hostname: 'machine',
    files: new MemoryFileSystem({ clock }),
    clock,
    random: new Random(1),
    findProgram: () => undefined,
    programNames: () => [],
  });
  const script = machine.spawn({
    argv: ['node', 'server.js'],
    program: (self) => workers.run(self, ['node', 'server.js'], { file: 'server.js' }),
    files: [],
  });
  const id = await started.promise;
  // A thread says what it has to say whatever has become of the process.
  script.signal('KILL');
  say({ kind: 'output', id, fd: 1, bytes: encode('one line\n') });
  say({ kind: 'exit', id, exitCode: 0 });
  expect(await script.exited).toBe(137);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(unheard).toEqual([]);
});
