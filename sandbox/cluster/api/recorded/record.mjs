/**
 * Records what a real API server answers, for the tests to compare with: run `kubectl proxy --port 8001`
 * against a fresh Kubernetes 1.35 cluster, then `node record.mjs http://127.0.0.1:8001`. Reads `cases.mjs`,
 * writes `answers.json`. Every object is created in a namespace of its own, which is deleted afterwards.
 */
import { writeFileSync } from 'node:fs';
import { cases } from './cases.mjs';

const server = process.argv[2] ?? 'http://127.0.0.1:8001';
const namespace = 'slipway-recorded';

async function send(method, path, body, type = 'application/json') {
  const init = { method, headers: { 'content-type': type } };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await fetch(server + path, init);
  return response.json();
}

async function discover() {
  const found = new Map();
  const groups = (await send('GET', '/apis')).groups.flatMap((group) =>
    group.versions.map((v) => v.groupVersion),
  );
  for (const groupVersion of ['v1', ...groups]) {
    const root = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
    for (const resource of (await send('GET', root)).resources ?? [])
      if (!resource.name.includes('/')) found.set(`${groupVersion}/${resource.kind}`, { root, ...resource });
  }
  return found;
}

/** What differs from run to run, and what registries and admission add, is left out of the answers. */
function stable(answer) {
  if (answer.kind === 'Status') return answer;
  const metadata = { ...answer.metadata };
  for (const field of ['uid', 'resourceVersion', 'creationTimestamp', 'managedFields'])
    delete metadata[field];
  if (answer.metadata.namespace === namespace) delete metadata.namespace;
  return { ...answer, metadata };
}

const resources = await discover();
await send('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
for (;;) {
  const account = await send('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`);
  if (account.kind === 'ServiceAccount') break;
}

const answers = [];
for (const { title, create, update, patchType = 'application/merge-patch+json' } of cases) {
  const resource = resources.get(`${create.apiVersion}/${create.kind}`);
  if (!resource) throw new Error(`${title}: no ${create.apiVersion} ${create.kind}`);
  const collection = resource.namespaced
    ? `${resource.root}/namespaces/${namespace}/${resource.name}`
    : `${resource.root}/${resource.name}`;
  // A dry run leaves nothing behind, and no controller gets hold of the object.
  const created = await send('POST', update ? collection : `${collection}?dryRun=All`, create);
  const entry = { title, create, created: stable(created) };
  if (update) {
    Object.assign(entry, { update, patchType });
    const path = `${collection}/${create.metadata.name}`;
    entry.updated = stable(await send('PATCH', `${path}?dryRun=All`, update, patchType));
    await send('DELETE', `${path}?gracePeriodSeconds=0`);
  }
  answers.push(entry);
}
await send('DELETE', `/api/v1/namespaces/${namespace}`);
const lines = answers.map((answer) => JSON.stringify(answer)).join(',\n');
writeFileSync(new URL('answers.json', import.meta.url), `[\n${lines}\n]\n`);
