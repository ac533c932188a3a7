/**
 * `coproc NAME command`: a job in the background whose input and output are pipes of the shell, their descriptors in
 * the array NAME and its id in `NAME_PID`. As in bash, what the shell starts does not inherit the descriptors, and
 * they and the variables are gone once it has ended and the shell has waited for something.
 */
import type { Coproc } from 'unbash';
import { openPipe } from '../os/pipe.ts';
import { commandText } from './command-text.ts';
import type { Step } from './coroutine.ts';
import { startInBackground } from './processes.ts';
import type { Shell } from './shell.ts';

export function* runCoprocess(shell: Shell, node: Coproc): Step<number> {
  const name = node.name?.value ?? 'COPROC';
  for (const { process, name: other } of shell.coprocesses)
    yield* shell.complain(`warning: execute_coproc: coproc [${process.pid}:${other}] still exists`);
  const { files } = shell.process;
  const [output, input] = [openPipe(), openPipe()];
  const text = `coproc ${name} ${commandText(shell.source, node.body)}`;
  const ends = [input.reader, output.writer, ...files.slice(2)];
  // bash opens both pipes as high as it can before it closes the ends of the child.
  const [reads, , , writes] = freeDescriptors(shell, 4) as [number, number, number, number];
  files[reads] = output.reader.acquire();
  files[writes] = input.writer.acquire();
  const { processes } = yield* startInBackground(shell, node.body, text, ends);
  const process = processes[0]!;
  shell.variables.setList(name, [String(reads), String(writes)]);
  shell.variables.set(`${name}_PID`, String(process.pid));
  shell.coprocesses.push({
    name,
    process,
    descriptors: [reads, writes],
    close() {
      for (const [fd, file] of [
        [reads, output.reader],
        [writes, input.writer],
      ] as const) {
        if (files[fd] !== file) continue;
        file.close();
        files[fd] = undefined;
      }
      shell.variables.unset(name);
      shell.variables.unset(`${name}_PID`);
    },
  });
  return 0;
}

/** The highest free descriptors below 64, in descending order. */
function freeDescriptors(shell: Shell, count: number): number[] {
  const free: number[] = [];
  for (let fd = 63; free.length < count; fd--) if (!shell.process.files[fd]) free.push(fd);
  return free;
}
