/**
 * A conversation with an API server: steps that are sent one after the other, and what of the answers is
 * compared. The same code talks to a real server (`record.mjs`) and to ours (`recorded.test.ts`).
 *
 * A step: `{ method, path, body, type, as, token, keep, save, until }`. `as` impersonates (a user name, or
 * user, uid, groups, extra); `token` is a bearer token instead of the administrator's certificate ('' for
 * nobody's); `keep` names the parts of an answer that are compared besides a Status; `save` names parts that
 * later steps write as `${name}`; `until` repeats the step until that part of the answer is there; `after`
 * waits for so many seconds before.
 */

/** The part of a value that a dotted path names: `metadata.labels`, `items.0.metadata.name`. */
export const part = (value, path) => path.split('.').reduce((found, key) => found?.[key], value);

/** Strings of the step with the saved values in them. */
function filled(value, saved) {
  if (typeof value === 'string')
    return value.replace(/\$\{(\w+)\}/g, (_text, name) => {
      if (saved[name] === undefined) throw new Error(`no step saved ${name}`);
      return saved[name];
    });
  if (Array.isArray(value)) return value.map((each) => filled(each, saved));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, saved)]));
}

const VOLATILE = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
];

/** What differs from run to run, replaced. */
export function stable(value) {
  if (typeof value === 'string') return VOLATILE.reduce((text, [of, by]) => text.replace(of, by), value);
  if (Array.isArray(value)) return value.map(stable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, stable(each)]));
}

function headersOf({ as, type, method }) {
  const headers = { accept: 'application/json' };
  if (method !== 'GET') headers['content-type'] = type ?? 'application/json';
  if (as === undefined) return headers;
  const { user, uid, groups = [], extra = {} } = typeof as === 'string' ? { user: as } : as;
  if (user !== undefined) headers['impersonate-user'] = user;
  if (uid !== undefined) headers['impersonate-uid'] = uid;
  if (groups.length > 0) headers['impersonate-group'] = groups;
  for (const [key, values] of Object.entries(extra)) headers[`impersonate-extra-${key}`] = values;
  return headers;
}

const TRIES = 200;

/**
 * Has the conversation and resolves to what is compared of each answer. `send` resolves to `{ code, warnings,
 * body }` (`body` parsed where it is JSON); `pause` lets the server work, for
 * so many seconds or for a moment.
 */
export async function converse(steps, send, pause) {
  const saved = {};
  const answers = [];
  for (const given of steps) {
    const { keep = [], save = {}, until, after, ...step } = filled(given, saved);
    const request = { ...step, headers: headersOf(step), body: step.body && JSON.stringify(step.body) };
    if (after) await pause(after);
    let answer = await send(request);
    for (let tries = 0; until && part(answer.body, until) === undefined; tries++) {
      if (tries === TRIES) throw new Error(`${step.method} ${step.path}: ${until} never came`);
      await pause();
      answer = await send(request);
    }
    for (const [name, path] of Object.entries(save)) {
      saved[name] = part(answer.body, path);
      if (saved[name] === undefined)
        throw new Error(`${step.method} ${step.path}: no ${path} in ${JSON.stringify(answer.body)}`);
    }
    const { code, warnings, body } = answer;
    const compared = { code };
    if (warnings.length > 0) compared.warnings = warnings;
    if (typeof body === 'string' && code >= 400) compared.text = body;
    // What succeeds is compared only where the step says so.
    if (body?.kind === 'Status' && body.status === 'Failure') compared.status = body;
    if (keep.length > 0)
      compared.kept = Object.fromEntries(keep.map((path) => [path, part(body, path) ?? null]));
    answers.push(stable(compared));
  }
  return answers;
}

/** The texts of `Warning` headers. */
export function warningsOf(headers) {
  return (headers ?? []).flatMap((line) =>
    [...line.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text.replace(/\\(.)/g, '$1')),
  );
}
