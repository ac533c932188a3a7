/** Metrics in Prometheus' text format 0.0.4, as every component of Kubernetes exposes them. */

export interface Sample {
  labels?: Readonly<Record<string, string>>;
  value: number;
  /** Epoch ms: when it was taken, where that is said. */
  timeMs?: number;
}

/** One metric with its samples; nothing without any. */
export function metricText(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: readonly Sample[],
): string {
  if (samples.length === 0) return '';
  let out = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  for (const { labels, value, timeMs } of samples) {
    const pairs = Object.entries(labels ?? {}).map(([label, text]) => `${label}="${escaped(text)}"`);
    out += `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${numberText(value)}${timeMs === undefined ? '' : ` ${timeMs}`}\n`;
  }
  return out;
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** As Go's `strconv` writes a float with 'g': exponents from 1e21 down are ours to choose, and from 1e6 bytes on usual. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN';
  if (value === 0 || Math.abs(value) < 1e6) return String(value);
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return `${mantissa}e${exponent.startsWith('-') ? '-' : '+'}${exponent.replace(/^[+-]/, '').padStart(2, '0')}`;
}
