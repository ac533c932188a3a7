/**
 * Kubernetes' libraries for CEL (apiserver `pkg/cel/library`, 1.35): lists, regex, quantity, URL, IP and
 * CIDR addresses, sets, and what the strings extension has beyond the library's own.
 *
 * Left out: semver, jsonpatch, authorizer, format.named(), and `string.format` beyond %s, %d and %%.
 */
/* oxlint-disable no-control-regex -- what Go forbids or names are control characters */
import type { Environment } from '@marcbachmann/cel-js';
import { formatQuantity, parseQuantity } from '../cluster/api/quantity.ts';
import { isIPv4, isIPv6 } from '../cluster/api/validation/names.ts';
import { RegularExpression } from './regular-expression.ts';

type Ordered = number | bigint | string;

export function registerKubernetesLibraries(environment: Environment): Environment {
  registerLists(environment);
  registerStrings(environment);
  registerQuantities(environment);
  registerUrls(environment);
  registerAddresses(environment);
  return environment;
}

function registerLists(environment: Environment): void {
  environment
    .registerFunction('list.sum(): dyn', (list: (number | bigint)[]) => list.reduce(add, 0n))
    .registerFunction('list.min(): dyn', (list: unknown[]) => extreme('min', list, (a, b) => a < b))
    .registerFunction('list.max(): dyn', (list: unknown[]) => extreme('max', list, (a, b) => a > b))
    .registerFunction('list.isSorted(): bool', (list: Ordered[]) =>
      list.every((x, i) => i === 0 || list[i - 1]! <= x),
    )
    .registerFunction('list.indexOf(dyn): int', (list: unknown[], x: unknown) => BigInt(list.indexOf(x)))
    .registerFunction('list.lastIndexOf(dyn): int', (list: unknown[], x: unknown) =>
      BigInt(list.lastIndexOf(x)),
    )
    .registerFunction('list.slice(int, int): list<dyn>', slice)
    .registerFunction('list.reverse(): list<dyn>', (list: unknown[]) => list.toReversed())
    .registerFunction('list.distinct(): list<dyn>', (list: unknown[]) =>
      list.filter((x, i) => list.findIndex((other) => equal(other, x)) === i),
    )
    .registerType('Sets', Sets)
    .registerConstant('sets', 'Sets', new Sets())
    .registerFunction('Sets.contains(list, list): bool', (_: Sets, a: unknown[], b: unknown[]) =>
      includesAll(a, b),
    )
    .registerFunction(
      'Sets.equivalent(list, list): bool',
      (_: Sets, a: unknown[], b: unknown[]) => includesAll(a, b) && includesAll(b, a),
    )
    .registerFunction('Sets.intersects(list, list): bool', (_: Sets, a: unknown[], b: unknown[]) =>
      b.some((x) => includesAll(a, [x])),
    );
}

/** The name `sets` that functions on lists are called on. */
class Sets {}

const equal = (a: unknown, b: unknown): boolean => a === b || textOf(a) === textOf(b);

/** A value as text that equal values share. */
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? '';

const includesAll = (list: unknown[], wanted: unknown[]): boolean =>
  wanted.every((x) => list.some((other) => equal(other, x)));

function slice(list: unknown[], start: bigint, end: bigint): unknown[] {
  if (start < 0n || end < start || end > BigInt(list.length))
    throw new Error(`cannot slice(${start}, ${end}), list is length ${list.length}`);
  return list.slice(Number(start), Number(end));
}

const add = (a: number | bigint, b: number | bigint): number | bigint =>
  typeof a === 'bigint' && typeof b === 'bigint' ? a + b : Number(a) + Number(b);

function extreme(name: string, list: unknown[], better: (a: Ordered, b: Ordered) => boolean): unknown {
  if (list.length === 0) throw new Error(`${name} called on empty list`);
  return (list as Ordered[]).reduce((best, x) => (better(x, best) ? x : best));
}

function registerStrings(environment: Environment): void {
  environment
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => RegularExpression.compile(pattern).find(text)?.text ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
      RegularExpression.compile(pattern).findAll(text),
    )
    .registerFunction(
      'string.findAll(string, int): list<string>',
      (text: string, pattern: string, limit: bigint) =>
        RegularExpression.compile(pattern).findAll(text, limit < 0n ? Infinity : Number(limit)),
    )
    .registerFunction('string.charAt(int): string', (text: string, index: bigint) => {
      const characters = [...text];
      if (index < 0n || index > BigInt(characters.length)) throw new Error(`index out of range: ${index}`);
      return characters[Number(index)] ?? '';
    })
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction('string.replace(string, string, int): string', replaceSome)
    .registerFunction('string.format(list): string', format);
}

function replaceSome(text: string, from: string, to: string, limit: bigint): string {
  if (limit < 0n) return text.replaceAll(from, () => to);
  let out = text;
  let at = 0;
  for (let count = 0n; count < limit; count++) {
    const found = out.indexOf(from, at);
    if (found < 0) break;
    out = out.slice(0, found) + to + out.slice(found + from.length);
    at = found + to.length;
  }
  return out;
}

function format(text: string, values: unknown[]): string {
  let next = 0;
  return text.replace(/%(.)?/gs, (_, verb: string | undefined) => {
    if (verb === '%') return '%';
    if (verb !== 's' && verb !== 'd')
      throw new Error(`could not parse formatting clause: unrecognized formatting clause "${verb ?? ''}"`);
    if (next >= values.length) throw new Error(`index ${next} out of range`);
    const value = values[next++];
    if (verb === 'd' && typeof value !== 'bigint' && typeof value !== 'number')
      throw new Error(
        `error during formatting: decimal clause can only be used on integers, was given ${typeof value}`,
      );
    return typeof value === 'object' && value !== null ? textOf(value) : String(value);
  });
}

class Quantity {
  readonly value: ReturnType<typeof parseQuantity>;
  constructor(value: ReturnType<typeof parseQuantity>) {
    this.value = value;
  }
}

const NANO = 1_000_000_000n;

function registerQuantities(environment: Environment): void {
  const parse = (text: string): Quantity | undefined => {
    try {
      return new Quantity(parseQuantity(text));
    } catch {
      return undefined;
    }
  };
  const nano = (quantity: Quantity): bigint => BigInt(quantity.value.nano);
  const isInteger = (quantity: Quantity): boolean => nano(quantity) % NANO === 0n;
  const of = (quantity: Quantity, value: bigint): Quantity =>
    new Quantity({ ...quantity.value, nano: value });
  environment
    .registerType('Quantity', Quantity)
    .registerOperator('Quantity == Quantity', (a: Quantity, b: Quantity) => nano(a) === nano(b))
    .registerFunction('isQuantity(string): bool', (text: string) => parse(text) !== undefined)
    .registerFunction('quantity(string): Quantity', (text: string) => {
      const quantity = parse(text);
      if (!quantity)
        throw new Error(
          "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
      return quantity;
    })
    .registerFunction('Quantity.isLessThan(Quantity): bool', (a: Quantity, b: Quantity) => nano(a) < nano(b))
    .registerFunction(
      'Quantity.isGreaterThan(Quantity): bool',
      (a: Quantity, b: Quantity) => nano(a) > nano(b),
    )
    .registerFunction('Quantity.compareTo(Quantity): int', (a: Quantity, b: Quantity) =>
      nano(a) === nano(b) ? 0n : nano(a) < nano(b) ? -1n : 1n,
    )
    .registerFunction('Quantity.sign(): int', (a: Quantity) =>
      nano(a) === 0n ? 0n : nano(a) < 0n ? -1n : 1n,
    )
    .registerFunction('Quantity.isInteger(): bool', isInteger)
    .registerFunction('Quantity.asInteger(): int', (a: Quantity) => {
      if (!isInteger(a)) throw new Error('cannot convert value to integer');
      return nano(a) / NANO;
    })
    .registerFunction(
      'Quantity.asApproximateFloat(): double',
      (a: Quantity) => Number(nano(a)) / Number(NANO),
    )
    .registerFunction('Quantity.add(Quantity): Quantity', (a: Quantity, b: Quantity) =>
      of(a, nano(a) + nano(b)),
    )
    .registerFunction('Quantity.add(int): Quantity', (a: Quantity, b: bigint) => of(a, nano(a) + b * NANO))
    .registerFunction('Quantity.sub(Quantity): Quantity', (a: Quantity, b: Quantity) =>
      of(a, nano(a) - nano(b)),
    )
    .registerFunction('Quantity.sub(int): Quantity', (a: Quantity, b: bigint) => of(a, nano(a) - b * NANO))
    .registerFunction('string(Quantity): string', (a: Quantity) => formatQuantity(a.value));
}

class Url {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;

  /** Throws where Go's `url.ParseRequestURI` does. */
  constructor(text: string) {
    const parts =
      /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:[^/?#@]*@)?([^/?#]*))?([^?#]*)(?:\?(.*))?$/s.exec(text);
    const absolute = parts && (parts[1] !== undefined || text.startsWith('/'));
    if (!absolute || /[\x00-\x20\x7f]/.test(text) || /%(?![0-9a-fA-F]{2})/.test(text))
      throw new Error(
        `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
      );
    this.scheme = parts[1] ?? '';
    this.host = parts[2] ?? '';
    this.path = parts[3] ?? '';
    this.query = parts[4] ?? '';
  }

  get hostname(): string {
    return this.host.startsWith('[')
      ? this.host.slice(1, this.host.indexOf(']'))
      : this.host.replace(/:\d*$/, '');
  }

  get port(): string {
    return /:(\d*)$/.exec(this.host)?.[1] ?? '';
  }
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

function registerUrls(environment: Environment): void {
  environment
    .registerType('Url', Url)
    .registerFunction('isURL(string): bool', (text: string) => succeeds(() => new Url(text)))
    .registerFunction('url(string): Url', (text: string) => new Url(text))
    .registerFunction('Url.getScheme(): string', (url: Url) => url.scheme)
    .registerFunction('Url.getHost(): string', (url: Url) => url.host)
    .registerFunction('Url.getHostname(): string', (url: Url) => url.hostname)
    .registerFunction('Url.getPort(): string', (url: Url) => url.port)
    .registerFunction('Url.getEscapedPath(): string', (url: Url) => url.path)
    .registerFunction('Url.getQuery(): map<string, list<string>>', ({ query }: Url) => {
      const out: Record<string, string[]> = {};
      for (const pair of query.split('&').filter(Boolean)) {
        const [name = '', value = ''] = pair
          .split('=', 2)
          .map((each) => decodeURIComponent(each.replaceAll('+', ' ')));
        (out[name] ??= []).push(value);
      }
      return out;
    });
}

class Ip {
  readonly text: string;
  /** 4 or 16. */
  readonly bytes: readonly number[];

  constructor(text: string) {
    if (!isIPv4(text) && !isIPv6(text))
      throw new Error(
        `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`,
      );
    this.text = text;
    this.bytes = isIPv4(text) ? text.split('.').map(Number) : bytesOf(text);
  }

  get family(): number {
    return this.bytes.length === 4 ? 4 : 6;
  }
}

function bytesOf(text: string): number[] {
  const dotted = /\d+\.\d+\.\d+\.\d+$/.exec(text)?.[0];
  const hex = dotted
    ? text.replace(dotted, () => {
        const [a, b, c, d] = dotted.split('.').map(Number) as [number, number, number, number];
        return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
      })
    : text;
  const [head = '', tail] = hex.split('::');
  const groups = (part: string | undefined) => (part ? part.split(':') : []);
  const before = groups(head);
  const after = groups(tail);
  const missing = tail === undefined ? 0 : 8 - before.length - after.length;
  const all = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  return all.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]);
}

class Cidr {
  readonly ip: Ip;
  readonly bits: number;

  constructor(text: string) {
    const [address = '', bits = ''] = text.split('/');
    if (text.split('/').length !== 2 || !/^(0|[1-9]\d{0,2})$/.test(bits))
      throw new Error(
        `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): no '/'`,
      );
    this.ip = new Ip(address);
    this.bits = Number(bits);
    if (this.bits > this.ip.bytes.length * 8)
      throw new Error(
        `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): prefix length out of range`,
      );
  }

  contains({ bytes }: Ip): boolean {
    if (bytes.length !== this.ip.bytes.length) return false;
    for (let bit = 0; bit < this.bits; bit++) {
      const mask = 128 >> (bit % 8);
      if ((bytes[bit >> 3]! & mask) !== (this.ip.bytes[bit >> 3]! & mask)) return false;
    }
    return true;
  }
}

function registerAddresses(environment: Environment): void {
  const starts = ({ bytes }: Ip, ...head: number[]) => head.every((byte, index) => bytes[index] === byte);
  const every = (bytes: readonly number[], byte: number) => bytes.every((each) => each === byte);
  const loopback = (ip: Ip) =>
    ip.family === 4 ? ip.bytes[0] === 127 : every(ip.bytes.slice(0, 15), 0) && ip.bytes[15] === 1;
  const linkLocal = (ip: Ip) =>
    ip.family === 4 ? starts(ip, 169, 254) : ip.bytes[0] === 0xfe && (ip.bytes[1]! & 0xc0) === 0x80;
  const multicast = (ip: Ip) => (ip.family === 4 ? (ip.bytes[0]! & 0xf0) === 0xe0 : ip.bytes[0] === 0xff);
  environment
    .registerType('Ip', Ip)
    .registerType('Cidr', Cidr)
    .registerOperator('Ip == Ip', (a: Ip, b: Ip) => a.bytes.join() === b.bytes.join())
    .registerFunction('isIP(string): bool', (text: string) => succeeds(() => new Ip(text)))
    .registerFunction('ip(string): Ip', (text: string) => new Ip(text))
    .registerFunction('Ip.family(): int', (ip: Ip) => BigInt(ip.family))
    .registerFunction('Ip.isUnspecified(): bool', (ip: Ip) => every(ip.bytes, 0))
    .registerFunction('Ip.isLoopback(): bool', loopback)
    .registerFunction('Ip.isLinkLocalUnicast(): bool', linkLocal)
    .registerFunction('Ip.isLinkLocalMulticast(): bool', (ip: Ip) =>
      ip.family === 4 ? starts(ip, 224, 0, 0) : ip.bytes[0] === 0xff && (ip.bytes[1]! & 0x0f) === 2,
    )
    .registerFunction(
      'Ip.isGlobalUnicast(): bool',
      (ip: Ip) =>
        !every(ip.bytes, 0) && !every(ip.bytes, 255) && !loopback(ip) && !linkLocal(ip) && !multicast(ip),
    )
    .registerFunction('string(Ip): string', (ip: Ip) => ip.text)
    .registerFunction('isCIDR(string): bool', (text: string) => succeeds(() => new Cidr(text)))
    .registerFunction('cidr(string): Cidr', (text: string) => new Cidr(text))
    .registerFunction('Cidr.containsIP(Ip): bool', (cidr: Cidr, ip: Ip) => cidr.contains(ip))
    .registerFunction('Cidr.containsIP(string): bool', (cidr: Cidr, ip: string) => cidr.contains(new Ip(ip)))
    .registerFunction(
      'Cidr.containsCIDR(Cidr): bool',
      (a: Cidr, b: Cidr) => b.bits >= a.bits && a.contains(b.ip),
    )
    .registerFunction('Cidr.containsCIDR(string): bool', (a: Cidr, text: string) => {
      const b = new Cidr(text);
      return b.bits >= a.bits && a.contains(b.ip);
    })
    .registerFunction('Cidr.ip(): Ip', (cidr: Cidr) => cidr.ip)
    .registerFunction('Cidr.prefixLength(): int', (cidr: Cidr) => BigInt(cidr.bits))
    .registerFunction('string(Cidr): string', (cidr: Cidr) => `${cidr.ip.text}/${cidr.bits}`);
}
