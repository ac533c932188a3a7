/**
 * Reads and runs test scripts in the language of Prometheus' `promqltest`: `load` puts samples into a store, `eval` asks
 * for a query and says what it answers, `clear` empties the store. Left out: native histograms (`{{…}}`), which this
 * engine does not have; a case that touches them is told as such.
 */
import { durationMs } from '../duration.ts';
import { Labels, METRIC_NAME } from '../labels.ts';
import { parseNumber } from '../number-text.ts';
import { PromQLParseError } from '../parse-error.ts';
import { instantQuery, rangeQuery, type QueryAnswer } from '../query.ts';
import { SeriesStore } from '../series-store.ts';
import { unquoted } from '../string-literal.ts';
import { PromQLError, type RangeSeries } from '../value.ts';

/** How a case went. */
export interface CaseResult {
  line: number;
  query: string;
  /** Undefined: as expected. */
  problem: string | undefined;
}

/** Undefined is a gap, `'stale'` a staleness marker, `'histogram'` a native histogram. */
type Point = number | 'stale' | 'histogram' | undefined;

interface Case {
  line: number;
  query: string;
  at: { startMs: number; endMs: number; stepMs: number } | { timeMs: number };
  expectations: string[];
}

/** Relative difference that counts as none. */
const TOLERANCE = 1e-6;

const START =
  /^(eval\w*)\s+(?:instant\s+at\s+(\S+)|range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+))\s+(.*)$/;

/** Runs all cases of a script. */
export async function runScript(text: string): Promise<CaseResult[]> {
  const lines = text.split('\n').map((line) => line.replace(/^\s*#.*/, '').trim());
  const results: CaseResult[] = [];
  let store = new SeriesStore();
  let hasHistograms = false;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const load = /^load(\w*)\s+(\S+)$/.exec(line);
    const start = START.exec(line);
    const block: string[] = [];
    if (load || start) while (lines[index + 1]) block.push(lines[++index]!);
    if (line === 'clear') {
      store = new SeriesStore();
      hasHistograms = false;
    } else if (load) {
      const loaded = loadSeries(store, durationMs(load[2]!)!, block);
      if (load[1] || !loaded) hasHistograms = true;
    } else if (start) {
      const one = caseOf(start, index + 1 - block.length, block);
      const found = await problemOf(store, one);
      const isHistogram = hasHistograms || /\{\{/.test(block.join());
      const problem = found && isHistogram ? `${found} (there are native histograms)` : found;
      results.push({ line: one.line, query: one.query, problem });
    } else if (line) throw new Error(`line ${index + 1}: not understood: ${line}`);
  }
  return results;
}

function caseOf(start: RegExpExecArray, line: number, block: readonly string[]): Case {
  const [, command = '', at, from, to, step, query = ''] = start;
  const expectations = [...block];
  if (command !== 'eval') expectations.push(`expect ${command.replace('eval_', '')}`);
  const range = from && {
    startMs: durationMs(from)!,
    endMs: durationMs(to!)!,
    stepMs: durationMs(step!)!,
  };
  return { line, query, at: range || { timeMs: Number(timeOf(at!)) }, expectations };
}

const timeOf = (text: string): number => {
  const negative = text.startsWith('-');
  const ms = durationMs(text.replace(/^-/, '')) ?? Number(text.replace(/^-/, '')) * 1000;
  return negative ? -ms : ms;
};

/** False: some of it was native histograms. */
function loadSeries(store: SeriesStore, stepMs: number, block: readonly string[]): boolean {
  let complete = true;
  for (const line of block) {
    const { labels, points } = seriesOf(line);
    points.forEach((point, index) => {
      if (point === 'histogram') complete = false;
      else if (point !== undefined)
        store.append(labels, index * stepMs, point === 'stale' ? undefined : point);
    });
  }
  return complete;
}

/** `metric{label="value"} 1 2+3x4 _ stale` */
function seriesOf(line: string): { labels: Labels; points: Point[] } {
  const head = /^([\w:.]*)(\{(?:[^"'}]|"(?:[^"\\]|\\.)*"|'[^']*')*\})?\s*(.*)$/.exec(line)!;
  const [, name = '', braces = '', rest = ''] = head;
  const pairs: [string, string][] = name ? [[METRIC_NAME, name]] : [];
  for (const [, label, value] of braces.matchAll(/("[^"]*"|[\w.-]+)\s*=\s*("(?:[^"\\]|\\.)*"|'[^']*')/g))
    pairs.push([unquoted(label!) ?? label!, unquoted(value!)!]);
  const alone = /\{\s*("[^"=]+")\s*[,}]/.exec(braces);
  if (alone) pairs.push([METRIC_NAME, unquoted(alone[1]!)!]);
  return { labels: Labels.of(pairs), points: pointsOf(rest) };
}

function pointsOf(text: string): Point[] {
  const points: Point[] = [];
  for (const [word] of text.matchAll(/\{\{.*?\}\}\S*|\S+/g)) {
    const expanded =
      /^(_|stale|[-+]?(?:inf|nan|[\d.]+(?:e[-+]?\d+)?))(?:([-+][\d.]+(?:e[-+]?\d+)?))?(?:x(\d+))?$/i.exec(
        word,
      );
    if (!expanded) {
      points.push('histogram');
      continue;
    }
    const [, first = '', increment, times] = expanded;
    if (first === '_') for (let count = 0; count < Number(times ?? 1); count++) points.push(undefined);
    else if (first === 'stale') points.push('stale');
    else
      for (let count = 0; count <= Number(times ?? 0); count++)
        points.push(parseNumber(first)! + count * Number(increment ?? 0));
  }
  return points;
}

/** What is not as expected. */
async function problemOf(store: SeriesStore, one: Case): Promise<string | undefined> {
  const wantsFailure = one.expectations.find((line) => /^expect fail|^expected_fail/.test(line));
  let answer: QueryAnswer;
  try {
    answer =
      'timeMs' in one.at
        ? await instantQuery(store, one.query, one.at.timeMs)
        : await rangeQuery(store, one.query, one.at);
  } catch (error) {
    if (!(error instanceof PromQLError || error instanceof PromQLParseError)) throw error;
    if (!wantsFailure) return `failed: ${error.message}`;
    return saysSo(wantsFailure, [error.message]) ? undefined : `fails in other words: ${error.message}`;
  }
  if (wantsFailure) return 'does not fail';
  for (const kind of ['warn', 'info'] as const) {
    const messages = kind === 'warn' ? answer.warnings : answer.infos;
    if (one.expectations.includes(`expect no_${kind}`) && messages.length > 0)
      return `has ${kind}: ${messages.join('; ')}`;
    for (const line of one.expectations)
      if (line.startsWith(`expect ${kind}`) && !saysSo(line, messages))
        return `lacks ${kind}: ${messages.join('; ') || line}`;
  }
  return differenceOf(answer, one);
}

/** Whether a message is what `expect … msg: …` or `… regex: …` says; without either, whether there is one. */
function saysSo(expectation: string, messages: readonly string[]): boolean {
  const said = /(msg|regex|fail_message|fail_regexp):?\s+(.*)$/.exec(expectation);
  if (!said) return messages.length > 0;
  const wanted = said[2]!.replace(/^(["`])(.*)\1$/, '$2');
  return messages.some((message) =>
    said[1]!.includes('reg') ? new RegExp(wanted).test(message) : message.includes(wanted),
  );
}

function differenceOf({ value }: QueryAnswer, one: Case): string | undefined {
  const wanted = one.expectations.filter((line) => !line.startsWith('expect'));
  const text = one.expectations.find((line) => line.startsWith('expect string'));
  if (text || value.type === 'string') {
    const got = value.type === 'string' ? value.value : value.type;
    return text && unquoted(text.replace('expect string', '').trim()) === got ? undefined : `is ${got}`;
  }
  if (value.type === 'scalar')
    return wanted.length === 1 && almostEqual(parseNumber(wanted[0]!) ?? NaN, value.value)
      ? undefined
      : `is ${value.value}, not ${wanted.join()}`;
  const series: RangeSeries[] =
    value.type === 'matrix'
      ? value.series
      : value.samples.map((sample) => ({ labels: sample.labels, times: [0], values: [sample.value] }));
  if (series.length !== wanted.length)
    return `has ${series.length} series, not ${wanted.length}: ${series.map(shown).join('; ')}`;
  const isOrdered = one.expectations.includes('expect ordered');
  for (const [index, line] of wanted.entries()) {
    const { labels, points } = seriesOf(line);
    const found = isOrdered
      ? series[index]!.labels.key === labels.key && series[index]!
      : series.find((candidate) => candidate.labels.key === labels.key);
    if (!found) return `has no ${line}: ${series.map(shown).join('; ')}`;
    const wantedValues = points.filter((point) => typeof point === 'number');
    const same =
      wantedValues.length === found.values.length &&
      wantedValues.every((point, at) => almostEqual(point, found.values[at]!)) &&
      isInPlace(one, value.type, points, found.times);
    if (!same) return `has ${shown(found)} instead of ${line}`;
  }
  return undefined;
}

/** For a range: whether each value belongs to its step. */
function isInPlace(one: Case, type: string, points: readonly Point[], times: readonly number[]): boolean {
  if (type !== 'matrix' || !('startMs' in one.at)) return true;
  const { startMs, stepMs } = one.at;
  const wanted = points.flatMap((point, index) => (point === undefined ? [] : [startMs + index * stepMs]));
  return wanted.every((timeMs, index) => timeMs === times[index]);
}

const shown = ({ labels, values }: RangeSeries): string => `${labels.toString()} ${values.join(' ')}`;

function almostEqual(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  const difference = Math.abs(a - b);
  return difference < Number.MIN_VALUE * 2 || difference / (Math.abs(a) + Math.abs(b)) < TOLERANCE;
}
