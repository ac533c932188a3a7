/** ConfigMap and Secret. Keys and sizes as `core/validation`; contents of the typed Secrets. */
import type { KindValidation } from './validate.ts';
import { type FieldError, forbidden, invalid, required, tooLong } from './field-errors.ts';
import { IMMUTABLE, semanticEqual } from './metadata.ts';
import { isConfigMapKey } from './names.ts';

const MAX_SIZE_BYTES = 1024 * 1024;
const IMMUTABLE_WHEN_SET = 'field is immutable when `immutable` is set';

function validateKeys(data: Record<string, string> | undefined, path: string, errors: FieldError[]): void {
  for (const key in data)
    for (const message of isConfigMapKey(key)) errors.push(invalid(`${path}[${key}]`, key, message));
}

/** Bytes that base64 text stands for. */
function decodedSize(base64: string): number {
  return (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0);
}

/** UTF-8 bytes; texts well under the limit are not measured exactly. */
function utf8Size(text: string): number {
  if (text.length * 3 < 1024) return text.length;
  let size = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) size += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return size;
}

function createConfigMap(object: any, errors: FieldError[]): void {
  let sizeBytes = 0;
  for (const key in object.data) {
    for (const message of isConfigMapKey(key)) errors.push(invalid(`data[${key}]`, key, message));
    if (object.binaryData && Object.hasOwn(object.binaryData, key))
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    sizeBytes += utf8Size(object.data[key]);
  }
  validateKeys(object.binaryData, 'binaryData', errors);
  for (const key in object.binaryData) sizeBytes += decodedSize(object.binaryData[key]);
  if (sizeBytes > MAX_SIZE_BYTES) errors.push(tooLong('', MAX_SIZE_BYTES));
}

function updateImmutable(fields: readonly string[]) {
  return (next: any, old: any, errors: FieldError[]): void => {
    if (!old.immutable) return;
    if (!next.immutable) errors.push(forbidden('immutable', IMMUTABLE_WHEN_SET));
    for (const field of fields)
      if (!semanticEqual(next[field], old[field])) errors.push(forbidden(field, IMMUTABLE_WHEN_SET));
  };
}

/** Keys that a Secret of the type must have. */
const REQUIRED_KEYS: Record<string, readonly string[]> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

function createSecret(object: any, errors: FieldError[]): void {
  const data: Record<string, string> = object.data ?? {};
  validateKeys(data, 'data', errors);
  let sizeBytes = 0;
  for (const key in data) sizeBytes += decodedSize(data[key]!);
  if (sizeBytes > MAX_SIZE_BYTES) errors.push(tooLong('data', MAX_SIZE_BYTES));
  switch (object.type) {
    case 'kubernetes.io/service-account-token':
      if (!object.metadata.annotations?.['kubernetes.io/service-account.name'])
        errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'));
      break;
    case 'kubernetes.io/basic-auth':
      if (!('username' in data) && !('password' in data))
        errors.push(required('data[username]'), required('data[password]'));
      break;
    default:
      for (const key of REQUIRED_KEYS[object.type] ?? []) {
        if (!(key in data)) errors.push(required(`data[${key}]`));
        else if (key.startsWith('.')) validateJsonContent(data[key]!, `data[${key}]`, errors);
      }
  }
}

function validateJsonContent(base64: string, path: string, errors: FieldError[]): void {
  const text = atob(base64);
  try {
    JSON.parse(text);
  } catch {
    const first = text.trimStart()[0];
    const why =
      first === undefined
        ? 'unexpected end of JSON input'
        : `invalid character '${first}' looking for beginning of value`;
    errors.push(invalid(path, '<secret contents redacted>', why));
  }
}

function updateSecret(next: any, old: any, errors: FieldError[]): void {
  if (next.type !== old.type) errors.push(invalid('type', next.type, IMMUTABLE));
  updateImmutable(['data'])(next, old, errors);
}

export const configValidators: Record<string, KindValidation> = {
  '/ConfigMap': { create: createConfigMap, update: updateImmutable(['data', 'binaryData']) },
  '/Secret': { create: createSecret, update: updateSecret },
};
