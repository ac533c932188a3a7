/** Metrics in Prometheus' text format 0.0.4. How numbers are written is left to who has them. */

/** One metric: its head, and its samples as `series VALUE` lines. Nothing without any. */
export function metricFamily(
  name: string,
  type: 'counter' | 'gauge' | 'histogram',
  help: string,
  samples: readonly string[],
): string {
  if (samples.length === 0) return '';
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples, ''].join('\n');
}

/** `name{label="value"}`, labels in the order given. */
export function seriesText(name: string, labels: Readonly<Record<string, string | number>> = {}): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(String(value))}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

const escaped = (text: string): string => text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n');
