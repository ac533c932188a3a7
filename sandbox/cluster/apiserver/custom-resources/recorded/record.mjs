/**
 * Records what a real API server answers to `cases.mjs`, for `recorded.test.ts` to compare with: run `kubectl
 * proxy --port 8001` against a fresh Kubernetes 1.35 cluster, then `node record.mjs http://127.0.0.1:8001
 * [scenario]`. Writes `answers.json`. Everything it creates is deleted afterwards.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { scenarios } from './cases.mjs';

const server = process.argv[2] ?? 'http://127.0.0.1:8001';
const only = process.argv[3];
const namespace = 'slipway-recorded-crd';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
/** Controllers of a real server are asynchronous. */
const SETTLE_MS = 4000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function send({ method, path, body, type = 'application/json', accept }) {
  const headers = { 'content-type': type, 'user-agent': 'recorder', ...(accept && { accept }) };
  const init = { method, headers };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await fetch(server + path.replace('{namespace}', namespace), init);
  const text = await response.text();
  let answer = text;
  try {
    answer = JSON.parse(text);
  } catch {
    // Some answers are text.
  }
  return { code: response.status, warning: response.headers.get('warning') ?? undefined, answer };
}

async function served({ metadata, spec }) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { answer } = await send({ method: 'GET', path: `${DEFINITIONS}/${metadata.name}` });
    const established = answer.status?.conditions?.some(
      (c) => c.type === 'Established' && c.status === 'True',
    );
    if (established) {
      const { name } = spec.versions.find((version) => version.served);
      const { code } = await send({
        method: 'GET',
        path: `/apis/${spec.group}/${name}/${spec.names.plural}`,
      });
      if (code === 200) return;
    }
    await pause(200);
  }
  throw new Error(`${metadata.name} is not served`);
}

const path = new URL('answers.json', import.meta.url);
const answers = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
await send({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: namespace } } });
for (const { name, definition, steps } of scenarios) {
  if (only && name !== only) continue;
  if (definition) {
    await send({ method: 'POST', path: DEFINITIONS, body: definition });
    await served(definition);
  }
  answers[name] = {};
  for (const step of steps) {
    if (step.settle === 'before') await pause(SETTLE_MS);
    answers[name][step.title] = await send(step);
    if (step.settle === true) await pause(SETTLE_MS);
  }
  if (definition) await send({ method: 'DELETE', path: `${DEFINITIONS}/${definition.metadata.name}` });
}
await send({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
const lines = Object.entries(answers).map(([name, given]) => {
  const inner = Object.entries(given).map(
    ([title, answer]) => `${JSON.stringify(title)}:${JSON.stringify(answer)}`,
  );
  return `${JSON.stringify(name)}:{\n${inner.join(',\n')}\n}`;
});
writeFileSync(path, `{\n${lines.join(',\n')}\n}\n`);
