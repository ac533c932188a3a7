import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeTar } from './tar-archive.ts';

test('tar reads the archive that we write', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-tar-'));
  const contents = new Uint8Array(1300).fill(97);
  const file = { kind: 'file', uid: 0, gid: 0, mtimeMs: 0, target: '' } as const;
  const archive = writeTar([
    { ...file, name: 'Dockerfile', mode: 0o644, contents },
    { ...file, name: 'bin/run', mode: 0o755, contents: new Uint8Array(0) },
  ]);
  writeFileSync(join(folder, 'a.tar'), archive);
  execFileSync('tar', ['-xf', 'a.tar'], { cwd: folder });
  expect(new Uint8Array(readFileSync(join(folder, 'Dockerfile')))).toEqual(contents);
  expect(statSync(join(folder, 'bin/run')).mode & 0o777).toBe(0o755);
  rmSync(folder, { recursive: true });
});
