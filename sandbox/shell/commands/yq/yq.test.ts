import { expect, test } from 'vitest';
import { runCommandLine } from '../../in-process-machine.ts';

const SHOP = 'kind: Service\nports:\n  - port: 80\n    name: web\n  - port: 443\n---\nkind: Pod\n';

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
  expect(await runCommandLine(command, { 'shop.yaml': SHOP })).toBe(want);
});
