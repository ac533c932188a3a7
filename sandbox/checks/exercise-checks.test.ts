import { describe, expect, it } from 'vitest';
import { compileExpressions } from './check-expressions.ts';
import { ExerciseInvalid } from './author-mistake.ts';
import { readExerciseChecks } from './exercise-checks.ts';

const check = { name: 'web is Ready', on: { pods: 'app=web' }, pass: 'size(pods) > 0' };

function mistakesOf(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof ExerciseInvalid)
      return error.mistakes.map((m) => `${m.key}: ${m.expected} ← ${m.received}`);
    throw error;
  }
  return [];
}

describe('readExerciseChecks', () => {
  it('reads durations, selections and defaults', () => {
    const { checks, namespace } = readExerciseChecks({
      checks: [{ ...check, for: '1m30s', on: { pods: { labels: 'app=web', namespace: '*' } } }],
    });
    expect(namespace).toBe('default');
    expect(checks[0]).toMatchObject({
      forSeconds: 90,
      withinSeconds: 30,
      on: { pods: { labels: 'app=web', namespace: '*' } },
      wrong: [],
    });
  });

  const cases: { name: string; input: Record<string, unknown>; want: string[] }[] = [
    { name: 'no checks', input: {}, want: ['checks: a list of at least one check ← nothing'] },
    {
      name: 'an unknown key',
      input: { checks: [{ ...check, passes: 'true' }] },
      want: [
        'checks[0].passes: one of name, on, changes, http, during, run, audit, file, pass, for, within, saw, wrong ← "passes"',
      ],
    },
    {
      name: 'every mistake at once',
      input: { checks: [{ on: { pods: 3 }, pass: '', for: '20' }] },
      want: [
        'checks[0].name: a text ← nothing',
        'checks[0].on.pods: a mapping ← 3',
        'checks[0].pass: a text ← ""',
        'checks[0].for: a duration such as 20s ← "20"',
      ],
    },
    {
      name: 'nothing that would trigger it',
      input: { checks: [{ name: 'x', pass: 'true' }] },
      want: ['checks[0]: a trigger (`on`, `audit` or `file`) ← {"name":"x","pass":"true"}'],
    },
  ];
  it.each(cases)('$name', ({ input, want }) => {
    expect(mistakesOf(() => readExerciseChecks(input)).sort()).toEqual(want.sort());
  });
});

describe('compileExpressions', () => {
  const compile = (pass: string, more: Record<string, unknown> = {}) =>
    compileExpressions(readExerciseChecks({ checks: [{ ...check, pass, ...more }] }));

  it('refuses names that the check does not select', () => {
    expect(mistakesOf(() => compile('size(services) > 0'))[0]).toContain(
      'checks[0].pass: a valid CEL expression',
    );
  });

  it('refuses a condition that is not a bool', () => {
    expect(mistakesOf(() => compile('1 + 1'))).toEqual(['checks[0].pass: CEL of type bool ← int']);
  });

  it('knows `response` only where a request is sent', () => {
    expect(mistakesOf(() => compile('response.status == 200'))).toHaveLength(1);
    const http = { service: 'web', path: '/' };
    expect(mistakesOf(() => compile('response.status == 200', { http }))).toEqual([]);
  });

  const pod = (status: unknown) => ({ metadata: { name: 'web-1' }, status });
  const words: { name: string; status: unknown; want: string }[] = [
    {
      name: 'waiting',
      status: {
        phase: 'Running',
        containerStatuses: [{ state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      },
      want: 'CrashLoopBackOff',
    },
    {
      name: 'running without Ready',
      status: { phase: 'Running', containerStatuses: [{ state: { running: {} } }] },
      want: 'Running, not Ready',
    },
    { name: 'no status yet', status: undefined, want: 'Pending' },
  ];
  it.each(words)('waitingReason: $name', ({ status, want }) => {
    const { checks } = compile('pods.all(p, waitingReason(p) != "")', { saw: 'waitingReason(pods[0])' });
    expect(checks[0]!.saw!({ pods: [pod(status)] })).toBe(want);
  });
});
