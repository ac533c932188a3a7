/**
 * Templates in an alert's labels and annotations: Go's, with `$labels`, `$value` and the functions that make numbers
 * readable. Left out: `query`, and what makes links and HTML.
 */
import {
  ExecutionError,
  FunctionError,
  TemplateSet,
  type FunctionTable,
} from '../../../shell/go-template/execution.ts';
import { TemplateSyntaxError } from '../../../shell/go-template/syntax.ts';
import type { Labels } from '../../../promql/labels.ts';
import { parseNumber } from '../../../promql/number-text.ts';

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const BINARY_PREFIXES = ['', 'ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'];
const SMALL_PREFIXES = ['', 'm', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];

const number = (value: unknown): number => {
  const parsed = typeof value === 'number' ? value : parseNumber(String(value));
  if (parsed === undefined)
    throw new FunctionError(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`);
  return parsed;
};

/** Go's `%.4g`. */
const fourDigits = (value: number): string => String(Number(value.toPrecision(4)));

function scaled(value: number, base: number, prefixes: readonly string[]): string {
  let [rest, index] = [value, 0];
  while (Math.abs(rest) >= base && index < prefixes.length - 1) [rest, index] = [rest / base, index + 1];
  return `${fourDigits(rest)}${prefixes[index]}`;
}

function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return fourDigits(value);
  if (Math.abs(value) >= 1) return scaled(value, 1000, PREFIXES);
  let [rest, index] = [value, 0];
  while (Math.abs(rest) < 1 && index < SMALL_PREFIXES.length - 1) [rest, index] = [rest * 1000, index + 1];
  return `${fourDigits(rest)}${SMALL_PREFIXES[index]}`;
}

function humanizeDuration(value: number): string {
  if (!Number.isFinite(value)) return fourDigits(value);
  if (Math.abs(value) < 1) return `${humanize(value)}s`;
  const sign = value < 0 ? '-' : '';
  const seconds = Math.floor(Math.abs(value));
  const [s, m, h] = [seconds % 60, Math.floor(seconds / 60) % 60, Math.floor(seconds / 3600) % 24];
  const days = Math.floor(seconds / 86_400);
  if (days > 0) return `${sign}${days}d ${h}h ${m}m ${s}s`;
  if (h > 0) return `${sign}${h}h ${m}m ${s}s`;
  if (m > 0) return `${sign}${m}m ${s}s`;
  return `${sign}${fourDigits(Math.abs(value))}s`;
}

const FUNCTIONS: FunctionTable = {
  humanize: { count: 1, call: (value) => humanize(number(value)) },
  humanize1024: { count: 1, call: (value) => scaled(number(value), 1024, BINARY_PREFIXES) },
  humanizeDuration: { count: 1, call: (value) => humanizeDuration(number(value)) },
  humanizePercentage: { count: 1, call: (value) => `${fourDigits(number(value) * 100)}%` },
  title: { count: 1, call: (text) => String(text).replace(/\b\w/g, (letter) => letter.toUpperCase()) },
  toUpper: { count: 1, call: (text) => String(text).toUpperCase() },
  toLower: { count: 1, call: (text) => String(text).toLowerCase() },
};

const HEAD = '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$value := .Value}}';

/** A text with its templates filled in; one that cannot be is replaced by what is wrong with it. */
export function filledTemplate(
  text: string,
  {
    labels,
    value,
    externalLabels,
  }: { labels: Labels; value: number; externalLabels: Readonly<Record<string, string>> },
): string {
  if (!text.includes('{{')) return text;
  const templates = new TemplateSet(FUNCTIONS, { missing: 'no value' });
  try {
    templates.add('__alert', HEAD + text);
    return templates.execute('__alert', {
      Labels: labels.toObject(),
      ExternalLabels: externalLabels,
      Value: value,
    });
  } catch (error) {
    if (
      error instanceof TemplateSyntaxError ||
      error instanceof ExecutionError ||
      error instanceof FunctionError
    )
      return `<error expanding template: ${error.message}>`;
    throw error;
  }
}
