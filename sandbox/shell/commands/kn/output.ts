/** What `kn` prints for people: lists, descriptions with their indents, conditions (client/pkg/printers, pkg/commands). */
import { humanAge } from '../../../cluster/api/duration.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { flag, type Flag } from '../kubectl/flags.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import { outputPrinter, OUTPUT_FLAGS } from '../kubectl/printers/output.ts';
import { DESCRIPTION, TABLE, TabWriter } from '../kubectl/tab-writer.ts';
import type { Condition } from './objects.ts';

/** Annotations and labels that say nothing to a reader. */
const BORING = ['serving.knative.dev', 'client.knative.dev', 'kubectl.kubernetes.io'];
const TRUNCATE_AT = 100;

export const LIST_FLAGS: readonly Flag[] = [
  ...OUTPUT_FLAGS,
  flag('all-namespaces,A', false, 'If present, list the requested object(s) across all namespaces.'),
  flag('no-headers', false, "When using the default output format, don't print headers."),
];

export const DESCRIBE_FLAGS: readonly Flag[] = [...OUTPUT_FLAGS, flag('verbose,v', false, 'More output.')];

/** Prints a list as a table, or as `-o` says. */
export async function printList<T extends KubernetesObject>(
  invocation: Invocation,
  objects: readonly T[],
  headers: readonly string[],
  cells: (object: T) => readonly string[],
  nothing: string,
): Promise<void> {
  const { flags } = invocation;
  const printer = await outputPrinter(invocation);
  if (printer) {
    const [first] = objects;
    const list = {
      apiVersion: first?.apiVersion ?? 'v1',
      kind: first ? `${first.kind}List` : 'List',
      metadata: {},
      items: objects,
    };
    await invocation.print(printer(list));
    return;
  }
  if (objects.length === 0) {
    await invocation.print(`${nothing}\n`);
    return;
  }
  const spaced = flags.bool('all-namespaces');
  const writer = new TabWriter(TABLE);
  if (!flags.bool('no-headers'))
    writer.write(`${[...(spaced ? ['NAMESPACE'] : []), ...headers].join('\t')}\n`);
  for (const object of objects)
    writer.write(`${[...(spaced ? [object.metadata.namespace ?? ''] : []), ...cells(object)].join('\t')}\n`);
  await invocation.print(writer.flush());
}

/** The last columns of most lists: age, conditions, ready, reason. */
export function stateCells(object: KubernetesObject, nowMs: number): string[] {
  const conditions = (object.status?.conditions ?? []) as Condition[];
  const good = conditions.filter(({ status }) => status === 'True').length;
  const ready = conditions.find(({ type }) => type === 'Ready');
  return [
    humanAge(object.metadata.creationTimestamp, nowMs),
    `${good} OK / ${conditions.length}`,
    ready?.status ?? '<unknown>',
    reasonOf(ready),
  ];
}

export const STATE_HEADERS = ['AGE', 'CONDITIONS', 'READY', 'REASON'] as const;

function reasonOf(ready: Condition | undefined): string {
  if (!ready) return '<unknown>';
  if (ready.status === 'True') return '';
  return ready.message ? `${ready.reason} : ${ready.message}` : (ready.reason ?? '');
}

/** Lines with labels in columns; what belongs to a line stands indented below it. */
export class Description {
  readonly #writer: TabWriter;
  readonly #prefix: string;
  readonly #text: string[];

  constructor(writer = new TabWriter(DESCRIPTION), prefix = '', text: string[] = []) {
    this.#writer = writer;
    this.#prefix = prefix;
    this.#text = text;
  }

  /** A line of cells; answers where what belongs to its last cell is written. */
  cells(...cells: string[]): Description {
    this.#writer.write(`${this.#prefix}${cells.join('\t')}\n`);
    return new Description(this.#writer, `${this.#prefix}\t`, this.#text);
  }

  /** `label: value`; answers where what belongs to it is written. */
  attribute(label: string, value: string): Description {
    this.#writer.write(`${this.#prefix}${label}:\t${value}\n`);
    return new Description(this.#writer, `${this.#prefix}  `, this.#text);
  }

  /** Text that is laid out already. */
  raw(text: string): void {
    this.#writer.write(`${this.#prefix}${text}\n`);
  }

  /** An empty line. */
  line(): void {
    this.#writer.write('\n');
  }

  /** Columns begin anew. */
  flush(): void {
    this.#text.push(this.#writer.flush());
  }

  toString(): string {
    this.flush();
    return this.#text.join('');
  }
}

/** `duration.ShortHumanDuration`: one unit. */
export function shortAge(time: string | undefined, nowMs: number): string {
  if (!time) return '';
  const seconds = Math.floor((nowMs - Date.parse(time)) / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h`;
  const days = Math.floor(hours / 24);
  return days < 365 ? `${days}d` : `${Math.floor(days / 365)}y`;
}

export function writeMetadata(
  description: Description,
  { metadata }: KubernetesObject,
  details: boolean,
  nowMs: number,
): void {
  description.attribute('Name', metadata.name ?? '');
  description.attribute('Namespace', metadata.namespace ?? '');
  writeMap(description, 'Labels', metadata.labels, details);
  writeMap(description, 'Annotations', metadata.annotations, details);
  description.attribute('Age', shortAge(metadata.creationTimestamp, nowMs));
}

function writeMap(
  description: Description,
  label: string,
  map: Record<string, string> | undefined,
  details: boolean,
): void {
  const pairs = Object.keys(map ?? {})
    .filter((key) => details || !BORING.includes(key.split('/')[0]!) || !key.includes('/'))
    .sort()
    .map((key) => `${key}=${map![key]}`);
  if (pairs.length === 0) return;
  if (details)
    for (const [index, pair] of pairs.entries()) description.cells(index === 0 ? `${label}:` : '', pair);
  else description.attribute(label, truncated(pairs.join(', '), TRUNCATE_AT - label.length - 2));
}

/** A list on one line, or with details one a line. */
export function writeList(
  description: Description,
  label: string,
  values: readonly string[],
  details: boolean,
): void {
  if (values.length === 0) return;
  if (details)
    for (const [index, value] of values.entries()) description.cells(index === 0 ? `${label}:` : '', value);
  else description.attribute(label, truncated(values.join(', '), TRUNCATE_AT));
}

const truncated = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 4)} ...`;

/** The table of conditions: Ready first, then by severity and name. */
export function writeConditions(
  description: Description,
  conditions: readonly Condition[] = [],
  details: boolean,
  nowMs: number,
): void {
  const section = description.attribute('Conditions', '');
  const rank = ({ type, severity }: Condition) => (type === 'Ready' ? 0 : severity === 'Info' ? 2 : 1);
  const sorted = [...conditions].sort((a, b) => rank(a) - rank(b) || (a.type < b.type ? -1 : 1));
  const width = Math.max(0, ...sorted.map(({ type }) => type.length));
  const row = (ok: string, type: string, age: string, reason: string) =>
    section.raw(`${ok.padEnd(2)} ${type.padEnd(width)} ${age.padStart(6)} ${reason}`);
  row('OK', 'TYPE', 'AGE', 'REASON');
  for (const condition of sorted) {
    const { type, reason = '', message = '', lastTransitionTime } = condition;
    row(
      symbolOf(condition),
      type,
      shortAge(lastTransitionTime, nowMs),
      details && reason ? `${reason} (${message})` : reason,
    );
  }
}

function symbolOf({ status, severity }: Condition): string {
  if (status === 'True') return '++';
  if (status !== 'False') return '??';
  if (severity === 'Warning') return ' W';
  return severity === 'Info' ? ' I' : '!!';
}
