/**
 * CloudEvents 1.0 and its HTTP binding: binary and structured are read, binary is written. An event that does not say
 * what the specification demands is none. Left out: batches.
 */
import { fromBase64 } from '../../../core/base64.ts';
import { decode, encode, EMPTY } from '../../../core/bytes.ts';

export interface CloudEvent {
  /** All attributes but the data's content type, extensions too, by name. */
  attributes: Readonly<Record<string, string>>;
  contentType: string | undefined;
  data: Uint8Array;
}

/** A message that holds no valid event; says why. */
export class InvalidEvent extends Error {}

const STRUCTURED = 'application/cloudevents+json';
const NAME = /^[a-z0-9]+$/;
const REQUIRED = ['id', 'source', 'type'];

/** Whether a message means to be an event. */
export const isEvent = (headers: Readonly<Record<string, string>>): boolean =>
  headers['ce-specversion'] !== undefined || isStructured(headers);

const isStructured = (headers: Readonly<Record<string, string>>): boolean =>
  (headers['content-type'] ?? '').toLowerCase().startsWith(STRUCTURED);

/** The event in a message. Throws `InvalidEvent`. */
export function readEvent(headers: Readonly<Record<string, string>>, body: Uint8Array = EMPTY): CloudEvent {
  const event = isStructured(headers) ? readStructured(body) : readBinary(headers, body);
  const { attributes } = event;
  if (attributes['specversion'] !== '1.0')
    throw new InvalidEvent(
      attributes['specversion'] === undefined
        ? 'unknown Message encoding'
        : `specversion: unknown : "${attributes['specversion']}"`,
    );
  for (const name of REQUIRED)
    if (!attributes[name]) throw new InvalidEvent(`${name}: MUST be a non-empty string`);
  for (const name of Object.keys(attributes))
    if (!NAME.test(name))
      throw new InvalidEvent(`${name}: extension names must be lower case letters and digits`);
  const { time } = attributes;
  if (time !== undefined && Number.isNaN(Date.parse(time)))
    throw new InvalidEvent(`time: ${JSON.stringify(time)} is not a time of RFC 3339`);
  return event;
}

/** The message of an event, in binary mode. */
export function writeEvent({ attributes, contentType, data }: CloudEvent): {
  headers: Record<string, string>;
  body: Uint8Array;
} {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) headers[`ce-${name}`] = encodeValue(value);
  if (contentType !== undefined) headers['content-type'] = contentType;
  return { headers, body: data };
}

/** The event with other attributes as well. */
export const withAttributes = (event: CloudEvent, more: Readonly<Record<string, string>>): CloudEvent => ({
  ...event,
  attributes: { ...event.attributes, ...more },
});

/** The event without an attribute. */
export function withoutAttribute(event: CloudEvent, name: string): CloudEvent {
  const { [name]: _, ...attributes } = event.attributes;
  return { ...event, attributes };
}

function readBinary(headers: Readonly<Record<string, string>>, data: Uint8Array): CloudEvent {
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('ce-')) attributes[name.slice('ce-'.length)] = decodeValue(value);
  return { attributes, contentType: headers['content-type'], data };
}

function readStructured(body: Uint8Array): CloudEvent {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(decode(body)) as Record<string, unknown>;
  } catch (error) {
    throw new InvalidEvent(`not JSON: ${(error as Error).message}`);
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw new InvalidEvent('not a JSON object');
  const { data, data_base64: base64, datacontenttype, ...rest } = fields;
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(rest)) if (value !== null) attributes[name] = String(value);
  const contentType = typeof datacontenttype === 'string' ? datacontenttype : undefined;
  if (typeof base64 === 'string') return { attributes, contentType, data: fromBase64(base64) };
  if (data === undefined) return { attributes, contentType, data: EMPTY };
  // A string is itself unless the data is said to be JSON.
  const isText = typeof data === 'string' && contentType !== undefined && !/[/+]json\b/.test(contentType);
  return {
    attributes,
    contentType: contentType ?? 'application/json',
    data: encode(isText ? data : JSON.stringify(data)),
  };
}

/** Header values are percent-encoded: all but printable ASCII, and the space, the double quote and the percent sign. */
const encodeValue = (value: string): string =>
  value.replace(/[^\x21\x23\x24\x26-\x7e]/gu, (char) =>
    [...encode(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );

const decodeValue = (value: string): string =>
  value.replace(/(?:%[0-9a-fA-F]{2})+/g, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
