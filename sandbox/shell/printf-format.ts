/** The format of `printf(1)`: C's conversions, the format reused while arguments last. */
import { quoteBackslash, unescape } from './parameter-operations.ts';
import { formatTime } from './time-format.ts';

export interface PrintfResult {
  text: string;
  problems: string[];
  status: number;
}

export function formatPrintf(
  format: string,
  args: readonly string[],
  times: { nowMs: number; startedMs: number },
): PrintfResult {
  return new Formatter(args, times).run(format);
}

class Formatter {
  #args: readonly string[];
  #times: { nowMs: number; startedMs: number };
  #next = 0;
  #problems: string[] = [];
  #stopped = false;

  constructor(args: readonly string[], times: { nowMs: number; startedMs: number }) {
    this.#args = args;
    this.#times = times;
  }

  run(format: string): PrintfResult {
    let text = '';
    let status = 0;
    do {
      const before = this.#next;
      const part = this.#once(format);
      text += part;
      if (this.#stopped) break;
      if (this.#next === before) break;
    } while (this.#next < this.#args.length);
    if (this.#problems.some((problem) => !problem.startsWith('warning: '))) status = 1;
    return { text, problems: this.#problems, status };
  }

  #argument(): string | undefined {
    return this.#args[this.#next++];
  }

  #once(format: string): string {
    let out = '';
    for (let i = 0; i < format.length;) {
      const char = format[i]!;
      if (char === '\\') {
        const match = /^\\(x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|[0-7]{1,3}|[\s\S])/.exec(
          format.slice(i),
        );
        const escape = match?.[0] ?? '\\';
        const { text, stopped } = unescape(escape, 'format');
        if (stopped) {
          this.#stopped = true;
          return out;
        }
        out += text;
        i += escape.length;
        continue;
      }
      if (char !== '%') {
        out += char;
        i++;
        continue;
      }
      const match =
        /^%([-+ 0#']*)(\*|\d+)?(?:\.(\*|-?\d+)?)?(?:hh|h|ll|l|L|q|j|z|t)?(\([^)]*\)T|[\s\S])/.exec(
          format.slice(i),
        );
      const plain = /^%([-+ 0#']*)(\*|\d+)?(\.(?:\*|-?\d+)?)?(?:hh|h|ll|l|L|j|z|t)?(\([^)]*\)T|[\s\S])?/.exec(
        format.slice(i),
      )!;
      const specification = plain[4] === undefined && match ? match : plain;
      i += specification[0].length;
      if (specification[4] === undefined) {
        this.#problems.push(`\`${specification[0]}': missing format character`);
        return out;
      }
      const piece = this.#convert(
        specification[0],
        specification[1]!,
        specification[2],
        plain[3],
        specification[4],
      );
      if (piece === undefined) return out;
      out += piece;
      if (this.#stopped) return out;
    }
    return out;
  }

  #convert(
    whole: string,
    flags: string,
    widthText: string | undefined,
    precisionText: string | undefined,
    conversion: string,
  ): string | undefined {
    if (whole === '%%') return '%';
    let width = widthText === '*' ? Number(this.#argument() ?? 0) : Number(widthText ?? 0);
    let left = flags.includes('-');
    if (width < 0) {
      left = true;
      width = -width;
    }
    let precision: number | undefined;
    if (precisionText !== undefined) {
      const value = precisionText.slice(1);
      precision = value === '*' ? Number(this.#argument() ?? 0) : Number(value || 0);
      if (precision < 0) precision = undefined;
    }
    const pad = (text: string, zero = false): string => {
      const missing = width - [...text].length;
      if (missing <= 0) return text;
      if (left) return text + ' '.repeat(missing);
      if (!zero || !flags.includes('0')) return ' '.repeat(missing) + text;
      const sign = /^([-+ ]|0[xX])?/.exec(text)![0];
      return sign + '0'.repeat(missing) + text.slice(sign.length);
    };
    if (conversion.endsWith('T')) return pad(this.#time(conversion.slice(1, -2)));
    switch (conversion) {
      case 's': {
        const text = this.#argument() ?? '';
        return pad(precision === undefined ? text : [...text].slice(0, precision).join(''));
      }
      case 'b': {
        const { text, stopped } = unescape(this.#argument() ?? '', 'argument');
        this.#stopped = stopped;
        return pad(precision === undefined ? text : text.slice(0, precision));
      }
      case 'q': {
        const text = quoteBackslash(this.#argument() ?? '');
        return pad(precision === undefined ? text : text.slice(0, precision));
      }
      case 'Q': {
        // The precision counts what is quoted, not the quotes.
        const text = this.#argument() ?? '';
        return pad(quoteBackslash(precision === undefined ? text : text.slice(0, precision)));
      }
      case 'c':
        return pad([...(this.#argument() ?? '')][0] ?? '\0');
      case 'd':
      case 'i':
      case 'u':
      case 'o':
      case 'x':
      case 'X':
        return pad(this.#integer(conversion, flags, precision), precision === undefined);
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
      case 'a':
      case 'A':
        return pad(this.#float(conversion, flags, precision), true);
      default:
        this.#problems.push(`\`${conversion}': invalid format character`);
        return undefined;
    }
  }

  #integer(conversion: string, flags: string, precision: number | undefined): string {
    const number = this.#number();
    const signed = conversion === 'd' || conversion === 'i';
    const [least, most] = [-(1n << 63n), signed ? (1n << 63n) - 1n : (1n << 64n) - 1n];
    let value = BigInt.asIntN(64, number < least ? least : number > most ? most : number);
    if (number < least || number > most)
      this.#problems.push(`warning: ${this.#args[this.#next - 1]}: Numerical result out of range`);
    if (conversion !== 'd' && conversion !== 'i') value = BigInt.asUintN(64, value);
    const negative = value < 0n;
    const magnitude = negative ? -value : value;
    const base = conversion === 'o' ? 8 : conversion === 'x' || conversion === 'X' ? 16 : 10;
    let digits = magnitude.toString(base);
    if (conversion === 'X') digits = digits.toUpperCase();
    if (precision !== undefined)
      digits = value === 0n && precision === 0 ? '' : digits.padStart(precision, '0');
    if (flags.includes("'") && base === 10) digits = digits.replace(/\B(?=(\d{3})+$)/g, ',');
    if (flags.includes('#') && value !== 0n)
      digits = (base === 8 ? '0' : base === 16 ? `0${conversion}` : '') + digits;
    const sign = negative
      ? '-'
      : base === 10 && conversion !== 'u'
        ? flags.includes('+')
          ? '+'
          : flags.includes(' ')
            ? ' '
            : ''
        : '';
    return sign + digits;
  }

  /** An integer argument: decimal, octal, hexadecimal, or `'c` for a character's code. */
  #number(): bigint {
    const text = this.#argument();
    if (text === undefined || text === '') return 0n;
    if (text[0] === "'" || text[0] === '"') return BigInt(text.codePointAt(1) ?? 0);
    const match = /^\s*([-+]?)(0[xX][0-9A-Fa-f]+|0[0-7]*|\d+)/.exec(text);
    if (!match) {
      this.#problems.push(`${text}: invalid number`);
      return 0n;
    }
    const digits = match[2]!;
    const value = /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
    if (match[0].length !== text.length) {
      this.#problems.push(
        /^\s*[-+]?0\d/.test(text) && /[89]/.test(text)
          ? `${text}: invalid octal number`
          : `${text}: invalid number`,
      );
    }
    return match[1] === '-' ? -value : value;
  }

  #float(conversion: string, flags: string, precision: number | undefined): string {
    const text = this.#argument();
    let value = 0;
    if (text !== undefined && text !== '') {
      if (text[0] === "'" || text[0] === '"') value = text.codePointAt(1) ?? 0;
      else {
        const match = /^\s*[-+]?(0[xX][0-9A-Fa-f]+|(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|inf(inity)?|nan)/i.exec(
          text,
        );
        value = match ? Number(match[0].replace(/inf(inity)?/i, 'Infinity')) : 0;
        if (!match || match[0].length !== text.length) this.#problems.push(`${text}: invalid number`);
      }
    }
    let out = formatFloat(Math.abs(value), conversion, precision ?? 6, flags.includes('#'));
    const negative = value < 0 || Object.is(value, -0);
    out = (negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '') + out;
    return /[EG]/.test(conversion) ? out.toUpperCase() : out;
  }

  #time(format: string): string {
    const text = this.#argument();
    const seconds =
      text === undefined || text === '-1'
        ? this.#times.nowMs / 1000
        : text === '-2'
          ? this.#times.startedMs / 1000
          : Number(text);
    return formatTime(format === '' ? '%X' : format, seconds * 1000);
  }
}

/** A number that is not negative, as C's `%f`, `%e` or `%g` write it. */
function formatFloat(value: number, conversion: string, precision: number, alternate = false): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : 'inf';
  const lower = conversion.toLowerCase();
  if (lower === 'f' && isTie(value, precision)) {
    // C rounds a tie to the even digit, JavaScript up.
    const scaled = Math.floor(value * 10 ** precision);
    return ((scaled % 2 === 0 ? scaled : scaled + 1) / 10 ** precision).toFixed(precision);
  }
  if (lower === 'f')
    return value >= 1e21
      ? BigInt(value).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '')
      : value.toFixed(Math.min(precision, 100));
  if (lower === 'e') return exponent(value.toExponential(Math.min(precision, 100)));
  const significant = precision === 0 ? 1 : precision;
  const power = value === 0 ? 0 : Number(/e([-+]\d+)$/.exec(value.toExponential(significant - 1))![1]);
  if (power < -4 || power >= significant) {
    const text = value.toExponential(significant - 1);
    return exponent(alternate ? text : text.replace(/\.?0+e/, 'e'));
  }
  const text = value.toFixed(Math.max(0, significant - 1 - power));
  return alternate || !text.includes('.') ? text : text.replace(/\.?0+$/, '');
}

/** Whether the value, in all its digits, lies in the middle: 2.5 does, 2.55 is a little less than it says. */
const isTie = (value: number, precision: number): boolean =>
  precision < 10 && value < 1e15 && /50{24}$/.test(value.toFixed(precision + 25));

/** C writes at least two digits of exponent. */
const exponent = (text: string): string => text.replace(/e([-+])(\d)$/, 'e$10$2');
