/** Numbers as Prometheus writes them: Go's `strconv.FormatFloat(value, 'f', -1, 64)`, never with an exponent. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN';
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = '', first = '', rest = '', exponent = '0'] = match;
  const digits = first + rest;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0') + (digits.length > point ? `.${digits.slice(point)}` : '');
}

/** As exposition and configuration files have them: also `+Inf`, `-Inf`, `NaN`, hexadecimal. Undefined: no number. */
export function parseNumber(text: string): number | undefined {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  if (!/^[+-]?(0x[\da-f]+|(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?)$/i.test(text)) return undefined;
  const negative = text.startsWith('-');
  const magnitude = Number(text.replace(/^[+-]/, '').replaceAll('_', ''));
  return negative ? -magnitude : magnitude;
}
