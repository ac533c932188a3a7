/** The terminal without its screen: keys into an embedded session, in Node, until its output has come back. */
import { decode, encode } from '../../sandbox/core/bytes.ts';
import { readText } from '../../sandbox/core/http.ts';
import { openEmbedded } from '../../sandbox/runtimes/embedded/node/open-embedded.ts';
import type { Session, TerminalConnection } from '../../sandbox/runtimes/runtime.ts';
import type { Report } from './measurement.ts';
import { median, percentile } from './samples.ts';
import { pause, timed } from './stopwatch.ts';

const PROMPT = '$ ';
const INTERRUPT = '\x03';
const KEYSTROKES = 300;

const START = {
  id: 'bench/shell',
  version: '1',
  files: {},
  manifests: [],
  namespace: 'default',
  nodes: 10,
};

export async function measure(report: Report): Promise<void> {
  const session = await openEmbedded(START);
  const terminal = new Keyboard(await session.terminals.open({ name: 'main', columns: 120, rows: 30 }));
  await terminal.shows(PROMPT);
  const ready = new Promise<void>((resolve) => {
    session.onStatus(({ phase }) => void (phase === 'ready' && resolve()));
    if (session.status.phase === 'ready') resolve();
  });
  await ready;
  await interrupts(terminal, report);
  await lines(terminal, report);
  await keystrokes(session, terminal, report);
  await session.close();
}

/** From Ctrl-C until the prompt is back, while a loop without a pause runs. */
async function interrupts(terminal: Keyboard, report: Report): Promise<void> {
  const samples: number[] = [];
  for (let i = 0; i < 21; i++) {
    terminal.type('while :; do :; done\r');
    await pause(100);
    samples.push((await timed(() => terminal.answers(INTERRUPT, PROMPT))).wallMs);
  }
  report({ name: 'Ctrl-C on a busy loop → prompt', value: median(samples), unit: 'ms', goal: 10, samples });
}

async function lines(terminal: Keyboard, report: Report): Promise<void> {
  const measured = [
    { line: 'yes | head -1000000 | wc -l', prints: '1000000', goal: 1.5 },
    { line: 'for ((i = 0; i < 100000; i++)); do :; done; echo $i', prints: '100000', goal: 1 },
  ];
  for (const { line, prints, goal } of measured) {
    const { wallMs, cpuMs } = await timed(() => terminal.answers(`${line}\r`, `${prints}\r\n`));
    await terminal.shows(PROMPT);
    report({ name: line, value: wallMs / 1000, unit: 's', goal, cpuMs });
  }
}

/** From a key until it is echoed, while 1,000 pods start beside the shell. */
async function keystrokes(session: Session, terminal: Keyboard, report: Report): Promise<void> {
  const response = await session.kube.fetch({
    method: 'POST',
    path: '/apis/apps/v1/namespaces/default/deployments',
    headers: { 'content-type': 'application/json' },
    body: encode(JSON.stringify(DEPLOYMENT)),
  });
  if (response.status !== 201)
    throw new Error(`the Deployment: ${response.status} ${await readText(response)}`);
  const samples: number[] = [];
  while (!(await allReady(session)) && samples.length < KEYSTROKES * 20) {
    for (let i = 0; i < 25; i++) {
      samples.push((await timed(() => terminal.answers('x', 'x'))).wallMs);
      await pause(2);
    }
  }
  const value = percentile(samples, 99);
  report({ name: 'keystroke → echo while 1,000 pods start, p99', value, unit: 'ms', goal: 8, samples });
}

async function allReady(session: Session): Promise<boolean> {
  const response = await session.kube.fetch({
    method: 'GET',
    path: '/apis/apps/v1/namespaces/default/deployments/web',
    headers: { accept: 'application/json' },
  });
  const { status } = JSON.parse(await readText(response)) as { status?: { readyReplicas?: number } };
  return status?.readyReplicas === DEPLOYMENT.spec.replicas;
}

const labels = { app: 'web' };
const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 1000,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        tolerations: [{ operator: 'Exists' }],
        containers: [{ name: 'main', image: 'busybox:1', command: ['sleep', '36000'] }],
      },
    },
  },
};

/** Somebody at the terminal: types, and waits for what comes back. */
class Keyboard {
  readonly #terminal: TerminalConnection;
  /** Output since it was last looked at. */
  #unseen = '';
  #look: () => void = () => {};

  constructor(terminal: TerminalConnection) {
    this.#terminal = terminal;
    terminal.onOutput((bytes) => {
      this.#unseen += decode(bytes);
      this.#look();
    });
  }

  type(keys: string): void {
    this.#terminal.write(encode(keys));
  }

  /** Types `keys` and resolves when `text` has been printed after that. */
  answers(keys: string, text: string): Promise<void> {
    this.#unseen = '';
    this.type(keys);
    return this.shows(text);
  }

  /** Resolves when `text` has been printed since the last look. */
  shows(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#look = () => {
        const at = this.#unseen.indexOf(text);
        if (at < 0) return;
        this.#look = () => {};
        this.#unseen = this.#unseen.slice(at + text.length);
        resolve();
      };
      this.#look();
    });
  }
}
