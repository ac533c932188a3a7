import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../core/clock.ts';
import { Random } from '../core/random.ts';
import { setSliceMs, SLICE_MS } from '../core/slice.ts';
import { ControlGroup, PROCESS_BYTES, STEP_MS } from './control-group.ts';
import { ControlGroupFileSystem } from './control-group-files.ts';
import { Machine, type Program } from './machine.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import { OpenFile } from './open-file.ts';
import { decode } from '../core/bytes.ts';

// How much is done between two timers must not depend on this machine.
beforeAll(() => setSliceMs(Infinity));
afterAll(() => setSliceMs(SLICE_MS));

function machineWith(init: {
  cpuLimit?: number;
  memoryLimitBytes?: number;
  parent?: ControlGroup;
  clock: ManualClock;
}) {
  const controlGroup = new ControlGroup(init);
  const { clock } = init;
  const machine = new Machine({
    hostname: 'machine',
    files: new MemoryFileSystem({ clock }),
    clock,
    random: new Random(1),
    controlGroup,
    findProgram: () => undefined,
    programNames: () => [],
  });
  return {
    controlGroup,
    machine,
    run: (program: Program) => machine.spawn({ argv: ['test'], program, files: [] }),
  };
}

const busy: Program = async (process) => {
  for (;;) {
    const pause = process.tick();
    if (pause) await pause;
  }
};

test.each<{ name: string; cpuLimit?: number; processes: number; want: number }>([
  { name: 'one loop uses one CPU', processes: 1, want: 1 },
  { name: 'three loops use three', processes: 3, want: 3 },
  { name: 'a limit holds one', cpuLimit: 0.2, processes: 1, want: 0.2 },
  { name: 'a limit is for all together', cpuLimit: 1.5, processes: 4, want: 1.5 },
])('$name', async ({ cpuLimit, processes, want }) => {
  const clock = new ManualClock();
  const { controlGroup, run } = machineWith({ clock, ...(cpuLimit === undefined ? {} : { cpuLimit }) });
  for (let i = 0; i < processes; i++) run(busy);
  await clock.advance(5000);
  expect(controlGroup.cpuMs / 5000).toBeCloseTo(want, 1);
  if (cpuLimit) expect(controlGroup.throttledPeriods).toBeGreaterThan(30);
});

test('a node shares its CPUs among its groups in turns', async () => {
  const clock = new ManualClock();
  const node = new ControlGroup({ clock, cpuLimit: 2 });
  const groups = Array.from({ length: 4 }, () => machineWith({ clock, parent: node }));
  for (const { run } of groups) run(busy);
  await clock.advance(5000);
  expect(node.cpuMs / 5000).toBeCloseTo(2, 1);
  for (const { controlGroup } of groups) expect(controlGroup.cpuMs / 5000).toBeCloseTo(0.5, 1);
});

test('the same work takes the same time every time', async () => {
  const once = async () => {
    const clock = new ManualClock(0);
    const { run } = machineWith({ clock, cpuLimit: 0.3 });
    let doneMs = 0;
    run(async (process) => {
      for (let i = 0; i < 20_000; i++) {
        const pause = process.tick();
        if (pause) await pause;
      }
      doneMs = clock.now();
    });
    await clock.advance(10_000);
    return doneMs;
  };
  const first = await once();
  // 20,000 steps of 0.02 ms at 0.3 CPUs.
  expect(first).toBeGreaterThan(1100);
  expect(first).toBeLessThan(1400);
  expect(await once()).toBe(first);
});

test('a log is counted work that its program does not wait for', async () => {
  const clock = new ManualClock();
  const { controlGroup, machine } = machineWith({ clock });
  let written = '';
  const full = new OpenFile({
    write: (bytes) => {
      written += decode(bytes);
      return new Promise(() => {});
    },
  });
  let counted = 0;
  const { exited } = machine.spawn({
    argv: ['test'],
    files: [undefined, full],
    program: async (process) => {
      process.charge(500);
      const before = controlGroup.cpuMs;
      process.log('GET /\n');
      process.log('to a descriptor that is closed', 2);
      counted = controlGroup.cpuMs - before;
    },
  });
  expect(await exited).toBe(0);
  expect(written).toBe('GET /\n');
  expect(counted).toBeCloseTo(STEP_MS, 4);
  expect(clock.next).toBeUndefined();
});

test('memory is counted, given back at the end, and too much of it is told', async () => {
  const clock = new ManualClock();
  const { controlGroup, machine, run } = machineWith({ clock, memoryLimitBytes: 4_000_000 });
  let killed = 0;
  controlGroup.onOutOfMemory = () => {
    killed++;
    for (const process of machine.processes.values()) process.signal('KILL');
  };
  const first = run(async (process) => {
    process.allocate(2_000_000);
    await process.sleep(1000);
  });
  await clock.advance(10);
  expect(controlGroup.memoryBytes).toBe(2_000_000 + PROCESS_BYTES);
  const second = run(async (process) => {
    process.allocate(3_000_000);
    throw new Error('it is dead by now');
  });
  await clock.advance(10);
  expect(killed).toBe(1);
  expect(await Promise.all([first.exited, second.exited])).toEqual([137, 137]);
  expect(controlGroup.memoryBytes).toBe(0);
  expect(controlGroup.peakBytes).toBe(5_000_000 + 2 * PROCESS_BYTES);
});

test('what was used at a beat is known later, without anybody having looked', async () => {
  const clock = new ManualClock(0);
  const group = new ControlGroup({ clock });
  group.charge(100);
  await clock.advance(20_000);
  group.charge(50);
  await clock.advance(40_000);
  group.charge(7);
  expect([0, 15_000, 30_000, 45_000, 60_000, 75_000].map((ms) => group.usageAt(ms).cpuMs)).toEqual([
    100, 100, 150, 150, 150, 157,
  ]);
  expect(new ControlGroup({ clock }).usageAt(45_000).cpuMs).toBe(0);
});

test('a program can read what it may use', () => {
  const clock = new ManualClock();
  const { controlGroup, machine } = machineWith({ clock, cpuLimit: 0.25, memoryLimitBytes: 1024 });
  const files = new ControlGroupFileSystem(controlGroup, machine);
  expect(decode(files.readFile('/cpu.max'))).toBe('25000 100000\n');
  expect(decode(files.readFile('/memory.max'))).toBe('1024\n');
  expect(() => files.writeFile('/memory.max', new Uint8Array())).toThrow('Operation not permitted');
});
