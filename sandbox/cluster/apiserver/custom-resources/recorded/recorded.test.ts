/**
 * Says what a real API server said (`answers.json`, made by `record.mjs`) to the same requests. Go walks its
 * maps in no order: problems are compared sorted.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../core/clock.ts';
import { Random } from '../../../../core/random.ts';
import { decode, encode } from '../../../../core/bytes.ts';
import { ApiServer } from '../../api-server.ts';
// Plain JavaScript, for record.mjs to read without a build.
import { scenarios } from './cases.mjs';

interface Step {
  title: string;
  method: string;
  path: string;
  body?: unknown;
  type?: string;
  accept?: string;
}

interface Scenario {
  name: string;
  definition?: object;
  steps: Step[];
}

interface Answer {
  code: number;
  warning?: string;
  answer: any;
}

const answers = JSON.parse(readFileSync(new URL('answers.json', import.meta.url), 'utf8')) as Record<
  string,
  Record<string, Answer>
>;
const user = { username: 'kubernetes-admin', groups: ['system:masters'] };
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const namespace = 'slipway-recorded-crd';

/** Known to differ, and why. */
const GAPS: Record<string, string> = {
  'keywords: no kind': 'clients in the process may leave kind out; kubectl never does',
};

async function serverFor({ definition }: Scenario) {
  const clock = new ManualClock();
  const api = new ApiServer({ clock, random: new Random(1) });
  const origin = api.origin(user);
  const send = async ({ method, path, body, type = 'application/json', accept }: Step): Promise<Answer> => {
    const headers: Record<string, string> = { 'content-type': type, 'user-agent': 'recorder' };
    if (accept) headers['accept'] = accept;
    const response = await origin.fetch({
      method,
      path: path.replace('{namespace}', namespace),
      headers,
      ...(body !== undefined && { body: encode(JSON.stringify(body)) }),
    });
    const text = decode(response.body as Uint8Array);
    let answer: unknown = text;
    try {
      answer = JSON.parse(text);
    } catch {
      // Some answers are text.
    }
    // What the controllers do is done when the store has told them.
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    const { warning } = response.headers;
    return { code: response.status, answer, ...(warning && { warning }) };
  };
  await send({
    title: '',
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  });
  if (definition) {
    const { code } = await send({ title: '', method: 'POST', path: DEFINITIONS, body: definition });
    expect(code).toBe(201);
  }
  return send;
}

const UNSTABLE = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'managedFields',
  'lastTransitionTime',
  'storageVersionHash',
  'continue',
]);

/** Without what differs from run to run. */
function stable(value: any): unknown {
  if (Array.isArray(value)) return value.map(stable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !UNSTABLE.has(name))
      .map(([name, inner]) => [name, stable(inner)]),
  );
}

function comparable({ code, warning, answer }: Answer): unknown {
  if (answer?.kind === 'Status' && answer.details?.causes) {
    const causes = answer.details.causes.map((cause: object) => JSON.stringify(cause)).toSorted();
    const { message: _, ...rest } = answer;
    return { code, warning, answer: { ...rest, details: { ...answer.details, causes } } };
  }
  return { code, warning, answer: stable(answer) };
}

for (const scenario of scenarios as Scenario[])
  describe(scenario.name, () => {
    const ready = serverFor(scenario);
    // Steps build on each other.
    const given: Promise<Answer>[] = [];
    let last: Promise<unknown> = ready;
    for (const step of scenario.steps) {
      const answer = last.then(async () => (await ready)(step));
      last = answer.catch(() => undefined);
      given.push(answer);
    }
    scenario.steps.forEach((step, index) =>
      test(step.title, async () => {
        const got = comparable(await given[index]!);
        const want = comparable(answers[scenario.name]![step.title]!);
        if (`${scenario.name}: ${step.title}` in GAPS) expect(got).not.toEqual(want);
        else expect(got).toEqual(want);
      }),
    );
  });
