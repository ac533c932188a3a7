/**
 * The seam. A lesson does not know where its cluster is: it holds a `Session`, and every runtime
 * (embedded, linux, kind, fleet) makes sessions that pass the same contract tests (`contract/`).
 */
import type { Disposable } from '../core/disposable.ts';
import type { Event } from '../core/emitter.ts';
import type { HttpOrigin, HttpRequest, HttpResponse } from '../core/http.ts';
import type { TrafficFlow } from '../core/traffic.ts';

export interface Session {
  /** The Kubernetes API with the learner's own rights. Watches stream; exec, attach and port-forward use `connect`. */
  readonly kube: HttpOrigin;
  readonly terminals: Terminals;
  readonly files: Files;
  readonly web: Web;
  readonly audit: Audit;
  readonly traffic: Traffic;
  readonly scratch: Scratch;
  /** Undefined where the cluster lives in the world's time, as a real one does. */
  readonly time: SessionTime | undefined;
  readonly status: SessionStatus;
  /** Fires on every change of `status`. */
  readonly onStatus: Event<SessionStatus>;
  /** Brings cluster, files and terminals back to the exercise's start. Resolves when the session is ready again. */
  reset(): Promise<void>;
  /** Ends the session and frees everything it holds. Idempotent. */
  close(): Promise<void>;
}

export interface SessionStatus {
  phase: 'starting' | 'ready' | 'resetting' | 'failed' | 'closed';
  /** For people: what is going on, or why it failed and what to try. */
  message: string;
  /** Steps so far while starting, oldest first, e.g. `Preparing nodes`. */
  steps?: string[];
  /** When the session will be ended (epoch ms), if it will. */
  expiresAtMs?: number;
  /** How the session's own time goes, where it has one: what it read when this status was told, and its rate. */
  time?: { nowMs: number; rate: number };
}

/** The clock that cluster, machine and files of a session share. Every change of it is told by `status.time`. */
export interface SessionTime {
  /** How fast it runs: 0 stands still, 1 is as the world's, at most 1,000. */
  setRate(rate: number): Promise<void>;
  /** Lives through `ms` at once, in order, whatever the rate. Resolves when that time has passed. */
  advance(ms: number): Promise<void>;
}

export interface Terminals {
  /** Opens a shell on the learner's machine, or continues the one called `name` with its scrollback replayed first. */
  open(options: { name: string; columns: number; rows: number }): Promise<TerminalConnection>;
  /** Names of the terminals that are open, oldest first. */
  list(): Promise<string[]>;
}

/** The master side of a pty. */
export interface TerminalConnection {
  /** Output, UTF-8 with escape sequences. Acknowledged by the returned promise (back pressure); one consumer. */
  onOutput(listener: (bytes: Uint8Array) => void | Promise<void>): Disposable;
  /** Keys as a terminal sends them; Ctrl-C is the byte 3 and its meaning that of the line discipline. */
  write(bytes: Uint8Array): void;
  resize(columns: number, rows: number): void;
  /** The shell ended. */
  onExit(listener: (exitCode: number) => void): Disposable;
  /** The shell asks the page to open a file in the editor (`edit FILE`); path relative to the workspace. */
  onEdit(listener: (path: string) => void): Disposable;
  /** Hangs up (SIGHUP) and forgets the scrollback. Closing the page does not call this. */
  close(): void;
}

/** The workspace: the directory that the shell starts in and the editor shows. Paths are relative, `a/b.yaml`. */
export interface Files {
  list(): Promise<FileEntry[]>;
  /** Rejects with `FileNotFound`. */
  read(path: string): Promise<Uint8Array>;
  /** Creates directories as needed. Resolves when the shell would read the new contents. */
  write(path: string, contents: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  /** Fires after a change by anybody, this client included. */
  watch(listener: (change: { path: string; kind: 'write' | 'remove' }) => void): Disposable;
}

export interface FileEntry {
  path: string;
  sizeBytes: number;
  mtimeMs: number;
}

export class FileNotFound extends Error {
  readonly path: string;
  constructor(path: string) {
    super(`${path}: No such file or directory`);
    this.path = path;
  }
}

/** HTTP into the cluster, for the preview pane and for checks. */
export interface Web {
  /** Sends a request to a Service port from inside the cluster. Rejects when there is no answer. */
  fetch(target: WebTarget, request: HttpRequest): Promise<HttpResponse>;
}

export interface WebTarget {
  namespace: string;
  service: string;
  port: number;
  /** The running pod in whose network the request starts, policies and all; default: a place that no policy concerns. */
  from?: { namespace: string; pod: string };
}

/**
 * Trying things out without touching what the learner has. A script runs in a fresh shell, in a copy of the
 * workspace, with kubectl pointed at an empty namespace, $NAMESPACE, that is removed afterwards. Embedded: in a fork of
 * the cluster. On kind: in the cluster itself, with rights in that namespace alone; so a script may count on
 * no more than its namespace.
 */
export interface Scratch {
  /** Runs bash on `script`. Resolves when it has ended; rejects when no place to run it can be made. */
  run(script: string, options: { timeoutSeconds: number }): Promise<ScriptResult>;
}

/** What is kept of a script's output; the rest is dropped. */
export const MAX_SCRIPT_OUTPUT_CHARACTERS = 64 * 1024;

export interface ScriptResult {
  /** 124 when the time was up, as `timeout` has it. */
  exitCode: number;
  /** What it printed, stdout and stderr in order; at most 64 KiB of it. */
  output: string;
}

/** What flows between workloads. A real cluster does not tell; there nothing is ever reported. */
export interface Traffic {
  /** Fires a few times a second while requests go over the cluster's network, with those since the last time. */
  watch(listener: (flows: readonly TrafficFlow[]) => void): Disposable;
}

/** Who asked the API for what: `audit.k8s.io/v1` Events at stage ResponseComplete, Metadata level or more. */
export interface Audit {
  /** Replays what is kept of this session first, oldest first, then follows. */
  watch(listener: (event: AuditEvent) => void): Disposable;
}

export interface AuditEvent {
  apiVersion: 'audit.k8s.io/v1';
  kind: 'Event';
  level: 'Metadata' | 'Request' | 'RequestResponse';
  auditID: string;
  stage: string;
  requestURI: string;
  verb: string;
  user: { username: string; uid?: string; groups?: string[] };
  userAgent?: string;
  objectRef?: {
    resource?: string;
    subresource?: string;
    namespace?: string;
    name?: string;
    apiGroup?: string;
    apiVersion?: string;
  };
  responseStatus?: { code?: number; status?: string; reason?: string; message?: string };
  requestObject?: unknown;
  responseObject?: unknown;
  requestReceivedTimestamp: string;
  stageTimestamp: string;
  annotations?: Record<string, string>;
}

/** What a session starts from. The same value makes the same start on every runtime. */
export interface ExerciseStart {
  /** `chapter/exercise`; names stored state. */
  id: string;
  /** Changes whenever anything below does (hash of the exercise's folder). */
  version: string;
  /** Workspace files by relative path. */
  files: Record<string, string>;
  /** Manifests applied before the learner comes, in order; multi-document YAML. */
  manifests: string[];
  /** The namespace of the learner's context; created when absent. */
  namespace: string;
  /** Nodes of the cluster, the control plane included. */
  nodes: number;
  /** What is installed besides: `gateway`, `mesh`, `prometheus`, `jaeger`, `knative`. */
  addons?: readonly string[] | undefined;
}

/** A way to get sessions. */
export interface Runtime {
  readonly name: 'embedded' | 'linux' | 'kind' | 'fleet';
  /** Whether this runtime can be had here and now, and if not why (a sentence for people). */
  available(): Promise<{ available: true } | { available: false; reason: string }>;
  /** Opens the session of an exercise, or continues the one that is stored or running. */
  open(start: ExerciseStart): Promise<Session>;
}
