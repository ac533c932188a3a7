/**
 * What passes between a process that runs JavaScript and the worker its interpreter is in. Plain values, so that
 * any message port carries them. A worker has several scripts; `id` tells them apart.
 */
import type { FileStat } from '../../os/file-system.ts';

/** A file, directory or link of the machine, as the script's copy of the files has it. */
export interface FileRecord {
  path: string;
  kind: Exclude<FileStat['kind'], 'device'>;
  mode: number;
  uid: number;
  gid: number;
  mtimeMs: number;
  contents?: Uint8Array | undefined;
  target?: string | undefined;
  /** Nothing in this directory can be changed. */
  readOnly?: boolean | undefined;
}

export type FileOperation =
  | { kind: 'write'; path: string; contents: Uint8Array }
  | { kind: 'append'; path: string; contents: Uint8Array }
  | { kind: 'mkdir'; path: string; recursive: boolean; mode: number | undefined }
  | { kind: 'unlink' | 'rmdir'; path: string }
  | { kind: 'rename' | 'symlink' | 'link'; from: string; to: string }
  | { kind: 'chmod'; path: string; mode: number }
  | { kind: 'utimes'; path: string; mtimeMs: number };

export interface ScriptStart {
  kind: 'script-start';
  id: number;
  /** Without the interpreter's own options: the file and its arguments. */
  argv: string[];
  /** The file to run (absolute), or text. */
  source: { file: string } | { text: string; print: boolean; module: boolean };
  environment: Record<string, string>;
  directory: string;
  user: { uid: number; gid: number };
  pid: number;
  parentPid: number;
  hostname: string;
  addresses: string[];
  nowMs: number;
  seed: number;
  terminal: { columns: number; rows: number } | undefined;
  files: FileRecord[];
}

export interface ScriptRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** To the worker. */
export type ToScript =
  | ScriptStart
  | { kind: 'script-kill'; id: number }
  /** There is time: an interpreter for the next script may be made. */
  | { kind: 'script-prepare' }
  | { kind: 'script-event'; id: number; nowMs: number; event: ScriptEvent };

export type ScriptEvent =
  | { kind: 'timer'; timer: number }
  | { kind: 'signal'; signal: string }
  | { kind: 'stdin'; bytes: Uint8Array | undefined }
  | { kind: 'listening'; server: number; error: string | undefined }
  | ({
      kind: 'request';
      server: number;
      request: number;
      from: { address: string; port: number };
    } & ScriptRequest)
  | { kind: 'request-gone'; request: number }
  | { kind: 'response'; request: number; status: number; headers: Record<string, string> }
  | { kind: 'response-bytes'; request: number; bytes: Uint8Array | undefined }
  | { kind: 'response-error'; request: number; code: string; message: string }
  | { kind: 'resolved'; query: number; addresses: string[] | undefined }
  | { kind: 'file'; path: string; record: FileRecord | undefined };

/** From the worker. */
export type FromScript = { id: number } & (
  | { kind: 'exit'; exitCode: number }
  | { kind: 'killed' }
  /** CPU time that was used since the last message, in ms. */
  | { kind: 'used'; cpuMs: number }
  | { kind: 'output'; fd: number; bytes: Uint8Array }
  | { kind: 'timer'; timer: number; delayMs: number }
  | { kind: 'timer-clear'; timer: number }
  | { kind: 'signals'; signals: string[] }
  | { kind: 'read-stdin' }
  | { kind: 'listen'; server: number; port: number; address: string }
  | { kind: 'close'; server: number }
  | { kind: 'respond'; request: number; status: number; headers: Record<string, string> }
  | { kind: 'respond-bytes'; request: number; bytes: Uint8Array | undefined }
  | { kind: 'respond-abort'; request: number }
  | ({ kind: 'fetch'; request: number; host: string; port: number } & ScriptRequest)
  | { kind: 'fetch-abort'; request: number }
  | { kind: 'resolve'; query: number; name: string }
  | { kind: 'file'; operation: FileOperation }
  | { kind: 'raise'; pid: number; signal: string }
);
