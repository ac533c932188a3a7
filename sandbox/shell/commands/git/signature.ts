/** Who did something and when, as commits and tags record it; and git's ways to write a date. */
import type { Process } from '../../../os/process.ts';
import { parseDate } from '../date/parse-date.ts';
import { Fatal } from './problems.ts';
import type { Config } from './config-file.ts';

export interface Signature {
  name: string;
  email: string;
  /** Epoch seconds. */
  seconds: number;
  /** `+0100`. */
  zone: string;
}

export const signatureText = ({ name, email, seconds, zone }: Signature): string =>
  `${name} <${email}> ${seconds} ${zone}`;

export function parseSignature(text: string): Signature {
  const match = /^(.*) <(.*)> (\d+) ([+-]\d{4})$/.exec(text);
  return match
    ? { name: match[1]!, email: match[2]!, seconds: Number(match[3]), zone: match[4]! }
    : { name: text, email: '', seconds: 0, zone: '+0000' };
}

/** The identity that the environment or the configuration names; fails as git does when neither does. */
export function signatureOf(
  process: Process,
  config: Config,
  role: 'AUTHOR' | 'COMMITTER',
  date?: string,
): Signature {
  const { environment } = process;
  const name = environment[`GIT_${role}_NAME`] ?? config.get('user.name');
  const email = environment[`GIT_${role}_EMAIL`] ?? config.get('user.email') ?? environment['EMAIL'];
  if (!name || !email) {
    const title = role === 'AUTHOR' ? 'Author' : 'Committer';
    const user = environment['USER'] ?? 'root';
    const host = process.machine.hostname;
    throw new IdentityUnknown(
      `${title} identity unknown\n\n*** Please tell me who you are.\n\nRun\n\n  git config --global user.email "you@example.com"\n  git config --global user.name "Your Name"\n\nto set your account's default identity.\nOmit --global to set the identity only in this repository.\n\n`,
      email
        ? `empty ident name (for <${email}>) not allowed`
        : `unable to auto-detect email address (got '${user}@${host}.(none)')`,
    );
  }
  const at = date ?? environment[`GIT_${role}_DATE`];
  const when =
    at === undefined
      ? { seconds: Math.floor(process.machine.clock.now() / 1000), zone: '+0000' }
      : dateOf(process, at);
  return { name, email, ...when };
}

export class IdentityUnknown extends Fatal {
  /** What is printed in front of `fatal:`. */
  readonly advice: string;
  constructor(advice: string, message: string) {
    super(message);
    this.advice = advice;
  }
}

/** `@1700000000 +0100`, `1700000000 +0000`, ISO 8601, or what `date -d` reads. */
function dateOf(process: Process, text: string): { seconds: number; zone: string } {
  const raw = /^@?(\d{5,})(?: ([+-]\d{4}))?$/.exec(text);
  if (raw) return { seconds: Number(raw[1]), zone: raw[2] ?? '+0000' };
  const zone = /([+-]\d{2}):?(\d{2})$/.exec(text);
  const timeMs = parseDate(text, process.machine.clock.now());
  if (timeMs === undefined) throw new Fatal(`invalid date format: ${text}`);
  return { seconds: Math.floor(timeMs / 1000), zone: zone ? zone[1]! + zone[2]! : '+0000' };
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => String(n).padStart(2, '0');

/** @param style a value of --date */
export function dateText({ seconds, zone }: Signature, style: string, nowMs: number): string {
  const offset = (zone[0] === '-' ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3)));
  const date = new Date(seconds * 1000 + offset * 60_000);
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const day = `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
  const month = MONTHS[date.getUTCMonth()]!;
  switch (style) {
    case 'short':
      return day;
    case 'iso':
    case 'iso8601':
      return `${day} ${clock} ${zone}`;
    case 'iso-strict':
    case 'iso8601-strict':
      return `${day}T${clock}${zone === '+0000' ? '+00:00' : `${zone.slice(0, 3)}:${zone.slice(3)}`}`;
    case 'unix':
      return String(seconds);
    case 'raw':
      return `${seconds} ${zone}`;
    case 'relative':
      return relative(nowMs / 1000 - seconds);
    case 'rfc':
    case 'rfc2822':
      return `${DAYS[date.getUTCDay()]}, ${date.getUTCDate()} ${month} ${date.getUTCFullYear()} ${clock} ${zone}`;
    default:
      return `${DAYS[date.getUTCDay()]} ${month} ${date.getUTCDate()} ${clock} ${date.getUTCFullYear()} ${zone}`;
  }
}

/** `show_date_relative`: seconds up to 90, minutes up to 90, hours up to 36, days up to 14, weeks, months, years. */
function relative(ageSeconds: number): string {
  const count = (n: number, unit: string) => `${n} ${unit}${n === 1 ? '' : 's'} ago`;
  let age = Math.max(0, Math.round(ageSeconds));
  if (age < 90) return count(age, 'second');
  age = Math.floor((age + 30) / 60);
  if (age < 90) return count(age, 'minute');
  age = Math.floor((age + 30) / 60);
  if (age < 36) return count(age, 'hour');
  age = Math.floor((age + 12) / 24);
  if (age < 14) return count(age, 'day');
  if (age < 70) return count(Math.floor((age + 3) / 7), 'week');
  if (age < 365) return count(Math.floor((age + 15) / 30), 'month');
  return count(Math.floor((age + 183) / 365), 'year');
}
