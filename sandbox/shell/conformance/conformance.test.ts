/** Every snippet prints here what it printed in bash (see record.ts). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, test } from 'vitest';
import { RealClock } from '../../core/clock.ts';
import { encode, EMPTY, Utf8Decoder } from '../../core/bytes.ts';
import { Random } from '../../core/random.ts';
import { Machine } from '../../os/machine.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import { openBytes } from '../../os/open-bytes.ts';
import { OpenFile } from '../../os/open-file.ts';
import { mountSystemFiles } from '../../os/system-files.ts';
import { WorkerBatchTools } from '../batch.ts';
import { commandNames, findCommand } from '../commands/registry.ts';
import { runShell } from '../run-shell.ts';
import { GAPS } from './gaps.ts';
import { environmentOf, normalise, parseTranscript, type Result } from './transcript.ts';

const batch = new WorkerBatchTools(() => {
  const worker = new Worker(new URL('./batch-thread.ts', import.meta.url));
  return {
    port: {
      postMessage: (message) => worker.postMessage(message),
      onMessage: (listener) => void worker.removeAllListeners('message').on('message', listener),
    },
    terminate: () => void worker.terminate(),
  };
});
afterAll(() => batch.dispose());

async function run(source: string, environment: Record<string, string>): Promise<Result> {
  const clock = new RealClock();
  const files = new MemoryFileSystem({ clock });
  const machine = new Machine({
    hostname: 'slipway',
    files,
    clock,
    random: new Random(1),
    batch,
    findProgram: findCommand,
    programNames: commandNames,
  });
  for (const path of ['/tmp/conformance', '/etc', '/root']) files.mkdir(path, { recursive: true });
  mountSystemFiles(machine);
  files.writeFile('/etc/passwd', encode('root:x:0:0:root:/root:/bin/bash\n'));
  const sink = () => {
    const decoder = new Utf8Decoder();
    const output = {
      text: '',
      file: new OpenFile({ write: (bytes) => void (output.text += decoder.push(bytes)) }),
    };
    return output;
  };
  const [stdout, stderr] = [sink(), sink()];
  const process = machine.spawn({
    argv: ['bash', '-c', source],
    program: (each) => runShell(each, { flavour: 'bash', args: ['-c', source] }),
    environment,
    directory: '/tmp/conformance',
    files: [openBytes(EMPTY), stdout.file, stderr.file],
  });
  const exitCode = await process.exited;
  return normalise({ stdout: stdout.text, stderr: stderr.text, exitCode });
}

const here = import.meta.dirname;
for (const file of readdirSync(here).filter((name) => name.endsWith('.txt'))) {
  describe(file, () => {
    for (const { source, expected } of parseTranscript(readFileSync(join(here, file), 'utf8'))) {
      const first = source.split('\n')[0]!;
      test(first, { timeout: 20_000 }, async () => {
        const result = await run(source, environmentOf(file));
        if (GAPS[first])
          expect(result, `the gap has closed: take it off the list (${GAPS[first]})`).not.toEqual(expected);
        else expect(result).toEqual(expected);
      });
    }
  });
}
