/**
 * What a check asks for, beyond looking at objects, events and files: each asks when it is time, and keeps
 * the latest answers as variables of the check's expressions.
 */
import type { Clock } from '../core/clock.ts';
import type { Disposable } from '../core/disposable.ts';
import { attempt, type Expression } from './check-expressions.ts';
import type { CheckInputs, ProbeResponse } from './check-inputs.ts';
import type { HttpProbe, SampleProbe, ScriptProbe } from './check-sources.ts';

/** Variables that do not depend on the answers. */
type Looked = Record<string, unknown>;

export interface Asks extends Disposable {
  /** Asks if it is time. Resolves when `variables` has what came. */
  ask(looked: Looked): Promise<void>;
  readonly variables: Record<string, unknown>;
}

/** `http`: asks every time. */
export class HttpAsks implements Asks {
  #inputs: CheckInputs;
  #probe: HttpProbe;
  variables: Record<string, unknown> = {};

  constructor(inputs: CheckInputs, probe: HttpProbe) {
    this.#inputs = inputs;
    this.#probe = probe;
  }

  async ask(): Promise<void> {
    const responses = await this.#inputs.fetch(this.#probe);
    this.variables = { response: responses[0], responses };
  }

  dispose(): void {}
}

/** `run`: asks when the workspace, or the objects but for their status, are others than when it asked last. */
export class ScriptAsks implements Asks {
  #inputs: CheckInputs;
  #probe: ScriptProbe;
  #worthRunning: Expression | undefined;
  #ranOn: string | undefined;
  variables: Record<string, unknown> = { run: { exitCode: -1n, output: '' } };

  constructor(inputs: CheckInputs, probe: ScriptProbe, worthRunning: Expression | undefined) {
    this.#inputs = inputs;
    this.#probe = probe;
    this.#worthRunning = worthRunning;
  }

  async ask(looked: Looked): Promise<void> {
    const worthRunning = this.#worthRunning;
    if (worthRunning && attempt(() => worthRunning(looked)).value !== true) return;
    const state = `${this.#inputs.workspaceChanges} ${fingerprint(looked)}`;
    if (state === this.#ranOn) return;
    this.#ranOn = state;
    const { script, timeoutSeconds } = this.#probe;
    try {
      const { exitCode, output } = await this.#inputs.runScript(script, timeoutSeconds);
      this.variables = { run: { exitCode: BigInt(exitCode), output } };
    } catch (error) {
      this.#ranOn = undefined;
      this.variables = { run: { exitCode: -1n, output: (error as Error).message } };
    }
  }

  dispose(): void {}
}

/** Status changes all the time, and says nothing about what a script would do. */
function fingerprint(looked: Looked): string {
  return JSON.stringify(looked, (key, value: unknown) => {
    if (key === 'status' || key === 'managedFields' || key === 'resourceVersion' || key === 'events')
      return undefined;
    return typeof value === 'bigint' ? String(value) : value;
  });
}

const NO_ANSWER_YET: ProbeResponse = {
  status: -1n,
  body: '',
  headers: {},
  seconds: 0,
  error: 'no answer yet',
};

/** `during`: asks again and again while the step is under way. */
export class SampleAsks implements Asks {
  #inputs: CheckInputs;
  #probe: SampleProbe;
  #underWay: Expression;
  #clock: Clock;
  #onSample: () => void;
  #samples: ProbeResponse[] = [];
  #sampling = false;
  #looked: Looked = {};
  #timer: Disposable | undefined;
  #disposed = false;

  constructor(
    inputs: CheckInputs,
    probe: SampleProbe,
    underWay: Expression,
    clock: Clock,
    onSample: () => void,
  ) {
    this.#inputs = inputs;
    this.#probe = probe;
    this.#underWay = underWay;
    this.#clock = clock;
    this.#onSample = onSample;
  }

  get variables(): Record<string, unknown> {
    return { samples: [...this.#samples] };
  }

  async ask(looked: Looked): Promise<void> {
    this.#looked = looked;
    if (!this.#isUnderWay() || this.#sampling) return;
    this.#sampling = true;
    this.#samples = [];
    this.#sample();
  }

  #isUnderWay(): boolean {
    return attempt(() => this.#underWay(this.#looked)).value === true;
  }

  /** The next one does not wait for this one's answer. */
  #sample(): void {
    if (!this.#isUnderWay()) {
      this.#sampling = false;
      return;
    }
    this.#timer = this.#clock.setTimeout(() => this.#sample(), this.#probe.everySeconds * 1000);
    const step = this.#samples;
    const at = step.push(NO_ANSWER_YET) - 1;
    void this.#inputs.fetch(this.#probe.http).then(([response]) => {
      step[at] = response!;
      if (!this.#disposed) this.#onSample();
    });
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer?.dispose();
  }
}
