/** The dates that `date -d` and `touch -d` are given most: ISO, `@seconds`, `now`, and distances like `2 days ago`. */

const UNITS_MS: Record<string, number> = {
  second: 1000,
  sec: 1000,
  minute: 60_000,
  min: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

/** Epoch milliseconds, or undefined for text that is no date. Times without a zone are UTC. */
export function parseDate(text: string, nowMs: number): number | undefined {
  let rest = text.trim().toLowerCase();
  if (/^@-?\d+(\.\d+)?$/.test(rest)) return Number(rest.slice(1)) * 1000;
  let time = nowMs;
  const midnight = (ms: number) => Math.floor(ms / 86_400_000) * 86_400_000;
  const iso =
    /^(\d{4}-\d{2}-\d{2})(?:[t ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(z|utc|[+-]\d{2}:?\d{2})?\s*/.exec(
      rest,
    );
  if (iso) {
    const clock = (iso[2] ?? '00:00').replace(/^(\d):/, '0$1:');
    const zone = !iso[3] || /[zu]/.test(iso[3]) ? 'Z' : iso[3].replace(/^(...)(\d\d)$/, '$1:$2');
    time = Date.parse(`${iso[1]}T${clock.length === 5 ? `${clock}:00` : clock}${zone}`);
    if (Number.isNaN(time)) return undefined;
    rest = rest.slice(iso[0].length);
  } else {
    const word = /^(now|today|tomorrow|yesterday)\b\s*/.exec(rest);
    if (word) {
      if (word[1] === 'tomorrow') time += UNITS_MS['day']!;
      if (word[1] === 'yesterday') time -= UNITS_MS['day']!;
      rest = rest.slice(word[0].length);
    } else if (/^\d{1,2}:\d{2}/.test(rest)) {
      const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?\s*/.exec(rest)!;
      time =
        midnight(nowMs) +
        Number(clock[1]) * 3_600_000 +
        Number(clock[2]) * 60_000 +
        Number(clock[3] ?? 0) * 1000;
      rest = rest.slice(clock[0].length);
    } else if (rest === '') return midnight(nowMs);
  }
  for (
    let match;
    rest !== '' &&
    (match =
      /^([+-]?\s*\d+|next|last|an?)?\s*(second|sec|minute|min|hour|day|week|month|year)s?\s*(ago\b)?\s*/.exec(
        rest,
      ));
  ) {
    const count =
      match[1] === 'last' ? -1 : match[1] && /\d/.test(match[1]) ? Number(match[1].replaceAll(' ', '')) : 1;
    const signed = match[3] ? -count : count;
    if (match[2] === 'month' || match[2] === 'year') {
      const date = new Date(time);
      if (match[2] === 'month') date.setUTCMonth(date.getUTCMonth() + signed);
      else date.setUTCFullYear(date.getUTCFullYear() + signed);
      time = date.getTime();
    } else time += signed * UNITS_MS[match[2]!]!;
    rest = rest.slice(match[0].length);
  }
  return rest === '' ? time : undefined;
}
