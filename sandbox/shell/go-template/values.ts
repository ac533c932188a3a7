/**
 * Go values in templates: a bigint is an int, a number a float64 (as YAML and JSON are read), an array a slice, an
 * object a map with string keys. What has methods or a text of its own is a `TemplateObject`.
 */

/** Something of helm's with methods: `.Files`, `.Capabilities.APIVersions`, a version. */
export class TemplateObject {
  readonly methods: Readonly<Record<string, (...args: unknown[]) => unknown>>;
  /** What its fields are and what `range` goes through. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** How it is printed; as its fields when undefined. */
  readonly text: string | undefined;

  constructor(
    fields: Readonly<Record<string, unknown>>,
    methods: TemplateObject['methods'] = {},
    text?: string,
  ) {
    this.fields = fields;
    this.methods = methods;
    this.text = text;
  }
}

export type GoMap = Record<string, unknown>;

export const isMap = (value: unknown): value is GoMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof TemplateObject);

export const sortedKeys = (map: object): string[] =>
  Object.keys(map).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

export function truth(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof TemplateObject) return true;
  if (isMap(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Go's kind (`reflect.Kind`). */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'invalid';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (Array.isArray(value)) return 'slice';
  return value instanceof TemplateObject ? 'struct' : 'map';
}

/** Go's type (`%T`). */
export function typeOf(value: unknown): string {
  switch (kindOf(value)) {
    case 'invalid':
      return '<nil>';
    case 'slice':
      return '[]interface {}';
    case 'map':
      return 'map[string]interface {}';
    default:
      return kindOf(value);
  }
}

/** A float64 as `%v` prints it. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return '0';
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < 21 && power < Math.max(6, digits.replace(/[-.]/g, '').length))
    return plain(value);
  if (power >= -4 && power < 6) return plain(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

const plain = (value: number) => {
  const text = String(value);
  return text.includes('e') ? value.toFixed(20).replace(/0+$/, '') : text;
};

/** `%v`. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return floatText(value);
  if (Array.isArray(value)) return `[${value.map(show).join(' ')}]`;
  if (value instanceof TemplateObject) return value.text ?? show({ ...value.fields });
  if (isMap(value))
    return `map[${sortedKeys(value)
      .map((key) => `${key}:${show(value[key])}`)
      .join(' ')}]`;
  return String(value as string | bigint | boolean);
}

/** `%q` and strconv.Quote. */
export const goQuote = (text: string): string =>
  JSON.stringify(text).replace(/\\u([0-9a-f]{4})/g, (whole, code: string) =>
    code.startsWith('00') ? `\\x${code.slice(2)}` : whole,
  );

/** `fmt.Sprintf`. */
export function sprintf(format: string, args: readonly unknown[]): string {
  let next = 0;
  const text = format.replace(
    /%([-+# 0]*)(\d+|\*)?(?:\.(\d+))?([a-zA-Z%])/g,
    (_, flags: string, width, precision, verb: string) => {
      if (verb === '%') return '%';
      const wide = width === '*' ? Number(args[next++]) : Number(width ?? 0);
      if (next >= args.length) return `%!${verb}(MISSING)`;
      const arg = args[next++];
      const out = formatted(arg, verb, flags, precision === undefined ? undefined : Number(precision));
      if (flags.includes('-')) return out.padEnd(wide);
      if (flags.includes('0') && !'sqv'.includes(verb))
        return out.startsWith('-') ? `-${out.slice(1).padStart(wide - 1, '0')}` : out.padStart(wide, '0');
      return out.padStart(wide);
    },
  );
  if (next >= args.length) return text;
  return `${text}%!(EXTRA ${args
    .slice(next)
    .map((arg) => `${typeOf(arg)}=${show(arg)}`)
    .join(', ')})`;
}

function formatted(arg: unknown, verb: string, flags: string, precision: number | undefined): string {
  const wrong = () => `%!${verb}(${typeOf(arg)}=${show(arg)})`;
  switch (verb) {
    case 'v':
      return flags.includes('#') && typeof arg === 'string' ? goQuote(arg) : show(arg);
    case 'T':
      return typeOf(arg);
    case 's': {
      if (arg === null || arg === undefined) return '%!s(<nil>)';
      if (typeof arg === 'bigint' || typeof arg === 'number' || typeof arg === 'boolean') return wrong();
      const text = Array.isArray(arg)
        ? `[${arg.map((item) => formatted(item, 's', '', undefined)).join(' ')}]`
        : show(arg);
      return precision === undefined ? text : [...text].slice(0, precision).join('');
    }
    case 'q':
      return Array.isArray(arg)
        ? `[${arg.map((item) => formatted(item, 'q', '', undefined)).join(' ')}]`
        : typeof arg === 'string'
          ? goQuote(arg)
          : wrong();
    case 't':
      return typeof arg === 'boolean' ? String(arg) : wrong();
    case 'd':
      return typeof arg === 'bigint' ? (flags.includes('+') && arg >= 0n ? '+' : '') + String(arg) : wrong();
    case 'x':
    case 'X': {
      const text =
        typeof arg === 'bigint'
          ? arg.toString(16)
          : typeof arg === 'string'
            ? [...new TextEncoder().encode(arg)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
            : wrong();
      return verb === 'X' ? text.toUpperCase() : text;
    }
    case 'o':
    case 'b':
      return typeof arg === 'bigint' ? arg.toString(verb === 'o' ? 8 : 2) : wrong();
    case 'c':
      return typeof arg === 'bigint' ? String.fromCodePoint(Number(arg)) : wrong();
    case 'f':
    case 'F':
      return typeof arg === 'number' ? arg.toFixed(precision ?? 6) : wrong();
    case 'e':
    case 'g':
      return typeof arg === 'number'
        ? verb === 'g'
          ? floatText(arg)
          : arg.toExponential(precision ?? 6).replace(/e([-+])(\d)$/, 'e$10$2')
        : wrong();
  }
  return wrong();
}
