/** Signals by name without the `SIG`, and their numbers on Linux (x86). */
export const SIGNALS = {
  HUP: 1, INT: 2, QUIT: 3, ILL: 4, TRAP: 5, ABRT: 6, BUS: 7, FPE: 8, KILL: 9, USR1: 10, SEGV: 11, USR2: 12,
  PIPE: 13, ALRM: 14, TERM: 15, CHLD: 17, CONT: 18, STOP: 19, TSTP: 20, TTIN: 21, TTOU: 22, WINCH: 28,
} as const; // prettier-ignore

export type Signal = keyof typeof SIGNALS;

/** Exit code a shell reports for a process that died of `signal`: 128 + its number. */
export const exitCodeOf = (signal: Signal): number => 128 + SIGNALS[signal];
