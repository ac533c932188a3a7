/**
 * The worker's side of `batch.ts`: answers requests on a port. A Web Worker and Node's worker_threads host
 * it alike. just-bash (350 kB) is loaded with the first tool, and only there.
 */
import { encode } from '../core/bytes.ts';
import type { BatchPort, BatchRequest, BatchResponse } from './batch-protocol.ts';
import type { ToScript } from './script/script-protocol.ts';
import type { ScriptThread } from './script/script-thread.ts';

export function serveBatch(port: BatchPort): void {
  let scripts: Promise<ScriptThread> | undefined;
  port.onMessage((message) => {
    if ((message as ToScript | BatchRequest).kind.startsWith('script-')) {
      scripts ??= import('./script/script-thread.ts').then(({ ScriptThread }) => new ScriptThread(port));
      void scripts.then((thread) => thread.hear(message as ToScript));
      return;
    }
    void answer(message as BatchRequest).then(
      (response) => port.postMessage(response),
      (error: unknown) =>
        port.postMessage({
          kind: 'error',
          message: error instanceof Error ? error.message : String(error),
        } satisfies BatchResponse),
    );
  });
}

async function answer(request: BatchRequest): Promise<BatchResponse> {
  switch (request.kind) {
    case 'run':
      return await run(request);
    case 'match': {
      const match = new RegExp(request.source, request.flags).exec(request.text);
      return { kind: 'match', groups: match ? [...match] : undefined };
    }
    case 'match-lines': {
      const expression = new RegExp(request.source, request.flags);
      const matches: { line: number; ranges: [number, number][] }[] = [];
      request.lines.forEach((text, line) => {
        expression.lastIndex = 0;
        const ranges = [...text.matchAll(expression)].map((match): [number, number] => [
          match.index,
          match.index + match[0].length,
        ]);
        if (ranges.length > 0) matches.push({ line, ranges });
      });
      return { kind: 'match-lines', matches };
    }
  }
}

/** Far beyond what a lesson needs: a tool that goes on for ever is ended by ending the worker. */
const NO_LIMIT = 2_000_000_000;

async function run(request: Extract<BatchRequest, { kind: 'run' }>): Promise<BatchResponse> {
  const { Bash } = await import('just-bash/browser');
  const bash = new Bash({
    files: request.files,
    cwd: request.directory,
    executionLimits: {
      maxLoopIterations: NO_LIMIT,
      maxAwkIterations: NO_LIMIT,
      maxSedIterations: NO_LIMIT,
      maxJqIterations: NO_LIMIT,
      maxWorkUnits: NO_LIMIT,
      maxExecutionTimeMs: NO_LIMIT,
    },
    defenseInDepth: false,
  });
  const result = await bash.exec(request.tool, {
    args: request.args,
    stdin: binary(request.stdin),
    stdinKind: 'bytes',
    cwd: request.directory,
    env: request.environment,
    replaceEnv: true,
  });
  const changed: Record<string, Uint8Array> = {};
  for (const [path, before] of Object.entries(request.files)) {
    const after = await bash.fs.readFileBuffer(path).catch(() => undefined);
    if (after && !equal(before, after)) changed[path] = after;
  }
  const stdout = result.stdoutKind === 'bytes' ? fromBinary(result.stdout) : encode(result.stdout);
  return { kind: 'run', stdout, stderr: encode(result.stderr), exitCode: result.exitCode, changed };
}

const BLOCK = 8192;

/** Bytes as characters 0 to 255. */
function binary(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += BLOCK) text += String.fromCharCode(...bytes.subarray(i, i + BLOCK));
  return text;
}

const fromBinary = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
