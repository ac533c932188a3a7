/** HEALTHCHECK: kept in the configuration, as Docker does; Kubernetes has probes of its own and ignores it. */
import { parseDuration } from '../../api/duration.ts';
import type { HealthCheck } from '../image.ts';
import { parseError, type Instruction } from './dockerfile.ts';

const NANOSECONDS = 1_000_000;

export function healthCheckOf(instruction: Instruction, shell: readonly string[]): HealthCheck {
  const { rest, flags, lines } = instruction;
  const [kind = '', ...words] = rest.split(/\s+/);
  if (kind.toUpperCase() === 'NONE') return { Test: ['NONE'] };
  if (kind.toUpperCase() !== 'CMD')
    throw parseError(lines, `Unknown type ${JSON.stringify(kind)} in HEALTHCHECK (try CMD)`);
  const command = rest.slice(kind.length).trim();
  if (words.length === 0) throw parseError(lines, 'Missing command after HEALTHCHECK CMD');
  const duration = (name: string) => {
    const text = flags.get(name);
    return text === undefined ? undefined : parseDuration(text) * NANOSECONDS;
  };
  const check: HealthCheck = { Test: testOf(command, shell) };
  const set = (key: 'Interval' | 'Timeout' | 'StartPeriod', name: string) => {
    const value = duration(name);
    if (value !== undefined) check[key] = value;
  };
  set('Interval', 'interval');
  set('Timeout', 'timeout');
  set('StartPeriod', 'start-period');
  if (flags.has('retries')) check.Retries = Number(flags.get('retries'));
  return check;
}

function testOf(command: string, shell: readonly string[]): string[] {
  try {
    const words = JSON.parse(command) as unknown;
    if (Array.isArray(words)) return ['CMD', ...words.map(String)];
  } catch {
    // The shell form.
  }
  return shell.length === 2 && shell[0] === '/bin/sh' ? ['CMD-SHELL', command] : ['CMD', ...shell, command];
}
