/**
 * Bodies of requests: JSON, YAML or protobuf bytes to values, with the server's words for what is wrong. The
 * page sends JSON: what reads the others is loaded when somebody sends them.
 */
import { decode, encode, EMPTY } from '../../../core/bytes.ts';
import type { PatchType } from '../../api/request.ts';
import type { TypeRegistry } from '../../api/schema.ts';
import { StatusError } from '../../api/status.ts';
import { duplicateFields } from '../../api/strict-decoding.ts';
import { isTooDeep, jsonSyntaxError } from './json-syntax.ts';
import { isObject } from '../../api/json-object.ts';

/** Largest request the server reads (`MaxRequestBodyBytes`). */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;
/** Operations of a JSON patch (`maxJSONPatchOperations`). */
const MAX_PATCH_OPERATIONS = 10_000;
/** What an error shows of a body. */
const SHOWN_BYTES = 30;
const OPEN_BRACE = 123;

export interface ParsedBody {
  value: unknown;
  duplicates: ReadonlySet<string> | undefined;
}

const NOTHING: ParsedBody = { value: undefined, duplicates: undefined };
const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';
const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

export const PATCH_TYPES: readonly PatchType[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]!.trim().toLowerCase();
}

/** The body of a create, update or delete. `kind` is what the server expects to find. */
export async function parseBody(
  bytes: Uint8Array = EMPTY,
  contentType: string | undefined,
  kind: string,
  types: TypeRegistry,
): Promise<ParsedBody> {
  checkSize(bytes);
  if (bytes.length === 0 && kind === 'DeleteOptions') return NOTHING;
  const refuse = (why: string) =>
    new StatusError(
      'BadRequest',
      `the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(bytes)})`,
    );
  switch (mediaTypeOf(contentType)) {
    case '':
      // A header that says nothing is not the same as none.
      if (contentType) throw unknownFormat();
      return parseJsonObject(bytes, refuse);
    case JSON_TYPE:
      return parseJsonObject(bytes, refuse);
    case YAML_TYPE: {
      const { parseYaml } = await import('./yaml-body.ts');
      const value = parseYaml(decode(bytes), (why) => refuse(`yaml: ${why}`));
      checkObject(value, refuse);
      return { value, duplicates: undefined };
    }
    case PROTOBUF_TYPE:
      return { value: await parseProtobuf(bytes, types, refuse), duplicates: undefined };
    default:
      throw unknownFormat();
  }
}

/** The body of a patch. Apply patches may be YAML, and JSON is YAML. */
export async function parsePatch(bytes: Uint8Array = EMPTY, patchType: PatchType): Promise<ParsedBody> {
  checkSize(bytes);
  if (patchType !== 'application/apply-patch+yaml') {
    const prefix = patchType === 'application/strategic-merge-patch+json' ? '' : 'error decoding patch: ';
    const refuse = (why: string) => new StatusError('BadRequest', `${prefix}${why}`);
    const parsed = parseJson(bytes, refuse);
    if (patchType === 'application/strategic-merge-patch+json' && !isObject(parsed.value))
      throw refuse(mismatch(parsed.value, 'map[string]interface {}'));
    if (Array.isArray(parsed.value) && parsed.value.length > MAX_PATCH_OPERATIONS)
      throw new StatusError(
        'RequestEntityTooLarge',
        `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_PATCH_OPERATIONS}, got ${parsed.value.length}`,
      );
    return parsed;
  }
  const text = decode(bytes);
  if (/^\s*\{/.test(text) && !isTooDeep(bytes)) {
    try {
      return { value: JSON.parse(text), duplicates: duplicateFields(text) };
    } catch {
      // Flow style YAML starts with a brace too.
    }
  }
  const { parseYaml } = await import('./yaml-body.ts');
  const refuse = (why: string) => new StatusError('BadRequest', `error decoding YAML: ${why}`);
  const value = parseYaml(text, (why) => refuse(`error converting YAML to JSON: yaml: ${why}`));
  if (value !== null && value !== undefined && !isObject(value))
    throw refuse(
      `error unmarshaling JSON: while decoding JSON: ${mismatch(value, 'map[string]interface {}')}`,
    );
  return { value, duplicates: undefined };
}

/** Throws for a body that is larger than the server reads. */
export function checkSize({ length }: { length: number }): void {
  if (length > MAX_BODY_BYTES)
    throw new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY_BYTES}`);
}

/** What the error shows: the beginning, in hexadecimal where it is no JSON object (`summarizeData`). */
function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>';
  const shown = bytes.subarray(0, SHOWN_BYTES);
  const text =
    bytes[0] === OPEN_BRACE
      ? decode(shown)
      : Array.from(shown, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length > SHOWN_BYTES ? `${text} ...` : text;
}

function parseJson(bytes: Uint8Array, refuse: (why: string) => StatusError): ParsedBody {
  const text = decode(bytes);
  let value: unknown;
  try {
    value = isTooDeep(bytes) ? undefined : JSON.parse(text);
  } catch {
    // Said below.
  }
  if (value === undefined) throw refuse(jsonSyntaxError(bytes) ?? jsonSyntaxError(encode(text))!);
  return { value, duplicates: duplicateFields(text) };
}

function parseJsonObject(bytes: Uint8Array, refuse: (why: string) => StatusError): ParsedBody {
  const parsed = parseJson(bytes, (why) => refuse(`couldn't get version/kind; json parse error: ${why}`));
  checkObject(parsed.value, refuse);
  return parsed;
}

/** Go's struct for what every object begins with, as its decoder names it. */
const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function checkObject(value: unknown, refuse: (why: string) => StatusError): void {
  if (value === null || value === undefined || isObject(value)) return;
  throw refuse(`couldn't get version/kind; json parse error: ${mismatch(value, TYPE_META)}`);
}

/** What Go says of a value that does not go into a type. */
function mismatch(value: unknown, goType: string): string {
  const what = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `json: cannot unmarshal ${what} into Go value of type ${goType}`;
}

async function parseProtobuf(
  bytes: Uint8Array,
  types: TypeRegistry,
  refuse: (why: string) => StatusError,
): Promise<unknown> {
  const { decodeProtobuf, ProtobufError } = await import('../../api/protobuf.ts');
  try {
    return decodeProtobuf(bytes, types);
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw refuse(error.message);
  }
}

const unknownFormat = () =>
  new StatusError(
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
