/** `strftime` in the C locale and UTC: what `date +FORMAT` and `printf '%(FORMAT)T'` write. */

const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

export function formatTime(format: string, timeMs: number): string {
  const time = new Date(timeMs);
  return format.replace(
    /%([-_0^#]?)(\d*)(:{0,3}[A-Za-z%])/g,
    (whole, flag: string, width: string, letter: string) => {
      const value = field(letter, time, timeMs);
      if (value === undefined) return whole;
      let text = value;
      if (flag === '-') text = text.replace(/^[0 ]+(?=\d)/, '');
      else if (flag === '_') text = text.replace(/^0+(?=\d)/, (zeros) => ' '.repeat(zeros.length));
      else if (flag === '0') text = text.replace(/^ +/, (blanks) => '0'.repeat(blanks.length));
      else if (flag === '^') text = text.toUpperCase();
      return width ? text.padStart(Number(width), /\d/.test(text) && flag !== '_' ? '0' : ' ') : text;
    },
  );
}

const two = (value: number): string => String(value).padStart(2, '0');

function field(letter: string, time: Date, timeMs: number): string | undefined {
  const [year, month, day] = [time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate()];
  const hour = time.getUTCHours();
  const weekday = time.getUTCDay();
  const dayOfYear = Math.floor((Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / 86_400_000);
  switch (letter) {
    case '%':
      return '%';
    case 'a':
      return DAYS[weekday]!.slice(0, 3);
    case 'A':
      return DAYS[weekday];
    case 'b':
    case 'h':
      return MONTHS[month]!.slice(0, 3);
    case 'B':
      return MONTHS[month];
    case 'c':
      return formatTime('%a %b %e %H:%M:%S %Y', timeMs);
    case 'C':
      return two(Math.floor(year / 100));
    case 'd':
      return two(day);
    case 'D':
    case 'x':
      return formatTime('%m/%d/%y', timeMs);
    case 'e':
      return String(day).padStart(2);
    case 'F':
      return formatTime('%Y-%m-%d', timeMs);
    case 'g':
      return two(isoWeek(time).year % 100);
    case 'G':
      return String(isoWeek(time).year);
    case 'H':
      return two(hour);
    case 'I':
      return two(hour % 12 || 12);
    case 'j':
      return String(dayOfYear + 1).padStart(3, '0');
    case 'k':
      return String(hour).padStart(2);
    case 'l':
      return String(hour % 12 || 12).padStart(2);
    case 'm':
      return two(month + 1);
    case 'M':
      return two(time.getUTCMinutes());
    case 'n':
      return '\n';
    case 'N':
      return `${String((((timeMs % 1000) + 1000) % 1000) | 0).padStart(3, '0')}000000`;
    case 'p':
      return hour < 12 ? 'AM' : 'PM';
    case 'P':
      return hour < 12 ? 'am' : 'pm';
    case 'r':
      return formatTime('%I:%M:%S %p', timeMs);
    case 'R':
      return formatTime('%H:%M', timeMs);
    case 's':
      return String(Math.floor(timeMs / 1000));
    case 'S':
      return two(time.getUTCSeconds());
    case 't':
      return '\t';
    case 'T':
    case 'X':
      return formatTime('%H:%M:%S', timeMs);
    case 'u':
      return String(weekday || 7);
    case 'U':
      return two(Math.floor((dayOfYear + 7 - weekday) / 7));
    case 'V':
      return two(isoWeek(time).week);
    case 'w':
      return String(weekday);
    case 'W':
      return two(Math.floor((dayOfYear + 7 - ((weekday + 6) % 7)) / 7));
    case 'y':
      return two(year % 100);
    case 'Y':
      return String(year);
    case 'z':
      return '+0000';
    case ':z':
      return '+00:00';
    case 'Z':
      return 'UTC';
    default:
      return undefined;
  }
}

/** The week that holds the year's first Thursday is week 1. */
function isoWeek(time: Date): { year: number; week: number } {
  const thursday = new Date(time);
  thursday.setUTCDate(time.getUTCDate() + 4 - (time.getUTCDay() || 7));
  const year = thursday.getUTCFullYear();
  return { year, week: Math.ceil(((thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 + 1) / 7) };
}
