import { expect, test } from 'vitest';
import { encode, EMPTY, Utf8Decoder } from '../../../core/bytes.ts';
import { RealClock } from '../../../core/clock.ts';
import { Random } from '../../../core/random.ts';
import { Machine } from '../../../os/machine.ts';
import { MemoryFileSystem } from '../../../os/memory-file-system.ts';
import { openBytes } from '../../../os/open-bytes.ts';
import { OpenFile } from '../../../os/open-file.ts';
import { inProcessBatchTools } from '../../in-process-batch.ts';
import { runShell } from '../../run-shell.ts';
import { commandNames, findCommand } from '../registry.ts';

const SHOP = 'kind: Service\nports:\n  - port: 80\n    name: web\n  - port: 443\n---\nkind: Pod\n';

async function run(command: string): Promise<string> {
  const clock = new RealClock();
  const files = new MemoryFileSystem({ clock });
  const machine = new Machine({
    hostname: 'slipway',
    files,
    clock,
    random: new Random(1),
    batch: inProcessBatchTools(),
    findProgram: findCommand,
    programNames: commandNames,
  });
  files.mkdir('/work');
  files.writeFile('/work/shop.yaml', encode(SHOP));
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

test.each([
  ["yq '.kind' shop.yaml", 'Service\n---\nPod\n'],
  ["yq -N '.kind' shop.yaml", 'Service\nPod\n'],
  ["head -5 shop.yaml | yq '.ports[0]'", 'port: 80\nname: web\n'],
  ["head -5 shop.yaml | yq '.ports[].port'", '80\n443\n'],
  [
    'head -5 shop.yaml | yq -o json -I 0',
    '{"kind":"Service","ports":[{"port":80,"name":"web"},{"port":443}]}\n',
  ],
  ["yq -i '.replicas = 3' shop.yaml; tail -2 shop.yaml", 'kind: Pod\nreplicas: 3\n'],
  ["yq -n '{a: {b: [1, 2]}}'", 'a:\n  b:\n    - 1\n    - 2\n'],
  ["yq -e '.nothing' shop.yaml", 'null\n---\nnull\nError: no matches found\nexit 1\n'],
  ['yq . missing.yaml', 'Error: open missing.yaml: no such file or directory\nexit 1\n'],
])('%s', async (command, want) => {
  expect(await run(command)).toBe(want);
});
