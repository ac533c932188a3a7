import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ArgumentsInvalid, readArguments } from './arguments.ts';
import { readSettings, VARIABLES } from './settings.ts';

test('every limit is on by default', () => {
  const { limits } = readSettings({});
  for (const [name, value] of Object.entries(limits)) {
    expect(value, name).toBeGreaterThan(0);
    expect(value, name).toBeLessThan(100_000);
  }
});

test('what is set is taken, and every mistake is named', () => {
  const settings = readSettings({
    SLIPWAY_KIND_IMAGE: 'mine:1',
    SLIPWAY_MAX_SESSIONS: '7',
    SLIPWAY_NODE_CPUS: '1.5',
    SLIPWAY_HOSTS: 'a.example, b.example',
  });
  expect([settings.kindImage, settings.limits.sessions, settings.limits.nodeCpus, settings.hosts]).toEqual([
    'mine:1',
    7,
    1.5,
    ['a.example', 'b.example'],
  ]);
  expect(() => readSettings({ SLIPWAY_MAX_SESSIONS: 'many', SLIPWAY_IDLE_MINUTES: '0' })).toThrow(
    'SLIPWAY_MAX_SESSIONS: expected a number above 0, received “many”\nSLIPWAY_IDLE_MINUTES: expected a number above 0, received “0”',
  );
});

test('the page for operators names every variable with its default', () => {
  const page = readFileSync(new URL('../../docs/self-hosting.md', import.meta.url), 'utf8');
  for (const [name, value] of Object.entries(VARIABLES)) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` `));
    expect(row, name).toBeDefined();
    if (value !== '') expect(row, name).toContain(`\`${value}\``);
  }
});

test.each([
  { args: [], want: { port: 4321, host: '127.0.0.1' } },
  { args: ['--port', '80', '--host', '0.0.0.0'], want: { port: 80, host: '0.0.0.0' } },
  { args: ['--port=0'], want: { port: 0, host: '127.0.0.1' } },
  { args: ['--help'], want: 'help' },
])('arguments $args', ({ args, want }) => {
  expect(readArguments(args)).toEqual(want);
});

test.each([['--port', 'x'], ['--port', '70000'], ['--prot', '1'], ['stray']])(
  'arguments %s %s are refused',
  (...args) => {
    expect(() => readArguments(args)).toThrow(ArgumentsInvalid);
  },
);
