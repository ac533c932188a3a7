/** Builds of fixtures against what `kubectl kustomize` 1.35 (kustomize 5.7.1) printed for them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { encode } from '../../../core/bytes.ts';
import { ManualClock } from '../../../core/clock.ts';
import { MemoryFileSystem } from '../../../os/memory-file-system.ts';
import { toYaml } from '../kubectl/printers/yaml.ts';
import { build } from './build.ts';

const FIXTURES = fileURLToPath(new URL('fixtures', import.meta.url));

function filesOf(directory: string): MemoryFileSystem {
  const files = new MemoryFileSystem({ clock: new ManualClock() });
  const copy = (from: string, to: string) => {
    files.mkdir(to, { recursive: true });
    for (const name of readdirSync(from))
      if (statSync(join(from, name)).isDirectory()) copy(join(from, name), `${to}/${name}`);
      else files.writeFile(`${to}/${name}`, new Uint8Array(readFileSync(join(from, name))));
  };
  copy(directory, '/w');
  return files;
}

function render(files: MemoryFileSystem, path: string): string {
  return build({ files, path, directory: '/w', warn: () => {} })
    .map(toYaml)
    .join('---\n');
}

describe('kustomize build', () => {
  for (const name of ['base', 'overlay', 'generators', 'mixed'])
    test(`${name} is as recorded, and the same when built again`, () => {
      const files = filesOf(FIXTURES);
      const text = render(files, name);
      expect(text).toBe(readFileSync(join(FIXTURES, `${name}.recorded.yaml`), 'utf8'));
      expect(render(files, name)).toBe(text);
    });

  const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n';
  test.each([
    [
      'resources: [zz.yaml]',
      "accumulating resources: accumulation err='accumulating resources from 'zz.yaml': evalsymlink failure on '/w/e/zz.yaml' : lstat /w/e/zz.yaml: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on '/w/e/zz.yaml' : lstat /w/e/zz.yaml: no such file or directory",
    ],
    [
      'resources: {a: b}',
      'invalid Kustomization: json: cannot unmarshal object into Go struct field Kustomization.resources of type []string',
    ],
    ['foo: b', 'invalid Kustomization: json: unknown field "foo"'],
    [
      'resources: [a.yaml]\npatches: [{patch: "{apiVersion: v1, kind: ConfigMap, metadata: {name: nn}}"}]',
      'no resource matches strategic merge patch "ConfigMap.v1.[noGrp]/nn.[noNs]": no matches for Id ConfigMap.v1.[noGrp]/nn.[noNs]; failed to find unique target for patch ConfigMap.v1.[noGrp]/nn.[noNs]',
    ],
    [
      'resources: [a.yaml, a.yaml]',
      "accumulating resources: accumulation err='merging resources from 'a.yaml': may not add resource with an already registered id: ConfigMap.v1.[noGrp]/m.[noNs]': must build at directory: '/w/e/a.yaml': file is not directory",
    ],
    [
      'configMapGenerator: [{name: m, literals: [ab]}]',
      'loading KV pairs: literal sources [ab]: invalid literal source ab, expected key=value',
    ],
    [
      'configMapGenerator: [{name: m, files: [nofile]}]',
      "loading KV pairs: file sources: [nofile]: evalsymlink failure on '/w/e/nofile' : lstat /w/e/nofile: no such file or directory",
    ],
    [
      'resources: [../out.yaml]',
      "accumulating resources: accumulation err='accumulating resources from '../out.yaml': security; file '/w/out.yaml' is not in or below '/w/e'': must build at directory: '/w/out.yaml': file is not directory",
    ],
    [
      'resources: [a.yaml]\nreplicas: [{name: q, count: 2}]',
      'resource with name q does not match a config with the following GVK [Deployment.[noVer].[noGrp] StatefulSet.[noVer].[noGrp] ReplicaSet.[noVer].[noGrp] ReplicationController.[noVer].[noGrp]]',
    ],
    [
      'resources: [a.yaml]\nreplacements: [{source: {kind: Secret, name: q}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.x]}]}]',
      'nothing selected by Secret.[noVer].[noGrp]/q.[noNs]',
    ],
    [
      'resources: [a.yaml]\nreplacements: [{source: {kind: ConfigMap, name: m}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.x]}]}]',
      'unable to find field "data.x" in replacement target',
    ],
    [
      'transformers: [x.yaml]',
      'transformers cannot be used in this terminal: plugins run other programs, which this terminal does not have',
    ],
  ])('%s', (text, message) => {
    const files = new MemoryFileSystem({ clock: new ManualClock() });
    files.mkdir('/w/e', { recursive: true });
    files.writeFile('/w/e/kustomization.yaml', encode(text));
    files.writeFile('/w/e/a.yaml', encode(CONFIG_MAP));
    files.writeFile('/w/out.yaml', encode(CONFIG_MAP));
    expect(() => render(files, 'e')).toThrow(message);
  });
});
