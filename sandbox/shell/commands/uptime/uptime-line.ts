/** What `uptime` and `top` begin with: the time, how long it has run, who is there, how busy it is (procps `sprint_uptime`). */
import type { Machine } from '../../../os/machine.ts';

/** Whole minutes since the oldest process started. */
export function uptimeMinutes({ clock, processes }: Machine): number {
  const started = Math.min(...[...processes.values()].map((each) => each.startTimeMs));
  return Math.floor((clock.now() - started) / 60_000);
}

/** `16:05:00 up 10 min,  1 user,  load average: 0.00, 0.00, 0.00`. */
export function uptimeLine(machine: Machine): string {
  const now = machine.clock.now();
  const minutes = uptimeMinutes(machine);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const up = hours > 0 ? `${String(hours).padStart(2)}:${String(rest).padStart(2, '0')}` : `${rest} min`;
  const loads = machine.load.at(now).map((each) => each.toFixed(2));
  return `${new Date(now).toISOString().slice(11, 19)} up ${up},  1 user,  load average: ${loads.join(', ')}`;
}
