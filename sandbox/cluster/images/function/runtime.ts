/**
 * What runs a function: a server around the handler that the learner writes, with the contract of Knative's Node
 * templates (`func create -l node`; faas-js-runtime 2): `handle(context, body)` for HTTP, `handle(context, event)` for a
 * CloudEvent, `init`, `shutdown`, `liveness`, `readiness`. Left out: `func.yaml`, metrics, CORS lists.
 */
export const RUNTIME = String.raw`'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');
const { CloudEvent, HTTP } = require('/node_modules/cloudevents');

const PORT = Number(process.env.PORT || 8080);
const DIRECTORY = path.resolve(process.argv[2] || '/function');
const BODY_LIMIT = 1048576;
const METHODS = 'OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH';

const log = {};
for (const level of ['fatal', 'error', 'warn', 'info', 'debug', 'trace'])
  log[level] = (...words) => (level === 'fatal' || level === 'error' || level === 'warn' ? console.error : console.log)(...words);

class Context {
  constructor(request, body, query) {
    this.body = body;
    this.query = query;
    this.headers = { ...request.headers };
    this.method = request.method;
    this.httpVersion = '1.1';
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    this.contentType = request.headers['content-type'];
    Object.assign(this, query);
    this.log = log;
  }
  cloudEventResponse(data) {
    const event = { data };
    const answer = { response: () => new CloudEvent(event) };
    for (const [method, name] of [['version', 'specversion'], ['id', 'id'], ['type', 'type'], ['source', 'source']])
      answer[method] = (value) => { event[name] = value; return answer; };
    return answer;
  }
}

async function load() {
  const file = fs.statSync(DIRECTORY).isFile() ? DIRECTORY : mainOf(DIRECTORY);
  // Both kinds of module: the default of a CommonJS one is its module.exports.
  const loaded = await import(file);
  const found = loaded.handle ? loaded : loaded.default ?? loaded;
  const func = typeof found === 'function' ? { handle: found } : found;
  if (typeof func.handle !== 'function') throw new TypeError('Function must export a handle function');
  return func;
}

function mainOf(directory) {
  const names = ['index.js', 'index.mjs', 'index.cjs', 'handler.js', 'handler.mjs'];
  const described = path.join(directory, 'package.json');
  if (fs.existsSync(described)) {
    const { main } = JSON.parse(fs.readFileSync(described, 'utf8'));
    if (main) names.unshift(main);
  }
  const found = names.map((name) => path.join(directory, name)).find((file) => fs.existsSync(file));
  if (!found) throw new Error('no function in ' + directory + ': expected index.js with "module.exports = { handle: async (context, event) => … }"');
  return found;
}

const bodyOf = (request) =>
  new Promise((resolve, reject) => {
    const chunks = [];
    let bytes = 0;
    request.on('data', (chunk) => { chunks.push(chunk); bytes += chunk.length; });
    request.on('end', () => (bytes > BODY_LIMIT ? reject(Object.assign(new Error('Request body is too large'), { statusCode: 413 })) : resolve(Buffer.concat(chunks))));
    request.on('error', reject);
  });

function parsed(body, type = '') {
  if (body.length === 0) return undefined;
  if (type.startsWith('application/json')) return JSON.parse(body.toString('utf8'));
  if (type.startsWith('text/')) return body.toString('utf8');
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(body.toString('utf8')));
  return body;
}

async function invoke(func, request, query) {
  const raw = await bodyOf(request);
  const headers = { 'content-type': 'application/json; charset=utf-8', 'access-control-allow-methods': METHODS, 'access-control-allow-origin': '*' };
  let context, event;
  try {
    if (HTTP.isEvent(request)) event = HTTP.toEvent({ headers: request.headers, body: raw });
    context = new Context(request, event ? raw : parsed(raw, request.headers['content-type']), query);
    if (event) context.cloudevent = event;
  } catch (error) {
    const status = error.message.startsWith('invalid spec version') ? 406 : error.statusCode ?? 400;
    return { status, headers, body: JSON.stringify({ statusCode: status, message: error.message }) };
  }
  let answer;
  try {
    answer = await func.handle(context, event ?? context.body);
  } catch (error) {
    log.error('Error processing user function: "' + error + '"');
    return { status: Number(error?.code) || 500, headers, body: String(error?.message ?? error) };
  }
  if (answer instanceof CloudEvent || answer?.constructor?.name === 'CloudEvent') {
    const message = HTTP.binary(answer);
    return { status: 200, headers: { ...headers, ...message.headers }, body: message.body };
  }
  if (!answer) return { status: 204, headers: { ...headers, 'content-type': 'text/plain' }, body: '' };
  if (typeof answer === 'string') return { status: 200, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' }, body: answer };
  if (typeof answer.headers === 'object') for (const [name, value] of Object.entries(answer.headers)) headers[name.toLowerCase()] = value;
  const body = answer.body !== undefined ? answer.body : answer;
  if (typeof body === 'string' && typeof answer.headers?.['content-type'] !== 'string' && answer.body !== undefined) headers['content-type'] = 'text/plain; charset=utf-8';
  return { status: answer.statusCode || 200, headers, body };
}

function answerWith(response, { status, headers, body }) {
  const bytes = body === undefined || body === null ? '' : typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  response.writeHead(status, headers);
  response.end(bytes);
}

async function main() {
  const func = await load();
  await func.init?.();
  const health = async (check, response) => {
    try {
      const healthy = (await check?.()) ?? 'OK';
      answerWith(response, { status: healthy === false ? 503 : 200, headers: { 'content-type': 'text/plain' }, body: String(healthy) });
    } catch (error) {
      answerWith(response, { status: 500, headers: { 'content-type': 'text/plain' }, body: error.message });
    }
  };
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://function');
    if (url.pathname === '/health/liveness') return health(func.liveness, response);
    if (url.pathname === '/health/readiness') return health(func.readiness, response);
    if (url.pathname !== '/' || !METHODS.includes(request.method))
      return answerWith(response, { status: 404, headers: { 'content-type': 'application/json; charset=utf-8' }, body: { message: 'Route ' + request.method + ':' + url.pathname + ' not found', error: 'Not Found', statusCode: 404 } });
    if (request.method === 'OPTIONS') return answerWith(response, { status: 204, headers: { 'access-control-allow-origin': '*', 'access-control-allow-methods': METHODS, 'access-control-allow-headers': '*' } });
    answerWith(response, await invoke(func, request, Object.fromEntries(url.searchParams)));
  });
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.on(signal, async () => { await func.shutdown?.(); server.close(); process.exit(0); });
  server.listen(PORT);
}

main().catch((error) => {
  console.error(error.stack ?? String(error));
  process.exit(1);
});
`;
