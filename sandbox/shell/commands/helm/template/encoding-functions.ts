/**
 * sprig's and helm's functions that translate: JSON, YAML, base64, digests, dates, versions, random text. Refused
 * with a reason: what makes keys and certificates (`genSelfSignedCert`, …), which would differ in every rendering
 * and of which lessons take `kubectl create secret tls`, and `env`, `expandenv`, `getHostByName`, as in helm.
 */
import { fromBase64, toBase64 } from '../../../../core/base64.ts';
import { decode, encode } from '../../../../core/bytes.ts';
import type { Random } from '../../../../core/random.ts';
import { sha256 } from '../../../../core/sha256.ts';
import { parseYaml, YamlError } from '../../kubectl/manifest.ts';
import { toYaml as yamlText } from '../../kubectl/printers/yaml.ts';
import { goJson } from '../../kustomize/name-hash.ts';
import { AuthorError, FunctionError, type FunctionTable } from '../../../go-template/execution.ts';
import { compareVersions, parseVersion, satisfies, type Version } from './semantic-version.ts';
import { fn, more, strval, text, whole } from './signature.ts';
import { isMap, sortedKeys, TemplateObject } from '../../../go-template/values.ts';

/** What functions need of the machine. */
export interface Surroundings {
  random: Random;
  /** Epoch milliseconds. */
  now: () => number;
}

/** Values as JSON knows them. */
export function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(jsonValue);
  if (value instanceof TemplateObject) return jsonValue({ ...value.fields });
  if (isMap(value))
    return Object.fromEntries(sortedKeys(value).map((key) => [key, jsonValue(value[key] ?? null)]));
  return value ?? null;
}

/** `toYaml`: without a newline at the end. */
export const toYaml = (value: unknown): string => yamlText(jsonValue(value)).replace(/\n$/, '');

function fromYaml(source: unknown): unknown {
  try {
    const value = parseYaml(text(source)) ?? {};
    return isMap(value)
      ? value
      : {
          Error: `error unmarshaling JSON: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type map[string]interface {}`,
        };
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return { Error: `error converting YAML to JSON: ${error.message}` };
  }
}

function fromJson(source: unknown): unknown {
  try {
    return JSON.parse(text(source));
  } catch (error) {
    return { Error: (error as Error).message };
  }
}

function decodeBase64(source: unknown): string {
  try {
    return decode(fromBase64(text(source)));
  } catch (error) {
    if (error instanceof FunctionError) throw error;
    return 'illegal base64 data at input byte 0';
  }
}

const sha256sum = (source: unknown): string => sha256(encode(text(source)));

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']; // prettier-ignore
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const LAYOUT = /January|Jan|Monday|Mon|MST|2006|Z07:00|-0700|-07:00|01|02|03|04|05|06|15|PM|_2|1|2|3|4|5/g;

/** A moment; printed as Go prints times. */
class Time extends TemplateObject {
  readonly epochMs: number;
  constructor(epochMs: number) {
    super(
      {},
      {
        Unix: () => BigInt(Math.floor(epochMs / 1000)),
        Year: () => BigInt(new Date(epochMs).getUTCFullYear()),
        Format: (layout) => formatTime(epochMs, text(layout)),
      },
      formatTime(epochMs, '2006-01-02 15:04:05 -0700 UTC'),
    );
    this.epochMs = epochMs;
  }
}

/** `time.Format` in UTC. */
export function formatTime(epochMs: number, layout: string): string {
  const date = new Date(epochMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const hour = date.getUTCHours() % 12 || 12;
  const parts: Record<string, string> = {
    January: MONTHS[date.getUTCMonth()]!,
    Jan: MONTHS[date.getUTCMonth()]!.slice(0, 3),
    Monday: DAYS[date.getUTCDay()]!,
    Mon: DAYS[date.getUTCDay()]!.slice(0, 3),
    MST: 'UTC',
    '2006': String(date.getUTCFullYear()),
    '06': two(date.getUTCFullYear() % 100),
    '01': two(date.getUTCMonth() + 1),
    '1': String(date.getUTCMonth() + 1),
    '02': two(date.getUTCDate()),
    '2': String(date.getUTCDate()),
    _2: String(date.getUTCDate()).padStart(2),
    '15': two(date.getUTCHours()),
    '03': two(hour),
    '3': String(hour),
    '04': two(date.getUTCMinutes()),
    '4': String(date.getUTCMinutes()),
    '05': two(date.getUTCSeconds()),
    '5': String(date.getUTCSeconds()),
    PM: date.getUTCHours() < 12 ? 'AM' : 'PM',
    'Z07:00': 'Z',
    '-0700': '+0000',
    '-07:00': '+00:00',
  };
  return layout.replace(LAYOUT, (part) => parts[part]!);
}

const momentOf = (value: unknown, now: () => number): number =>
  value instanceof Time
    ? value.epochMs
    : typeof value === 'bigint' || typeof value === 'number'
      ? Number(value) * 1000
      : now();

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const durationMs = (source: string) =>
  (source.startsWith('-') ? -1 : 1) *
  [...source.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!,
    0,
  );

function version(source: unknown): TemplateObject {
  const parsed = versionOf(source);
  return new TemplateObject(
    {
      Major: BigInt(parsed.major),
      Minor: BigInt(parsed.minor),
      Patch: BigInt(parsed.patch),
      Prerelease: parsed.prerelease,
      Metadata: parsed.metadata,
      Original: strval(source),
    },
    { Compare: (other) => BigInt(Math.sign(compareVersions(parsed, versionOf(strval(other))))) },
    `${parsed.major}.${parsed.minor}.${parsed.patch}${parsed.prerelease ? `-${parsed.prerelease}` : ''}${parsed.metadata ? `+${parsed.metadata}` : ''}`,
  );
}

function versionOf(source: unknown): Version {
  const parsed = parseVersion(strval(source));
  if (!parsed) throw new FunctionError('invalid semantic version');
  return parsed;
}

const refused = (name: string) =>
  more(0, () => {
    throw new AuthorError(
      `${name} is not part of this helm: keys and certificates would differ in every rendering; make them with openssl or kubectl create secret tls, and name the Secret in the values`,
    );
  });

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';

export function encodingFunctions({ random, now }: Surroundings): FunctionTable {
  const randomText = (alphabet: string) =>
    fn(1, (count) =>
      Array.from({ length: whole(count) }, () => alphabet[random.int(alphabet.length)]).join(''),
    );
  const date = fn(2, (layout, value) => formatTime(momentOf(value, now), text(layout)));
  return {
    b64enc: fn(1, (value) => toBase64(encode(text(value)))),
    b64dec: fn(1, decodeBase64),
    toJson: fn(1, (value) => goJson(jsonValue(value))),
    mustToJson: fn(1, (value) => goJson(jsonValue(value))),
    toRawJson: fn(1, (value) => JSON.stringify(jsonValue(value))),
    toPrettyJson: fn(1, (value) => JSON.stringify(jsonValue(value), null, 2)),
    fromJson: fn(1, fromJson),
    fromJsonArray: fn(1, fromJson),
    toYaml: fn(1, toYaml),
    mustToYaml: fn(1, toYaml),
    toYamlPretty: fn(1, toYaml),
    fromYaml: fn(1, fromYaml),
    fromYamlArray: fn(1, (source) => parseYaml(text(source)) ?? []),
    sha256sum: fn(1, sha256sum),
    required: fn(2, (message, value) => {
      if (value === null || value === undefined || value === '') throw new AuthorError(text(message));
      return value;
    }),
    fail: fn(1, (message) => {
      throw new AuthorError(text(message));
    }),
    semver: fn(1, version),
    semverCompare: fn(2, (constraint, value) => {
      const met = satisfies(text(constraint), versionOf(value));
      if (met === undefined) throw new FunctionError(`improper constraint: ${text(constraint)}`);
      return met;
    }),
    now: fn(0, () => new Time(now())),
    date,
    htmlDate: fn(1, (value) => formatTime(momentOf(value, now), '2006-01-02')),
    toDate: fn(
      2,
      (_, value) => new Time(Date.parse(`${text(value)}${/[zZ]|\d\d:\d\d/.test(value) ? '' : 'T00:00:00Z'}`)),
    ),
    dateModify: fn(2, (change, value) => new Time(momentOf(value, now) + durationMs(text(change)))),
    unixEpoch: fn(1, (value) => String(Math.floor(momentOf(value, now) / 1000))),
    randAlphaNum: randomText(LETTERS + DIGITS),
    randAlpha: randomText(LETTERS),
    randNumeric: randomText(DIGITS),
    randInt: fn(2, (from, to) => from + BigInt(random.int(Number(to - from)))),
    uuidv4: fn(0, () => random.uuid()),
    ...Object.fromEntries(
      [
        'genSelfSignedCert',
        'genSignedCert',
        'genCA',
        'genPrivateKey',
        'genCAWithKey',
        'genSelfSignedCertWithKey',
        'buildCustomCert',
        'htpasswd',
        'bcrypt',
        'derivePassword',
        'encryptAES',
        'decryptAES',
      ].map((name) => [name, refused(name)]),
    ),
  };
}
