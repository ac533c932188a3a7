/** Terminals of embedded sessions, for a test that types into them: one session a transcript. */
import { encode } from '../../../sandbox/core/bytes.ts';
import { TerminalDriver } from '../../../sandbox/runtimes/contract/terminal-driver.ts';
import { embeddedRuntime } from '../../../sandbox/runtimes/embedded/embedded-runtime.ts';

export interface WorkerTerminals {
  /** A cluster and a terminal called `name`, in a namespace of that name. Resolves when the cluster is ready. */
  open(name: string): Promise<void>;
  write(name: string, path: string, text: string): Promise<void>;
  /** Types a line; what it printed and its exit code. */
  run(name: string, line: string): Promise<{ output: string; exitCode: number }>;
  close(name: string): Promise<void>;
}

declare global {
  interface Window {
    workerTerminals: WorkerTerminals;
  }
}

const runtime = embeddedRuntime();

async function open(name: string) {
  const session = await runtime.open({
    id: `transcripts/${name}`,
    version: '1',
    files: {},
    manifests: [],
    namespace: name,
    nodes: 1,
  });
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      if (session.status.phase === 'ready') resolve();
      if (session.status.phase === 'failed') reject(new Error(session.status.message));
    };
    session.onStatus(look);
    look();
  });
  return { session, terminal: await TerminalDriver.open(session, name) };
}

const opened = new Map<string, Awaited<ReturnType<typeof open>>>();

window.workerTerminals = {
  open: async (name) => void opened.set(name, await open(name)),
  write: (name, path, text) => opened.get(name)!.session.files.write(path, encode(text)),
  run: (name, line) => opened.get(name)!.terminal.run(line),
  close: async (name) => {
    await opened.get(name)?.session.close();
    opened.delete(name);
  },
};
