/**
 * Records what the bash of this machine prints for every snippet: `node sandbox/shell/conformance/record.ts`, or
 * those of some files alone: `… record.ts printf.txt read.txt`.
 * Each runs in an empty directory of its own, always at the same path, with a small fixed environment.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { environmentOf, normalise, parseTranscript, writeTranscript } from './transcript.ts';

const DIRECTORY = '/tmp/conformance';
const here = import.meta.dirname;
const chosen = process.argv.slice(2);

for (const name of chosen.length > 0 ? chosen : readdirSync(here).filter((each) => each.endsWith('.txt'))) {
  const path = join(here, name);
  const snippets = parseTranscript(readFileSync(path, 'utf8')).map(({ source }) => {
    rmSync(DIRECTORY, { recursive: true, force: true });
    mkdirSync(DIRECTORY);
    // bash takes a socket at its input for rshd's and would read ~/.bashrc.
    const run = spawnSync('/bin/bash', ['--norc', '-c', source], {
      argv0: 'bash',
      cwd: DIRECTORY,
      encoding: 'utf8',
      input: '',
      env: environmentOf(name),
    });
    return {
      source,
      expected: normalise({
        stdout: run.stdout,
        stderr: run.stderr,
        exitCode: run.status ?? 128 + constants.signals[run.signal!],
      }),
    };
  });
  writeFileSync(path, writeTranscript(snippets));
  process.stdout.write(`${name}: ${snippets.length}\n`);
}
rmSync(DIRECTORY, { recursive: true, force: true });
