/**
 * What passes between the shell and a worker that runs uninterruptible tools. Plain values, so that any
 * message port carries them; one request at a time to a worker.
 */

export interface BatchPort {
  postMessage(message: unknown): void;
  /** At most one listener. */
  onMessage(listener: (message: unknown) => void): void;
}

export type BatchRequest =
  | {
      kind: 'run';
      tool: string;
      args: string[];
      stdin: Uint8Array;
      directory: string;
      environment: Record<string, string>;
      /** Files that the arguments name, by absolute path. */
      files: Record<string, Uint8Array>;
    }
  | { kind: 'match'; source: string; flags: string; text: string }
  | { kind: 'match-lines'; source: string; flags: string; lines: string[] };

export type BatchResponse =
  | {
      kind: 'run';
      stdout: Uint8Array;
      stderr: Uint8Array;
      exitCode: number;
      changed: Record<string, Uint8Array>;
    }
  | { kind: 'match'; groups: (string | undefined)[] | undefined }
  | { kind: 'match-lines'; matches: { line: number; ranges: [number, number][] }[] }
  | { kind: 'error'; message: string };
