/**
 * Prometheus' text format 0.0.4, as targets answer it: lines of `name{label="value"} number [milliseconds]`, and comments
 * that give a metric's type and help. Left out: OpenMetrics' exemplars and its `# EOF`, which are passed over, and the
 * protobuf format, which is not asked for.
 */
import { METRIC_NAME } from '../../../promql/labels.ts';
import { parseNumber } from '../../../promql/number-text.ts';

/** What is said of a metric. */
export interface MetricMetadata {
  type: string;
  help: string;
  unit: string;
}

export interface ExposedSample {
  /** Name and labels as they stand there: the same text is the same series. */
  series: string;
  value: number;
  /** Epoch ms, where the target says it. */
  timeMs: number | undefined;
}

export interface Exposition {
  samples: ExposedSample[];
  metadata: Map<string, MetricMetadata>;
}

/** A line that is none of the format's. */
export class ExpositionError extends Error {}

const SAMPLE =
  /^((?:[A-Za-z_:][\w:]*)?(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?)\s*(\S+)(?:\s+(-?\d+))?(?:\s+#.*)?$/;

/** Throws `ExpositionError`. */
export function parseExposition(text: string): Exposition {
  const samples: ExposedSample[] = [];
  const metadata = new Map<string, MetricMetadata>();
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '') continue;
    if (line.startsWith('#')) {
      readComment(line, metadata);
      continue;
    }
    const match = SAMPLE.exec(line);
    const value = match?.[1] ? parseNumber(match[2]!) : undefined;
    if (value === undefined)
      throw new ExpositionError(
        `expected label name, got ${JSON.stringify(line.slice(0, 20))} ("INVALID") while parsing: ${JSON.stringify(line.slice(0, 40))}`,
      );
    samples.push({ series: match![1]!, value, timeMs: match![3] ? Number(match![3]) : undefined });
  }
  return { samples, metadata };
}

function readComment(line: string, metadata: Map<string, MetricMetadata>): void {
  const match = /^#\s+(TYPE|HELP|UNIT)\s+(\S+)\s*(.*)$/.exec(line);
  if (!match) return;
  const [, kind, name = '', rest = ''] = match;
  let known = metadata.get(name);
  if (!known) metadata.set(name, (known = { type: 'unknown', help: '', unit: '' }));
  if (kind === 'TYPE') known.type = rest === 'untyped' ? 'unknown' : rest;
  else if (kind === 'HELP')
    known.help = rest.replace(/\\(n|\\)/g, (_, letter) => (letter === 'n' ? '\n' : '\\'));
  else known.unit = rest;
}

const LABEL = /\s*(?:([A-Za-z_]\w*)|"((?:[^"\\]|\\.)*)")\s*(=)?\s*(?:"((?:[^"\\]|\\.)*)")?\s*,?/gy;

/** Name and labels of a series' text. Throws `ExpositionError`. */
export function labelsOfSeries(series: string): [name: string, value: string][] {
  const open = series.indexOf('{');
  const name = open < 0 ? series : series.slice(0, open);
  const pairs: [string, string][] = name ? [[METRIC_NAME, name]] : [];
  if (open < 0) return pairs;
  const inside = series.slice(open + 1, -1);
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < inside.length && inside.slice(LABEL.lastIndex).trim() !== '') {
    const match = LABEL.exec(inside);
    if (!match) throw new ExpositionError(`invalid labels in ${JSON.stringify(series)}`);
    const [, bare, quoted, equals, value] = match;
    if (equals && value !== undefined) pairs.push([bare ?? unescaped(quoted!), unescaped(value)]);
    else if (!equals && quoted !== undefined) pairs.push([METRIC_NAME, unescaped(quoted)]);
    else throw new ExpositionError(`expected label value in ${JSON.stringify(series)}`);
  }
  return pairs;
}

const unescaped = (text: string): string =>
  text.includes('\\')
    ? text.replace(/\\(.)/gs, (all, letter: string) =>
        letter === 'n' ? '\n' : letter === '\\' || letter === '"' ? letter : all,
      )
    : text;
