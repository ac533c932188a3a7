/**
 * Tools that compute without a cancellation point (awk, jq, a hostile regular expression) run somewhere
 * they can be stopped. `os/` knows the shape; `shell/batch.ts` has the implementation on Workers.
 */
import type { Process } from './process.ts';

export interface BatchTools {
  /**
   * Runs `tool` with `argv` as `process`: its standard input, output and error, its directory, environment
   * and files. Resolves with the exit code; a signal that unwinds the process stops the tool at once.
   * With `input` the tool gets that instead of standard input.
   */
  run(process: Process, tool: string, argv: string[], input?: Uint8Array): Promise<number>;
  /** Matches an extended regular expression: the groups, or undefined. Stopped like `run`. */
  match(
    process: Process,
    pattern: string,
    flags: string,
    text: string,
  ): Promise<(string | undefined)[] | undefined>;
  /** Of `lines`, the numbers of those that match; for each the first match's start and end. */
  matchLines(
    process: Process,
    pattern: string,
    flags: string,
    lines: string[],
  ): Promise<{ line: number; ranges: [number, number][] }[]>;
  /**
   * Runs JavaScript as `process`, as Node does, for as long as it has something to do: a file, or text whose
   * value may be printed. `argv` is what follows it. Stopped like `run`; resolves with the exit code.
   */
  runScript(
    process: Process,
    argv: string[],
    source: { file: string } | { text: string; print: boolean; module: boolean },
  ): Promise<number>;
}
