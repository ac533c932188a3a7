/** What the keyword `time` writes, by `TIMEFORMAT`: `%[p][l]R`, `U`, `S`, `P`, `%%`. */

const TIME_FORMAT = '\nreal\t%3lR\nuser\t%3lU\nsys\t%3lS';

/** `time -p`. */
export const POSIX_TIME_FORMAT = 'real %2R\nuser %2U\nsys %2S';

/**
 * @param elapsedMs real time; what a process computes is not measured, and next to what a client waits for
 *   it is little: user and system time are zero
 */
export function timingText(elapsedMs: number, format = TIME_FORMAT): string {
  if (format === '') return '';
  const text = format.replace(
    /%(?:%|(\d?)(l?)([RUSP]))/g,
    (_whole, precision: string, long: string, what: string | undefined) => {
      if (what === undefined) return '%';
      if (what === 'P') return '0.00';
      const seconds = (what === 'R' ? elapsedMs : 0) / 1000;
      const digits = precision === '' ? 3 : Math.min(3, Number(precision));
      if (long === '') return seconds.toFixed(digits);
      return `${Math.floor(seconds / 60)}m${(seconds % 60).toFixed(digits)}s`;
    },
  );
  return `${text}\n`;
}
