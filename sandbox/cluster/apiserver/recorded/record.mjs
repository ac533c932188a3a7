/**
 * Records what a real API server says in the conversations of `topics/`, for `recorded.test.ts` to compare:
 * `node record.mjs KUBECONFIG [topic…]` against a fresh Kubernetes 1.35 cluster with a client certificate in
 * its kubeconfig. Each conversation cleans up behind itself.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { parse } from 'yaml';
import { converse, warningsOf } from './conversation.mjs';

const [, , file = process.env.KUBECONFIG, ...topics] = process.argv;
const { clusters, users } = parse(readFileSync(file, 'utf8'));
const { server, 'certificate-authority-data': authority } = clusters[0].cluster;
const { 'client-certificate-data': certificate, 'client-key-data': key } = users[0].user;
const decoded = (base64) => Buffer.from(base64, 'base64');

function send({ method, path, headers, body, token }) {
  const credentials =
    token === undefined
      ? { cert: decoded(certificate), key: decoded(key) }
      : { headers: token ? { authorization: `Bearer ${token}` } : {} };
  const options = {
    method,
    ca: decoded(authority),
    ...credentials,
    agent: false,
    headers: { ...headers, ...credentials.headers, 'user-agent': 'slipway-record' },
  };
  return new Promise((resolve, reject) => {
    const sent = request(server + path, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => {
        const json = response.headers['content-type']?.includes('json');
        const warnings = warningsOf(response.headersDistinct.warning);
        resolve({ code: response.statusCode, warnings, body: json ? JSON.parse(text) : text });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const pause = (seconds = 0.1) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const all = readdirSync(new URL('topics', import.meta.url)).map((name) => name.replace('.mjs', ''));
for (const topic of topics.length > 0 ? topics : all) {
  const { conversations } = await import(`./topics/${topic}.mjs`);
  const recorded = [];
  for (const { title, steps } of conversations)
    recorded.push({ title, answers: await converse(steps, send, pause) });
  const lines = recorded.map(
    ({ title, answers }) =>
      `{"title":${JSON.stringify(title)},"answers":[\n${answers.map((each) => JSON.stringify(each)).join(',\n')}\n]}`,
  );
  writeFileSync(new URL(`answers/${topic}.json`, import.meta.url), `[\n${lines.join(',\n')}\n]\n`);
}
