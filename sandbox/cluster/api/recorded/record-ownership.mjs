/** Records managedFields and conflicts of a real API server: `node record-ownership.mjs http://127.0.0.1:8001`. */
import { writeFileSync } from 'node:fs';
import { sequences } from './ownership-steps.mjs';

const server = process.argv[2] ?? 'http://127.0.0.1:8001';
const root = '/api/v1/namespaces/slipway-ownership';
const TYPES = {
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
};
const PLURALS = { PodTemplate: 'podtemplates', ConfigMap: 'configmaps', Service: 'services' };

async function send(method, path, body, type = 'application/json') {
  const init = { method, headers: { 'content-type': type }, body: body && JSON.stringify(body) };
  return (await fetch(server + path, init)).json();
}

await send('POST', '/api/v1/namespaces', { metadata: { name: 'slipway-ownership' } });
const answers = [];
for (const { title, steps } of sequences) {
  const { kind, metadata } = steps[0].body;
  const collection = `${root}/${PLURALS[kind]}`;
  const answered = [];
  for (const step of steps) {
    const query = `?fieldManager=${step.manager}${step.force ? '&force=true' : ''}`;
    const answer =
      step.verb === 'create'
        ? await send('POST', collection + query, step.body)
        : await send('PATCH', `${collection}/${metadata.name}${query}`, step.body, TYPES[step.verb]);
    answered.push({ ...step, answer });
  }
  await send('PATCH', `${collection}/${metadata.name}`, { metadata: { finalizers: null } }, TYPES.merge);
  await send('DELETE', `${collection}/${metadata.name}`);
  answers.push({ title, steps: answered });
}
await send('DELETE', '/api/v1/namespaces/slipway-ownership');
writeFileSync(new URL('ownership.json', import.meta.url), `${JSON.stringify(answers)}\n`);
