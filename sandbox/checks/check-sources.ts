/**
 * What a check may look at besides objects, events and files, as it is declared: requests into the cluster,
 * samples while a step runs, scripts.
 */
import type { FieldReader } from './author-mistake.ts';

/** A workload's place in the network: the newest running pod that fits. */
export interface Place {
  namespace?: string;
  /** Label selector. */
  labels: string;
  serviceAccount?: string;
}

export interface HttpProbe {
  service: string;
  port: number;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
  namespace?: string;
  /** Default: a place that no NetworkPolicy concerns. */
  from?: Place;
  /** How many are sent, a few at a time. */
  count: number;
}

export interface SampleProbe {
  /** CEL, bool: the step is under way. When it begins to hold, what was sampled before is forgotten. */
  when: string;
  http: HttpProbe;
  everySeconds: number;
}

export interface ScriptProbe {
  /** Bash; see `Scratch` in `runtimes/runtime.ts` for what it may count on. */
  script: string;
  timeoutSeconds: number;
  /** CEL, bool: it is worth a try. Default: always. */
  when?: string;
}

const MAX_COUNT = 1000;
const DEFAULT_TIMEOUT_SECONDS = 120;

const HTTP_KEYS = ['service', 'port', 'method', 'path', 'headers', 'body', 'namespace', 'from', 'count'];

export function readHttp(read: FieldReader, value: unknown, key: string): HttpProbe {
  const fields = read.record(value, key, HTTP_KEYS);
  const namespace = read.optionalText(fields['namespace'], `${key}.namespace`);
  const body = read.optionalText(fields['body'], `${key}.body`);
  const headers = fields['headers'] === undefined ? {} : read.record(fields['headers'], `${key}.headers`);
  const { port = 80, count = 1 } = fields;
  return {
    service: read.text(fields['service'], `${key}.service`),
    port: read.count(port, `${key}.port`, 1, 65_535),
    method: read.optionalText(fields['method'], `${key}.method`) ?? 'GET',
    path: read.optionalText(fields['path'], `${key}.path`) ?? '/',
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name.toLowerCase(), String(text)]),
    ),
    count: read.count(count, `${key}.count`, 1, MAX_COUNT),
    ...(body === undefined ? {} : { body }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(fields['from'] === undefined ? {} : { from: readPlace(read, fields['from'], `${key}.from`) }),
  };
}

function readPlace(read: FieldReader, value: unknown, key: string): Place {
  const fields = read.record(value, key, ['namespace', 'labels', 'serviceAccount']);
  const namespace = read.optionalText(fields['namespace'], `${key}.namespace`);
  const serviceAccount = read.optionalText(fields['serviceAccount'], `${key}.serviceAccount`);
  return {
    labels: read.optionalText(fields['labels'], `${key}.labels`) ?? '',
    ...(namespace === undefined ? {} : { namespace }),
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
  };
}

export function readDuring(read: FieldReader, value: unknown, key: string): SampleProbe {
  const fields = read.record(value, key, ['when', 'http', 'every']);
  return {
    when: read.text(fields['when'], `${key}.when`),
    http: readHttp(read, fields['http'], `${key}.http`),
    everySeconds: read.seconds(fields['every'], `${key}.every`) ?? 1,
  };
}

/** A script, or `{script, timeout, when}`. */
export function readRun(read: FieldReader, value: unknown, key: string): ScriptProbe {
  if (typeof value === 'string') {
    return { script: read.text(value, key), timeoutSeconds: DEFAULT_TIMEOUT_SECONDS };
  }
  const fields = read.record(value, key, ['script', 'timeout', 'when']);
  const when = read.optionalText(fields['when'], `${key}.when`);
  return {
    script: read.text(fields['script'], `${key}.script`),
    timeoutSeconds: read.seconds(fields['timeout'], `${key}.timeout`) ?? DEFAULT_TIMEOUT_SECONDS,
    ...(when === undefined ? {} : { when }),
  };
}
