/**
 * The module `cloudevents` of the function image: CloudEvents 1.0 and its HTTP binding, binary and structured, with the
 * names of the npm SDK that functions use (`CloudEvent`, `HTTP`, `ValidationError`). The SDK itself is a megabyte with
 * a JSON Schema compiler in it. Left out: batches, Kafka and MQTT, emitters.
 */
export const CLOUDEVENTS_MODULE = String.raw`'use strict';
// CloudEvents 1.0: the event, and how HTTP carries it.
const { randomUUID } = require('crypto');

const SPEC_VERSION = '1.0';
const STRUCTURED = 'application/cloudevents+json';
const ATTRIBUTE = /^[a-z0-9]+$/;

class ValidationError extends TypeError {
  constructor(message, errors) {
    super(errors ? message + '\n  ' + errors.join('\n  ') : message);
    this.errors = errors ?? [];
  }
}

class CloudEvent {
  constructor(event, strict = true) {
    const { id = randomUUID(), time = new Date().toISOString(), specversion = SPEC_VERSION, ...rest } = event;
    Object.assign(this, { id, time, specversion }, rest);
    if (this.time instanceof Date) this.time = this.time.toISOString();
    if (strict) this.validate();
    Object.freeze(this);
  }
  validate() {
    const errors = [];
    if (this.specversion !== SPEC_VERSION) throw new ValidationError('invalid spec version: ' + this.specversion);
    for (const name of ['id', 'source', 'type'])
      if (typeof this[name] !== 'string' || this[name] === '') errors.push('must have required property \'' + name + '\'');
    for (const name of Object.keys(this))
      if (name !== 'data_base64' && !ATTRIBUTE.test(name)) errors.push('invalid extension name: ' + name);
    if (this.time !== undefined && Number.isNaN(Date.parse(this.time))) errors.push('time must be RFC 3339');
    if (errors.length) throw new ValidationError('invalid payload', errors);
    return true;
  }
  cloneWith(options, strict = true) { return new CloudEvent({ ...this.fields(), ...options }, strict); }
  fields() { return { ...this }; }
  toJSON() {
    const { data, ...rest } = this;
    if (data instanceof Uint8Array) return { ...rest, data_base64: Buffer.from(data).toString('base64') };
    return data === undefined ? rest : { ...rest, data };
  }
  toString() { return JSON.stringify(this); }
}

const isJson = (type) => type === undefined || /^(application|text)\/([\w.-]+\+)?json(;|$)/.test(type);
const lower = (headers) => Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
const textOf = (body) => (body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : body);
const dataOf = (body, type) => {
  if (body === undefined || body === null || body.length === 0) return undefined;
  if (typeof body === 'object' && !(body instanceof Uint8Array)) return body;
  if (isJson(type)) {
    try { return JSON.parse(textOf(body)); } catch { throw new ValidationError('invalid payload', ['data is not JSON']); }
  }
  return /^text\//.test(type) ? textOf(body) : body;
};
// Header values are percent-encoded: what is no printable ASCII, the double quote and the percent sign.
const encodeValue = (value) => String(value).replace(/[^\x21\x23\x24\x26-\x7e]/gu, (c) => (c === ' ' ? '%20' : c === '"' ? '%22' : c === '%' ? '%25' : encodeURIComponent(c)));
const decodeValue = (value) => String(value).replace(/(%[0-9a-fA-F]{2})+/g, (all) => { try { return decodeURIComponent(all); } catch { return all; } });

const HTTP = {
  isEvent(message) {
    const headers = lower(message.headers);
    return (headers['content-type'] ?? '').startsWith(STRUCTURED) || headers['ce-id'] !== undefined || headers['ce-specversion'] !== undefined;
  },
  toEvent(message) {
    const headers = lower(message.headers);
    if ((headers['content-type'] ?? '').startsWith(STRUCTURED)) {
      const { data_base64, ...event } = typeof message.body === 'object' && !(message.body instanceof Uint8Array) ? message.body : JSON.parse(textOf(message.body));
      return new CloudEvent(data_base64 === undefined ? event : { ...event, data: Buffer.from(data_base64, 'base64') });
    }
    const event = {};
    for (const [name, value] of Object.entries(headers)) if (name.startsWith('ce-')) event[name.slice(3)] = decodeValue(value);
    const type = headers['content-type'];
    if (type !== undefined) event.datacontenttype = type;
    const data = dataOf(message.body, type);
    if (data !== undefined) event.data = data;
    return new CloudEvent(event);
  },
  binary(event) {
    const { data, datacontenttype, ...attributes } = event.fields();
    const headers = {};
    const type = datacontenttype ?? (data === undefined ? undefined : data instanceof Uint8Array ? 'application/octet-stream' : 'application/json; charset=utf-8');
    if (type !== undefined) headers['content-type'] = type;
    for (const [name, value] of Object.entries(attributes)) if (value !== undefined) headers['ce-' + name] = encodeValue(value);
    const plain = typeof data === 'string' && !isJson(type);
    return { headers, body: data === undefined || data instanceof Uint8Array || plain ? data : JSON.stringify(data) };
  },
  structured(event) {
    return { headers: { 'content-type': STRUCTURED + '; charset=utf-8' }, body: JSON.stringify(event) };
  },
};

module.exports = { CloudEvent, HTTP, ValidationError, V1: SPEC_VERSION };
`;
