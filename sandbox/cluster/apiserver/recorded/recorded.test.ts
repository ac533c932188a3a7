/**
 * Has the conversations of `topics/` with our control plane and compares what is said with what a real API
 * server said (`answers/`, made by `record.mjs`).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../core/clock.ts';
import { Random } from '../../../core/random.ts';
import { SLICE_MS, setSliceMs } from '../../../core/slice.ts';
import { ControlPlane } from '../../control-plane.ts';
import { converse, warningsOf } from './conversation.mjs';

// What is done when must not depend on how fast the machine is.
beforeAll(() => setSliceMs(Infinity));
afterAll(() => setSliceMs(SLICE_MS));

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string | string[]>;
  body?: string;
  token?: string;
}

const ADMINISTRATOR = {
  username: 'kubernetes-admin',
  groups: ['kubeadm:cluster-admins', 'system:authenticated'],
};

const PAUSE_STEPS = 20;

/** A control plane without nodes: pods are made, and nobody runs them. */
function controlPlane() {
  const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'));
  const plane = new ControlPlane({ clock, random: new Random(1) });
  plane.api.store.put(
    'rbac.authorization.k8s.io/clusterrolebindings',
    'kubeadm:cluster-admins',
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'kubeadm:cluster-admins', uid: 'kubeadm' },
      subjects: [{ kind: 'Group', name: 'kubeadm:cluster-admins', apiGroup: 'rbac.authorization.k8s.io' }],
      roleRef: { kind: 'ClusterRole', name: 'cluster-admin', apiGroup: 'rbac.authorization.k8s.io' },
    },
    undefined,
  );
  plane.start();
  const send = async ({ method, path, headers, body, token }: Sent) => {
    const flat = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
    );
    const user =
      token === undefined
        ? ADMINISTRATOR
        : token === ''
          ? { username: 'system:anonymous', groups: ['system:unauthenticated'] }
          : plane.api.tokens.authenticate(token);
    if (!user) return { code: 401, warnings: [], body: UNAUTHORIZED };
    const response = await plane.api.origin(user).fetch({
      method,
      path,
      headers: { ...flat, 'user-agent': 'slipway-record' },
      ...(body !== undefined && { body: new TextEncoder().encode(body) }),
    });
    const text = new TextDecoder().decode(response.body as Uint8Array);
    const json = response.headers['content-type']?.includes('json');
    const { warning } = response.headers;
    return {
      code: response.status,
      warnings: warningsOf(warning ? [warning] : []),
      body: json ? JSON.parse(text) : text,
    };
  };
  // In small steps: between them controllers hear of what others wrote.
  const pause = async (seconds = 1) => {
    for (let step = 0; step < PAUSE_STEPS; step++) await clock.advance((seconds * 1000) / PAUSE_STEPS);
  };
  return { plane, send, pause };
}

const UNAUTHORIZED = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'Unauthorized',
  reason: 'Unauthorized',
  code: 401,
};

const topics = readdirSync(new URL('topics', import.meta.url)).map((name) => name.replace('.mjs', ''));

describe.each(topics)('%s', async (topic) => {
  const { conversations } = await import(`./topics/${topic}.mjs`);
  const recorded = JSON.parse(readFileSync(new URL(`answers/${topic}.json`, import.meta.url), 'utf8'));
  const answersOf = (title: string) => recorded.find((each: any) => each.title === title)?.answers;

  test.each(conversations as { title: string; steps: any[] }[])('$title', async ({ title, steps }) => {
    const { plane, send, pause } = controlPlane();
    const answers = await converse(steps, send, pause);
    plane.dispose();
    const real: any[] = answersOf(title);
    // Only what differs, each with its question: of a hundred answers that is what one wants to read.
    const differences = answers.flatMap((ours: object, index: number) =>
      isDeepStrictEqual(ours, real[index])
        ? []
        : [[steps[index], ours, real[index]].map((each) => JSON.stringify(each)).join('\n')],
    );
    expect(differences.join('\n\n')).toBe('');
    expect(answers.length).toBe(real.length);
  });
});
