/** Syntax of names, labels and ports (`apimachinery/pkg/util/validation`): each returns every complaint. */

const DNS1123_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const DNS1123_SUBDOMAIN = `${DNS1123_LABEL}(\\.${DNS1123_LABEL})*`;
const DNS1035_LABEL = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED_NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';
const CONFIG_MAP_KEY = '[-._a-zA-Z0-9]+';
const HTTP_HEADER_NAME = '[-A-Za-z0-9]+';

const whole = (pattern: string) => new RegExp(`^${pattern}$`);
const dns1123Label = whole(DNS1123_LABEL);
const dns1123Subdomain = whole(DNS1123_SUBDOMAIN);
const dns1035Label = whole(DNS1035_LABEL);
const qualifiedName = whole(QUALIFIED_NAME);
const labelValue = whole(LABEL_VALUE);
const configMapKey = whole(CONFIG_MAP_KEY);
const httpHeaderName = whole(HTTP_HEADER_NAME);

/** One object's worth of problems is usually none. */
const NONE: readonly string[] = [];

/** Two generations of the same check: DNS names count characters, label syntax counts bytes. */
const maxLength = (max: number) => `must be no more than ${max} characters`;
const maxBytes = (max: number) => `must be no more than ${max} bytes`;

function regexError(message: string, pattern: string, ...examples: string[]): string {
  // Two spaces: the API server's own message has them.
  const quoted = examples.map((example) => `'${example}'`).join(',  or ');
  return `${message} (e.g. ${quoted}, regex used for validation is '${pattern}')`;
}

export function isDNS1123Label(value: string): readonly string[] {
  if (value.length <= 63 && dns1123Label.test(value)) return NONE;
  const errors: string[] = [];
  if (value.length > 63) errors.push(maxLength(63));
  if (!dns1123Label.test(value)) {
    errors.push(
      dns1123Subdomain.test(value)
        ? 'must not contain dots'
        : regexError(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
            DNS1123_LABEL,
            'my-name',
            '123-abc',
          ),
    );
  }
  return errors;
}

export function isDNS1123Subdomain(value: string): readonly string[] {
  if (value.length <= 253 && dns1123Subdomain.test(value)) return NONE;
  const errors: string[] = [];
  if (value.length > 253) errors.push(maxLength(253));
  if (!dns1123Subdomain.test(value))
    errors.push(
      regexError(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        DNS1123_SUBDOMAIN,
        'example.com',
      ),
    );
  return errors;
}

export function isDNS1035Label(value: string): readonly string[] {
  if (value.length <= 63 && dns1035Label.test(value)) return NONE;
  const errors: string[] = [];
  if (value.length > 63) errors.push(maxLength(63));
  if (!dns1035Label.test(value))
    errors.push(
      regexError(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        DNS1035_LABEL,
        'my-name',
        'abc-123',
      ),
    );
  return errors;
}

export function isWildcardDNS1123Subdomain(value: string): readonly string[] {
  const pattern = `\\*\\.${DNS1123_SUBDOMAIN}`;
  const errors: string[] = [];
  if (value.length > 253) errors.push(maxLength(253));
  if (!whole(pattern).test(value))
    errors.push(
      regexError(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        pattern,
        '*.example.com',
      ),
    );
  return errors;
}

const qualifiedNames = new Set<string>();

/** A label key, an annotation key, a finalizer: `[prefix/]name`. */
export function isQualifiedName(value: string): readonly string[] {
  if (qualifiedNames.has(value)) return NONE;
  const errors: string[] = [];
  const parts = value.split('/');
  let name = value;
  if (parts.length === 2) {
    const prefix = parts[0]!;
    name = parts[1]!;
    if (prefix === '') errors.push('prefix part must be non-empty');
    else errors.push(...isDNS1123Subdomain(prefix).map((message) => `prefix part ${message}`));
  } else if (parts.length > 2) {
    return [
      `a valid label key ${regexError(
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        QUALIFIED_NAME,
        'MyName',
        'my.name',
        '123-abc',
      )} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (name === '') errors.push('name part must be non-empty');
  else if (name.length > 63) errors.push(`name part ${maxBytes(63)}`);
  if (!qualifiedName.test(name))
    errors.push(
      `name part ${regexError(
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        QUALIFIED_NAME,
        'MyName',
        'my.name',
        '123-abc',
      )}`,
    );
  if (errors.length === 0) {
    if (qualifiedNames.size > 1000) qualifiedNames.clear();
    qualifiedNames.add(value);
  }
  return errors;
}

export function isLabelValue(value: string): readonly string[] {
  if (value.length <= 63 && labelValue.test(value)) return NONE;
  const errors: string[] = [];
  if (value.length > 63) errors.push(maxBytes(63));
  if (!labelValue.test(value))
    errors.push(
      regexError(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        LABEL_VALUE,
        'MyValue',
        'my_value',
        '12345',
      ),
    );
  return errors;
}

export function isConfigMapKey(value: string): readonly string[] {
  const errors: string[] = [];
  if (value.length > 253) errors.push(maxLength(253));
  if (!configMapKey.test(value))
    errors.push(
      regexError(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        CONFIG_MAP_KEY,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  return [...errors, ...directoryPrefix(value)];
}

function directoryPrefix(value: string): string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  if (value.startsWith('..')) return ["must not start with '..'"];
  return [];
}

/** Environment variables: any printable ASCII but `=`, since 1.34. */
export function isEnvVarName(value: string): readonly string[] {
  const errors: string[] = [];
  if (value === '') errors.push('environment variable name must be non-empty');
  if (!/^[\x20-\x7e]*$/.test(value) || value.includes('='))
    errors.push(
      "a valid environment variable name must consist only of printable ASCII characters other than '='",
    );
  return errors;
}

export function isHTTPHeaderName(value: string): readonly string[] {
  return httpHeaderName.test(value)
    ? NONE
    : [
        regexError(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          HTTP_HEADER_NAME,
          'X-Header-Name',
        ),
      ];
}

export function isValidPortNum(port: number): readonly string[] {
  return port >= 1 && port <= 65535 ? NONE : ['must be between 1 and 65535, inclusive'];
}

export function isValidPortName(name: string): readonly string[] {
  if (/^[a-z]([a-z0-9]|-(?!-)){0,14}$/.test(name) && !name.endsWith('-')) return NONE;
  const errors: string[] = [];
  if (name.length > 15) errors.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name))
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) errors.push('must contain at least one letter (a-z)');
  if (name.includes('--')) errors.push('must not contain consecutive hyphens');
  if (name !== '' && (name.startsWith('-') || name.endsWith('-')))
    errors.push('must not begin or end with a hyphen');
  return errors;
}

const IPV4 =
  /^(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])(\.(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])){3}$/;

export function isIPv6(value: string): boolean {
  const halves = value.split('::');
  if (halves.length > 2 || !value.includes(':')) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const embedded = groups.at(-1)?.includes('.') ? groups.pop()! : undefined;
  if (embedded !== undefined && !IPV4.test(embedded)) return false;
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  const count = groups.length + (embedded === undefined ? 0 : 2);
  return halves.length === 2 ? count < 8 : count === 8;
}

export const isIPv4 = (value: string): boolean => IPV4.test(value);

export function isValidIP(value: string): readonly string[] {
  return isIPv4(value) || isIPv6(value)
    ? NONE
    : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
}

export function isValidCIDR(value: string): readonly string[] {
  const [address = '', bits = ''] = value.split('/');
  const size = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  const ok = /^(0|[1-9][0-9]*)$/.test(bits) && Number(bits) <= size && value.split('/').length === 2;
  return ok ? NONE : ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
}

/** A name that can stand in a path: RBAC objects are called `system:node`. */
export function isPathSegmentName(name: string): readonly string[] {
  const messages: string[] = [];
  if (name === '.' || name === '..') messages.push(`may not be '${name}'`);
  for (const part of ['/', '%']) if (name.includes(part)) messages.push(`may not contain '${part}'`);
  return messages;
}
