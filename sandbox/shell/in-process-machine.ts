/** For tests: runs command lines on a machine of their own, in this thread. */
import { EMPTY, encode, Utf8Decoder } from '../core/bytes.ts';
import { RealClock } from '../core/clock.ts';
import type { HttpOrigin } from '../core/http.ts';
import { Random } from '../core/random.ts';
import { Machine } from '../os/machine.ts';
import { MemoryFileSystem } from '../os/memory-file-system.ts';
import { openBytes } from '../os/open-bytes.ts';
import { OpenFile } from '../os/open-file.ts';
import { mountSystemFiles } from '../os/system-files.ts';
import { commandNames, findCommand } from './commands/registry.ts';
import { inProcessBatchTools } from './in-process-batch.ts';
import { runShell } from './run-shell.ts';

/**
 * What bash prints for `command`, standard error among it, and `exit N` where that is not 0.
 *
 * @param contents files in the working directory, by name
 * @param kube the cluster that kubectl talks to
 */
export async function runCommandLine(
  command: string,
  contents: Record<string, string> = {},
  kube?: HttpOrigin,
): Promise<string> {
  const clock = new RealClock();
  const files = new MemoryFileSystem({ clock });
  const machine = new Machine({
    hostname: 'slipway',
    files,
    clock,
    random: new Random(1),
    kube,
    batch: inProcessBatchTools(),
    findProgram: findCommand,
    programNames: commandNames,
  });
  for (const path of ['/etc', '/work']) files.mkdir(path);
  mountSystemFiles(machine);
  for (const [name, text] of Object.entries(contents)) files.writeFile(`/work/${name}`, encode(text));
  const decoder = new Utf8Decoder();
  let text = '';
  const sink = new OpenFile({ write: (bytes) => void (text += decoder.push(bytes)) });
  const process = machine.spawn({
    argv: ['bash', '-c', command],
    program: (each) => runShell(each, { flavour: 'bash', args: ['-c', command] }),
    environment: { PATH: '/bin' },
    directory: '/work',
    files: [openBytes(EMPTY), sink, sink],
  });
  const exitCode = await process.exited;
  return exitCode === 0 ? text : `${text}exit ${exitCode}\n`;
}
