/** The kubelet's metrics as text, with numbers as Go writes them. */
import { metricFamily, seriesText } from '../../core/prometheus-text.ts';

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
  const lines = samples.map(
    ({ labels, value, timeMs }) =>
      `${seriesText(name, labels)} ${numberText(value)}${timeMs === undefined ? '' : ` ${Math.floor(timeMs)}`}`,
  );
  return metricFamily(name, type, help, lines);
}

/** As Go's `strconv` writes a float with 'g': exponents from 1e21 down are ours to choose, and from 1e6 bytes on usual. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN';
  if (value === 0 || Math.abs(value) < 1e6) return String(value);
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return `${mantissa}e${exponent.startsWith('-') ? '-' : '+'}${exponent.replace(/^[+-]/, '').padStart(2, '0')}`;
}
