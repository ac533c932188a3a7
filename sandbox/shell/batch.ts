/**
 * Runs tools that cannot be interrupted (just-bash's awk, sed and jq, hostile regular expressions) in
 * disposable workers, at most four at once. A signal ends the worker; an idle one is kept for the next tool.
 * A tool gets its whole input before it starts; what is to stream runs line by line in its command (awk, sed) or is
 * given to the tool piece by piece (jq).
 */
import { concat, EMPTY } from '../core/bytes.ts';
import type { BatchTools } from '../os/batch-tools.ts';
import { Errno } from '../os/errno.ts';
import { readWhole } from '../os/open.ts';
import type { Process } from '../os/process.ts';
import type { BatchPort, BatchRequest, BatchResponse } from './batch-protocol.ts';
import { translate } from './regular-expression.ts';
import type { ScriptStart } from './script/script-protocol.ts';
import type { ScriptWorkers } from './script/script-workers.ts';

export interface BatchWorker {
  port: BatchPort;
  terminate(): void;
}

/** What is needed of a thread of Node (`worker_threads`). */
export interface BatchThread {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: any) => void): unknown;
  terminate(): unknown;
  unref(): void;
}

/** A thread that runs `serveBatch`, and does not keep its process alive. */
export function threadWorker(thread: BatchThread): BatchWorker {
  thread.unref();
  return {
    port: {
      postMessage: (message) => thread.postMessage(message),
      onMessage: (listener) => void thread.on('message', listener),
    },
    terminate: () => void thread.terminate(),
  };
}

/** A worker that is asked one thing after the other. */
class AskedWorker {
  readonly #worker: BatchWorker;
  #answer: (response: BatchResponse) => void = () => {};

  constructor(worker: BatchWorker) {
    this.#worker = worker;
    worker.port.onMessage((message) => this.#answer(message as BatchResponse));
  }

  ask(request: BatchRequest): Promise<BatchResponse> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#worker.port.postMessage(request);
    });
  }

  terminate(): void {
    this.#worker.terminate();
  }
}

/** Workers at once; a further tool waits for its turn. */
const MAX_WORKERS = 4;

/** Input that a tool may be given: `yes | awk …` must not fill the tab's memory. */
const MAX_INPUT_BYTES = 64_000_000;

export class WorkerBatchTools implements BatchTools {
  readonly #spawnWorker: () => BatchWorker;
  #idle: AskedWorker[] = [];
  #running = 0;
  #waiting: (() => void)[] = [];
  #scripts: Promise<ScriptWorkers> | undefined;

  /** @param spawnWorker starts a worker that runs `serveBatch` (batch-worker.ts) */
  constructor(spawnWorker: () => BatchWorker) {
    this.#spawnWorker = spawnWorker;
  }

  async run(process: Process, tool: string, argv: string[], input?: Uint8Array): Promise<number> {
    const files = await namedFiles(process, argv);
    const stdin =
      input ?? (readsStandardInput(tool, argv, files, process) ? await readEverything(process) : EMPTY);
    if (!stdin) {
      await process.printError(
        `${tool}: more than ${MAX_INPUT_BYTES / 1e6} MB of input: here it reads all of it before it starts. Put \`head\` in front of it\n`,
      );
      return 2;
    }
    const response = await this.#ask(process, {
      kind: 'run',
      tool,
      args: argv,
      stdin,
      directory: process.directory,
      environment: { ...process.environment },
      files,
    });
    if (response.kind !== 'run') throw new Error('the worker answered something else');
    for (const [path, contents] of Object.entries(response.changed))
      process.fileSystem.writeFile(path, contents);
    if (response.stderr.length > 0) await process.printError(response.stderr);
    if (response.stdout.length > 0) await process.print(response.stdout);
    return response.exitCode;
  }

  async match(
    process: Process,
    pattern: string,
    flags: string,
    text: string,
  ): Promise<(string | undefined)[] | undefined> {
    const { source } = translate(pattern, true);
    const response = await this.#ask(process, { kind: 'match', source, flags: `u${flags}`, text });
    return response.kind === 'match' ? response.groups : undefined;
  }

  async matchLines(
    process: Process,
    pattern: string,
    flags: string,
    lines: string[],
  ): Promise<{ line: number; ranges: [number, number][] }[]> {
    const response = await this.#ask(process, { kind: 'match-lines', source: pattern, flags, lines });
    return response.kind === 'match-lines' ? response.matches : [];
  }

  async runScript(process: Process, argv: string[], source: ScriptStart['source']): Promise<number> {
    this.#scripts ??= import('./script/script-workers.ts').then(
      (loaded) => new loaded.ScriptWorkers(this.#spawnWorker),
    );
    return (await process.wait(this.#scripts)).run(process, argv, source);
  }

  /** Ends the workers that wait for work, and all scripts. */
  dispose(): void {
    void this.#scripts?.then((scripts) => scripts.dispose());
    for (const worker of this.#idle.splice(0)) worker.terminate();
  }

  async #ask(process: Process, request: BatchRequest): Promise<BatchResponse> {
    while (this.#running >= MAX_WORKERS)
      await process.wait(new Promise<void>((resolve) => this.#waiting.push(resolve)));
    this.#running++;
    const worker = this.#idle.pop() ?? new AskedWorker(this.#spawnWorker());
    let usable = false;
    try {
      const response = await process.wait(worker.ask(request));
      usable = true;
      if (response.kind === 'error') throw new Error(response.message);
      return response;
    } finally {
      // Unwound by a signal: what runs there would run on for ever.
      if (usable) this.#idle.push(worker);
      else worker.terminate();
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}

/** A pipe that the shell handed over by its path: a process substitution. */
const SUBSTITUTION = /^\/dev\/fd\/(?![012]$)\d+$/;

/** Contents of the files that arguments name, `--option=FILE` included. */
async function namedFiles(process: Process, argv: readonly string[]): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const word of argv) {
    for (const path of [word, word.slice(word.indexOf('=') + 1)]) {
      if (path === '' || path.length > 4096 || path.includes('\n')) continue;
      const absolute = process.resolve(path);
      try {
        if (process.fileSystem.stat(absolute).kind === 'file')
          files[absolute] = process.fileSystem.readFile(absolute);
        else if (SUBSTITUTION.test(absolute)) files[absolute] ??= await readWhole(process, absolute);
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
      }
    }
  }
  return files;
}

/** Whether the tool would look at its standard input: with no file among its operands, or `-`. */
function readsStandardInput(
  tool: string,
  argv: readonly string[],
  files: Record<string, Uint8Array>,
  process: Process,
): boolean {
  if (argv.includes('-') || argv.includes('/dev/stdin')) return true;
  if (tool === 'jq' && argv.some((word) => /^-[a-z]*n[a-z]*$/.test(word) || word === '--null-input'))
    return false;
  if (
    tool === 'awk' &&
    argv.every((word) => !/[^;{}\s]/.test(word.replace(/BEGIN\s*\{[\s\S]*\}/, '')) || word.startsWith('-'))
  )
    return false;
  const scripts = new Set<string>();
  argv.forEach((word, i) => {
    if (word === '-f' || word === '--file' || word === '--from-file')
      scripts.add(process.resolve(argv[i + 1] ?? ''));
  });
  return Object.keys(files).every((path) => scripts.has(path));
}

/** Undefined when it is more than `MAX_INPUT_BYTES`. */
async function readEverything(process: Process): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (let bytes; (bytes = await process.read(0));) {
    process.allocate(bytes.length);
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_INPUT_BYTES) return undefined;
    chunks.push(bytes);
  }
  return chunks.length === 0 ? EMPTY : concat(chunks);
}
