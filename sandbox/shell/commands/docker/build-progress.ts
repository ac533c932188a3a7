/**
 * How a build goes, as buildx shows it: on a terminal a list of steps that is drawn anew with each change,
 * elsewhere (`--progress=plain`) lines with the number of their step.
 */
import type { BuildError, BuildEvent } from '../../../os/container-engine.ts';
import type { Process } from '../../../os/process.ts';

export type ProgressMode = 'plain' | 'tty' | 'quiet';

interface Step {
  number: number;
  name: string;
  startMs: number;
  endMs: number | undefined;
  cached: boolean;
  error: string | undefined;
  statuses: string[];
  output: string;
}

/** Lines around the one that an error is about. */
const CONTEXT_LINES = 2;
/** Output lines of a step that are shown while it runs. */
const TAIL_LINES = 6;

export class BuildProgress {
  readonly #process: Process;
  readonly #mode: ProgressMode;
  readonly #steps: Step[] = [];
  readonly #startMs: number;
  #drawnLines = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(process: Process, mode: ProgressMode) {
    this.#process = process;
    this.#mode = mode;
    this.#startMs = process.machine.clock.now();
  }

  async begin(): Promise<void> {
    if (this.#mode === 'plain')
      await this.#process.printError('#0 building with "default" instance using docker driver\n\n');
  }

  tell(event: BuildEvent): void {
    const now = this.#process.machine.clock.now();
    let step = this.#steps[event.step - 1];
    if (event.kind === 'start') {
      step = {
        number: event.step,
        name: event.name,
        startMs: now,
        endMs: undefined,
        cached: false,
        error: undefined,
        statuses: [],
        output: '',
      };
      this.#steps[event.step - 1] = step;
    }
    if (!step) return;
    if (event.kind === 'status') step.statuses.push(event.text);
    if (event.kind === 'output') step.output += event.text;
    if (event.kind === 'end') Object.assign(step, { endMs: now, cached: event.cached, error: event.error });
    if (this.#mode === 'plain') this.#write(plainText(event, step, now));
    else if (this.#mode === 'tty') this.#draw('');
  }

  /** The last picture. */
  async end(): Promise<void> {
    if (this.#mode === 'tty') this.#draw(' FINISHED');
    await this.#process.wait(this.#writing);
  }

  /** Where it went wrong: what the step printed, and the Dockerfile's lines. */
  async fail(dockerfile: { name: string; text: string }, { lines }: BuildError): Promise<void> {
    if (this.#mode === 'tty') this.#draw(' ERROR');
    await this.#process.wait(this.#writing);
    const failed = this.#steps.find(({ error }) => error !== undefined);
    if (failed && !failed.name.startsWith('[internal]')) {
      const seconds = (line: string) =>
        line === '' ? '' : `${((failed.endMs! - failed.startMs) / 1000).toFixed(3)} ${line}`;
      const output = failed.output === '' ? '' : failed.output.trimEnd().split('\n').map(seconds).join('\n');
      await this.#process.printError(`------\n > ${failed.name}:\n${output ? `${output}\n` : ''}------\n`);
    }
    if (lines) await this.#process.printError(excerpt(dockerfile, lines));
  }

  #write(text: string): void {
    this.#writing = this.#writing.then(() => this.#process.printError(text));
    this.#writing.catch(() => {});
  }

  #draw(state: string): void {
    const now = this.#process.machine.clock.now();
    const columns = this.#process.files[2]?.terminal?.columns ?? 80;
    const done = this.#steps.filter(({ endMs }) => endMs !== undefined).length;
    const head = `[+] Building ${seconds(now - this.#startMs)} (${done}/${this.#steps.length})${state}`;
    const lines = [
      head.padEnd(Math.max(0, columns - 'docker:default'.length)).slice(0, columns) + 'docker:default',
    ];
    for (const step of this.#steps) {
      const time = seconds((step.endMs ?? now) - step.startMs);
      const mark = step.error === undefined ? (step.cached ? 'CACHED ' : '') : 'ERROR ';
      lines.push(row(` => ${mark}${step.name}`, time, columns));
      for (const status of step.statuses)
        lines.push(row(` => => ${status.replace(/ done$/, '')}`, '0.0s', columns));
      if (step.endMs === undefined)
        for (const line of step.output.trimEnd().split('\n').slice(-TAIL_LINES))
          if (line !== '') lines.push(row(` => => # ${line}`, '', columns));
    }
    const up = this.#drawnLines > 0 ? `\x1b[${this.#drawnLines}A\x1b[0J` : '';
    this.#drawnLines = lines.length;
    this.#write(`${up}${lines.join('\n')}\n`);
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)}s`;

/** Text at the left and a time at the right of the terminal. */
function row(text: string, time: string, columns: number): string {
  const room = Math.max(10, columns - time.length - 1);
  return `${text.slice(0, room).padEnd(room)} ${time}`;
}

function plainText(event: BuildEvent, step: Step, nowMs: number): string {
  const number = `#${step.number} `;
  switch (event.kind) {
    case 'start':
      return `${number}${step.name}\n`;
    case 'status':
      return `${number}${event.text}\n`;
    case 'output': {
      const time = ((nowMs - step.startMs) / 1000).toFixed(3);
      return event.text.replace(/^(?=.)/gm, `${number}${time} `).replace(/([^\n])$/, '$1\n');
    }
    case 'end':
      if (event.error !== undefined) return `${number}ERROR: ${event.error}\n`;
      return event.cached
        ? `${number}CACHED\n\n`
        : `${number}DONE ${seconds(step.endMs! - step.startMs)}\n\n`;
  }
}

/** The lines that an error is about, marked, with those around them. */
function excerpt(
  { name, text }: { name: string; text: string },
  [first, last]: readonly [number, number],
): string {
  const lines = text.split('\n');
  const shown = lines
    .map((line, at) => ({ line, number: at + 1 }))
    .filter(({ number }) => number >= first - CONTEXT_LINES && number <= last + CONTEXT_LINES)
    .map(({ line, number }) => {
      const marked = number >= first && number <= last;
      return `${String(number).padStart(4)} | ${marked ? '>>>' : '   '} ${line}\n`;
    });
  return `${name}:${first}\n--------------------\n${shown.join('')}--------------------\n`;
}
