import { expect, onTestFinished, test } from 'vitest';
import { ManualClock } from '../core/clock.ts';
import { Random } from '../core/random.ts';
import { Machine, type Program } from './machine.ts';
import { MemoryFileSystem } from './memory-file-system.ts';

function run(program: Program) {
  const clock = new ManualClock();
  const machine = new Machine({
    hostname: 'machine',
    files: new MemoryFileSystem({ clock }),
    clock,
    random: new Random(1),
    findProgram: () => undefined,
    programNames: () => [],
  });
  return machine.spawn({ argv: ['test'], program, files: [] });
}

test('what a killed program no longer waits for may fail unheard', async () => {
  const unheard: unknown[] = [];
  const listen = (reason: unknown) => unheard.push(reason);
  process.on('unhandledRejection', listen);
  onTestFinished(() => void process.off('unhandledRejection', listen));
  const killed = run(async (self) => {
    const first = self.wait(new Promise(() => {}));
    self.signal('KILL');
    // Two things at once, one of which is awaited before the other, as in Promise.race.
    await Promise.resolve();
    await self.wait(first);
    return 0;
  });
  expect(await killed.exited).toBe(137);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(unheard).toEqual([]);
});
