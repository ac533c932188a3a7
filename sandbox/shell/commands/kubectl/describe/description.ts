/**
 * The text of a description (`kubectl/pkg/describe/describe.go`): lines in two columns, labels and
 * annotations over several lines, events at the end.
 */
import { humanAge } from '../../../../cluster/api/duration.ts';
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { StatusError } from '../../../../cluster/api/status.ts';
import type { Query } from '../api.ts';
import type { Invocation } from '../invocation.ts';
import { LAST_APPLIED } from '../last-applied.ts';
import { DESCRIPTION, TabWriter } from '../tab-writer.ts';

/** Longer annotations get lines of their own and are cut. */
const MAX_ANNOTATION_LENGTH = 140;

/** Writes the description of one object. */
export type Describer = (description: Description, object: KubernetesObject) => Promise<void> | void;

export class Description {
  readonly invocation: Invocation;
  readonly showEvents: boolean;
  readonly #writer = new TabWriter(DESCRIPTION);
  #text = '';

  readonly #tabs: boolean;

  /** @param tabs leaves the tabs between cells, as `rollout history --revision` does. */
  constructor(invocation: Invocation, showEvents: boolean, { tabs = false } = {}) {
    this.invocation = invocation;
    this.showEvents = showEvents;
    this.#tabs = tabs;
  }

  /** One line, two spaces in per level; cells are separated by tabs. */
  line(level: number, text: string): void {
    const line = `${'  '.repeat(level)}${text}\n`;
    if (this.#tabs) this.#text += line;
    else this.#writer.write(line);
  }

  /** `Title:<tab>value`. */
  field(title: string, value: unknown, level = 0): void {
    this.line(level, `${title}:\t${value as string}`);
  }

  head(object: KubernetesObject): void {
    this.field('Name', object.metadata.name);
    this.field('Namespace', object.metadata.namespace ?? '');
  }

  labels(title: string, labels: Record<string, string> | undefined, indent = '', innerIndent = '\t'): void {
    const keys = Object.keys(labels ?? {}).sort();
    if (keys.length === 0) this.line(0, `${indent}${title}:${innerIndent}<none>`);
    keys.forEach((key, at) =>
      this.line(0, `${indent}${at === 0 ? `${title}:` : ''}${innerIndent}${key}=${labels![key]}`),
    );
  }

  annotations(title: string, annotations: Record<string, string> | undefined): void {
    const keys = Object.keys(annotations ?? {})
      .filter((key) => key !== LAST_APPLIED)
      .sort();
    if (keys.length === 0) this.line(0, `${title}:\t<none>`);
    keys.forEach((key, at) => {
      const start = at === 0 ? `${title}:\t` : '\t';
      const value = annotations![key]!.replace(/\n$/, '');
      if (value.length + key.length + 2 <= MAX_ANNOTATION_LENGTH && !value.includes('\n'))
        return this.line(0, `${start}${key}: ${value}`);
      this.line(0, `${start}${key}:`);
      for (const line of value.split('\n')) this.line(0, `\t  ${shorten(line, MAX_ANNOTATION_LENGTH - 2)}`);
    });
  }

  metadata(object: KubernetesObject): void {
    this.labels('Labels', object.metadata.labels);
    this.annotations('Annotations', object.metadata.annotations);
  }

  /** The columns so far are closed; what follows gets widths of its own. */
  flush(): void {
    this.#text += this.#writer.flush();
  }

  toString(): string {
    this.flush();
    return this.#text;
  }

  age(time: string | undefined): string {
    return humanAge(time, this.invocation.now());
  }

  /** A list, or nothing where the server does not have the kind or does not let us see it. */
  async list(path: string, query?: Query): Promise<KubernetesObject[]> {
    try {
      return (await this.invocation.api.get(path, query)).items ?? [];
    } catch (error) {
      if (error instanceof StatusError && (error.reason === 'NotFound' || error.reason === 'Forbidden'))
        return [];
      throw error;
    }
  }

  /** The events about an object. `uid` and `kind` may differ from the object's own (mirror pods, nodes). */
  async events(
    object: KubernetesObject,
    { uid = object.metadata.uid, kind = object.kind } = {},
  ): Promise<KubernetesObject[]> {
    const { name, namespace } = object.metadata;
    const terms = [`involvedObject.name=${name}`, `involvedObject.namespace=${namespace ?? ''}`];
    if (kind) terms.push(`involvedObject.kind=${kind}`);
    if (uid) terms.push(`involvedObject.uid=${uid}`);
    const path = namespace ? `/api/v1/namespaces/${namespace}/events` : '/api/v1/events';
    return this.list(path, { fieldSelector: terms.join(','), limit: 500 });
  }

  async describeEvents(object: KubernetesObject): Promise<void> {
    if (this.showEvents) this.printEvents(await this.events(object));
  }

  printEvents(events: readonly KubernetesObject[]): void {
    if (events.length === 0) return this.line(0, 'Events:\t<none>');
    this.flush();
    this.line(0, 'Events:');
    this.line(1, 'Type\tReason\tAge\tFrom\tMessage');
    this.line(1, '----\t------\t----\t----\t-------');
    const time = (event: KubernetesObject) => Date.parse(event['lastTimestamp'] ?? '') || 0;
    for (const event of [...events].sort((a, b) => time(a) - time(b))) {
      const first = this.age(event['eventTime'] ?? event['firstTimestamp']);
      const { series, involvedObject } = event;
      let interval = first;
      if (series) interval = `${this.age(series.lastObservedTime)} (x${series.count} over ${first})`;
      else if (event['count'] > 1)
        interval = `${this.age(event['lastTimestamp'])} (x${event['count']} over ${first})`;
      const source = event['source']?.component || event['reportingComponent'] || '';
      const message = String(event['message'] ?? '').trim();
      const text = involvedObject?.fieldPath ? `${involvedObject.fieldPath}: ${message}` : message;
      this.line(1, [event['type'], event['reason'], interval, source, text].join('\t'));
    }
  }
}

const shorten = (text: string, length: number) =>
  text.length > length ? `${text.slice(0, length)}...` : text;

/** Go's RFC1123Z in UTC: `Tue, 24 Nov 2026 10:20:04 +0000`. */
export function rfc1123(time: string | undefined): string {
  const date = new Date(time ?? '0001-01-01T00:00:00Z');
  return date.toUTCString().replace('GMT', '+0000');
}

/** `Kind/name` of the controller, or nothing. */
export function controlledBy(object: KubernetesObject): string | undefined {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller);
  return owner && `${owner.kind}/${owner.name}`;
}
