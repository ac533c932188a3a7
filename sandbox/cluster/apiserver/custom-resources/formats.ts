/**
 * Formats that a schema may ask of a string (`k8s.io/kube-openapi/pkg/validation/strfmt`): those that
 * apiextensions-apiserver 1.35 supports. Others are accepted, with a warning, and not checked.
 */
/* oxlint-disable no-control-regex -- what Go forbids or names are control characters */
import { isIPv4, isIPv6, isValidCIDR } from '../../api/validation/names.ts';

type Check = (text: string) => boolean;

const matching =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text);

const uuid = (version: string, variant: string) =>
  matching(
    new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i'),
  );

/** By name without dashes, which is how formats are compared. */
const FORMATS: Record<string, Check> = {
  bsonobjectid: matching(/^[0-9a-fA-F]{24}$/),
  uri: isRequestUri,
  email: isEmail,
  hostname: isHostname,
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: (text) => isValidCIDR(text).length === 0,
  mac: matching(
    /^([0-9a-fA-F]{2}([:-])([0-9a-fA-F]{2}\2){4,6}[0-9a-fA-F]{2}|([0-9a-fA-F]{4}\.){2,3}[0-9a-fA-F]{4})$/,
  ),
  uuid: uuid('[0-9a-f]', '[0-9a-f]'),
  uuid3: uuid('3', '[0-9a-f]'),
  uuid4: uuid('4', '[89ab]'),
  uuid5: uuid('5', '[89ab]'),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: matching(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matching(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: isRgbColor,
  byte: isBase64,
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
  k8sshortname: matching(/^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
  k8slongname: matching(/^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/),
};

const checkOf = (format: string): Check | undefined => {
  const name = format.replaceAll('-', '');
  return Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
};

/** Whether the format is one that is checked. */
export const isKnownFormat = (format: string): boolean => checkOf(format) !== undefined;

/** Whether the text has the format; of a format that is not known every text is. */
export const hasFormat = (format: string, text: string): boolean => checkOf(format)?.(text) ?? true;

/** What Go's `url.ParseRequestURI` takes: an absolute URI or an absolute path. */
function isRequestUri(text: string): boolean {
  if (text === '' || /[\x00-\x20\x7f]/.test(text)) return false;
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return false;
  return text.startsWith('/') || /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text);
}

function isEmail(text: string): boolean {
  const address = /^(?:"?[^"<>]*"?\s*<([^<>]+)>)$/.exec(text)?.[1] ?? text;
  return /^[^\s@<>(),;:\\"[\]]+@[^\s@<>(),;:\\"]+$/.test(address) && !/\.\.|^\.|\.@/.test(address);
}

function isHostname(text: string): boolean {
  if (text.length > 255) return false;
  const labels = text.replace(/\.$/, '').split('.');
  return labels.every((label) =>
    /^[a-zA-Z0-9\u00a0-\uffff]([a-zA-Z0-9\u00a0-\uffff_-]{0,61}[a-zA-Z0-9\u00a0-\uffff])?$/.test(label),
  );
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '');
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = [...digits].reduce(
    (all, digit, index) => all + (digit === 'X' ? 10 : Number(digit)) * (10 - index),
    0,
  );
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '');
  if (!/^\d{13}$/.test(digits)) return false;
  const sum = [...digits].reduce((all, digit, index) => all + Number(digit) * (index % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
}

function isCreditCard(text: string): boolean {
  const digits = text.replace(/\D+/g, '');
  if (
    !/^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/.test(
      digits,
    )
  )
    return false;
  // Luhn's sum.
  const sum = [...digits].reverse().reduce((all, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return all + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

function isRgbColor(text: string): boolean {
  const parts = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/.exec(text);
  return (
    parts !== null && parts.slice(1).every((part) => /^(0|[1-9]\d?\d?)$/.test(part) && Number(part) <= 255)
  );
}

function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) && text !== '';
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function isDateTime(text: string): boolean {
  const parts = /^(\d{4}-\d\d-\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)?$/.exec(text);
  if (!parts || !isDate(parts[1]!)) return false;
  return Number(parts[2]) <= 24 && Number(parts[3]) < 60 && Number(parts[4]) <= 60;
}

const UNITS =
  'ns|nano|us|µs|μs|micro|ms|milli|s|sec|m|min|h|hr|hour|d|day|w|week|nanos?|micros?|millis?|secs?|seconds?|mins?|minutes?|hours?|days?|weeks?|nanoseconds?|microseconds?|milliseconds?';
const GO_DURATION =
  /^[-+]?(0|(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))*)$/;
const SCALA_DURATION = new RegExp(`^(\\d+)\\s*(${UNITS})$`);

/** `time.ParseDuration`, or a number and the name of a unit as Scala writes it. */
function isDuration(text: string): boolean {
  return GO_DURATION.test(text) || SCALA_DURATION.test(text.toLowerCase());
}
