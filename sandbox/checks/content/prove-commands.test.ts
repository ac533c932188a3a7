import { expect, test } from 'vitest';
import { decode } from '../../core/bytes.ts';
import { Random } from '../../core/random.ts';
import { Machine } from '../../os/machine.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import { PacedClock } from '../../runtimes/embedded/node/paced-clock.ts';
import { ShellTerminals } from '../../runtimes/embedded/shell-terminals.ts';
import type { Session } from '../../runtimes/runtime.ts';
import { commandNames, findCommand } from '../../shell/commands/registry.ts';
import { inProcessBatchTools } from '../../shell/in-process-batch.ts';
import { startShell } from '../../shell/login.ts';
import { lessonCommands } from './lesson-commands.ts';
import { proveCommands } from './prove-commands.ts';

const LESSON = `
\`\`\`sh
false
true
\`\`\`
\`\`\`sh exits=3
(exit 3)
\`\`\`
\`\`\`sh
kubctl get pods
\`\`\`
\`\`\`sh
cat none.txt || true
\`\`\`
\`\`\`sh exits=1 shows="No such file or directory"
cat none.txt
\`\`\`
\`\`\`sh shows="two"
echo one
\`\`\`
\`\`\`sh until-ctrl-c
echo waiting; sleep 1000
\`\`\`
\`\`\`sh until-ctrl-c
true
\`\`\`

**Your turn.** Solve it.

\`\`\`sh shows="by solve.sh"
cat answer.txt more.txt
\`\`\`
`;

test('tells each command that does not do what its marks say', { timeout: 60_000 }, async () => {
  const clock = new PacedClock(undefined, 20);
  const files = new MemoryFileSystem({ clock });
  for (const path of ['/root', '/work']) files.mkdir(path);
  const machine = new Machine({
    hostname: 'slipway',
    files,
    clock,
    random: new Random(1),
    batch: inProcessBatchTools(),
    findProgram: findCommand,
    programNames: commandNames,
  });
  const terminals = new ShellTerminals({
    machine,
    startShell: (_, pty) =>
      startShell(machine, pty, { environment: { HOME: '/root', PATH: '/bin' }, directory: '/work' }),
    workspace: '/work',
    scrollback: new Map(),
    onChange: () => {},
  });
  const write = (path: string, contents: Uint8Array) =>
    Promise.resolve(files.writeFile(`/work/${path}`, contents));
  const session = { terminals, files: { write } } as unknown as Session;
  const solution = {
    name: 'solution',
    files: { 'answer.txt': 'solved\n', 'solve.sh': 'echo by solve.sh > more.txt\n' },
  };
  const { message } = await proveCommands(
    { commands: lessonCommands(LESSON).commands, solution },
    { session, clock, onProved: () => {} },
  ).then(
    () => new Error('no problem'),
    (error: Error) => error,
  );
  clock.stop();
  terminals.dispose();
  expect(message.split('\n').filter((line) => line.startsWith('lesson.mdx:'))).toEqual([
    'lesson.mdx:3: expected exit code 0, received 1',
    'lesson.mdx:10: expected anything but "command not found"',
    'lesson.mdx:13: expected anything but "No such file or directory"',
    'lesson.mdx:19: expected to see "two"',
    'lesson.mdx:25: expected it to run until Ctrl-C, received exit code 0',
  ]);
  expect(decode(files.readFile('/work/more.txt'))).toBe('by solve.sh\n');
});
