/** Bodies of requests: JSON, YAML or protobuf bytes to values, with the server's words for what is wrong. */
import { load } from 'js-yaml';
import { decode, EMPTY } from '../../../core/bytes.ts';
import type { PatchType } from '../../api/request.ts';
import { decodeProtobuf, ProtobufError } from '../../api/protobuf.ts';
import type { TypeRegistry } from '../../api/schema.ts';
import { StatusError } from '../../api/status.ts';
import { duplicateFields } from '../../api/strict-decoding.ts';

/** Largest request the server reads (`MaxRequestBodyBytes`). */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

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
export function parseBody(
  bytes: Uint8Array = EMPTY,
  contentType: string | undefined,
  kind: string,
  types: TypeRegistry,
): ParsedBody {
  checkSize(bytes);
  if (bytes.length === 0) {
    if (kind === 'DeleteOptions') return NOTHING;
    throw unrecognized('<empty>', 'unexpected end of JSON input', kind);
  }
  switch (mediaTypeOf(contentType)) {
    case '':
    case JSON_TYPE: {
      const parsed = parseJson(decode(bytes), (text, why) => unrecognized(text, why, kind));
      checkObject(parsed.value, bytes, kind);
      return parsed;
    }
    case YAML_TYPE:
      return { value: parseYaml(decode(bytes)), duplicates: undefined };
    case PROTOBUF_TYPE:
      return { value: parseProtobuf(bytes, types), duplicates: undefined };
    default:
      throw new StatusError(
        'UnsupportedMediaType',
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
      );
  }
}

/** The body of a patch. Apply patches may be YAML, and JSON is YAML. */
export function parsePatch(bytes: Uint8Array = EMPTY, patchType: PatchType): ParsedBody {
  checkSize(bytes);
  const text = decode(bytes);
  if (patchType !== 'application/apply-patch+yaml')
    return parseJson(text, (_, why) => new StatusError('BadRequest', `error decoding patch: ${why}`));
  if (/^\s*\{/.test(text)) {
    try {
      return { value: JSON.parse(text), duplicates: duplicateFields(text) };
    } catch {
      // Flow style YAML starts with a brace too.
    }
  }
  return { value: parseYaml(text, 'error decoding YAML: '), duplicates: undefined };
}

function checkSize(bytes: Uint8Array): void {
  if (bytes.length > MAX_BODY_BYTES)
    throw new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY_BYTES}`);
}

function parseJson(text: string, failure: (text: string, why: string) => StatusError): ParsedBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw failure(text, goWords(text, error as SyntaxError));
  }
  return { value, duplicates: duplicateFields(text) };
}

/** Go's struct for what every object begins with, as its decoder names it. */
const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** An object is expected: anything else is shown in hexadecimal, as Go shows bytes. */
function checkObject(value: unknown, bytes: Uint8Array, kind: string): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  if (value === null) return;
  const what = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  throw unrecognized(hex, `json: cannot unmarshal ${what} into Go value of type ${TYPE_META}`, kind);
}

function parseProtobuf(bytes: Uint8Array, types: TypeRegistry): unknown {
  try {
    return decodeProtobuf(bytes, types);
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw new StatusError('BadRequest', error.message);
  }
}

function parseYaml(text: string, prefix = ''): unknown {
  try {
    return load(text);
  } catch (error) {
    const { reason, mark } = error as { reason?: string; mark?: { line: number } };
    const where = mark ? `line ${mark.line + 1}: ` : '';
    throw new StatusError('BadRequest', `${prefix}error converting YAML to JSON: yaml: ${where}${reason}`);
  }
}

function unrecognized(text: string, why: string, kind: string): StatusError {
  // As Go does, what is shown of the body stops where it would fill a screen.
  const shown = text.length > 256 ? `${text.slice(0, 256)}...` : text;
  return new StatusError(
    'BadRequest',
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why} (${shown})`,
  );
}

/** What `encoding/json` says where V8 says something else. */
function goWords(text: string, error: SyntaxError): string {
  if (/end of JSON input|Unterminated/.test(error.message)) return 'unexpected end of JSON input';
  const position = /position (\d+)/.exec(error.message)?.[1];
  const character = position === undefined ? undefined : text[Number(position)];
  if (character === undefined) return 'unexpected end of JSON input';
  return `invalid character '${character === "'" ? "\\'" : character}' looking for beginning of value`;
}
