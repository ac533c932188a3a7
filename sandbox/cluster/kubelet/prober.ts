/**
 * The probes of one container, each on its own beat: pkg/kubelet/prober/worker.go. Liveness and readiness
 * begin once the container has started up; a probe that errs (no such command) counts for nothing.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { Probe } from '../client/kinds.ts';
import type { ContainerEvents } from './container-events.ts';
import { probeOnce, type ProbeTarget } from './probe.ts';

export type ProbeType = 'liveness' | 'readiness' | 'startup';

export interface ProberInit {
  clock: Clock;
  events: ContainerEvents;
  target: ProbeTarget;
  /** The container is Ready, or is no more. */
  onReady(ready: boolean): void;
  /** It has started up (at once, without a startup probe). */
  onStarted(): void;
  /** It has to be restarted. */
  onFailed(type: 'liveness' | 'startup', probe: Probe): void;
}

/** A container that has just started is looked at a little later, when its program listens or has failed. */
const FIRST_LOOK_MS = 500;

const LABELS = { liveness: 'Liveness', readiness: 'Readiness', startup: 'Startup' } as const;

export class Prober implements Disposable {
  readonly #init: ProberInit;
  readonly #timers = new DisposableStore();
  started: boolean;
  ready: boolean;

  constructor(init: ProberInit) {
    this.#init = init;
    const { startupProbe, readinessProbe } = init.target.spec;
    this.started = !startupProbe;
    this.ready = this.started && !readinessProbe;
  }

  /** Begins to probe. The container runs, and its postStart hook is done. */
  start(): void {
    const { startupProbe } = this.#init.target.spec;
    if (startupProbe) this.#beat('startup', startupProbe, () => this.#startedUp());
    else this.#afterStartup();
  }

  dispose(): void {
    this.#timers.dispose();
  }

  #startedUp(): void {
    this.started = true;
    this.#init.onStarted();
    if (!this.#init.target.spec.readinessProbe) this.#setReady(true);
    this.#afterStartup();
  }

  #afterStartup(): void {
    const { livenessProbe, readinessProbe } = this.#init.target.spec;
    if (livenessProbe) this.#beat('liveness', livenessProbe);
    if (readinessProbe) this.#beat('readiness', readinessProbe);
  }

  #setReady(ready: boolean): void {
    if (this.ready === ready) return;
    this.ready = ready;
    this.#init.onReady(ready);
  }

  /** Probes every period, the first time soon; `onSuccess` ends the beat. */
  #beat(type: ProbeType, probe: Probe, onSuccess?: () => void): void {
    const { clock, target } = this.#init;
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const notBeforeMs = target.container.startedMs + (probe.initialDelaySeconds ?? 0) * 1000;
    let run = 0;
    let last: 'success' | 'failure' | undefined;
    let timer: Disposable | undefined;
    const again = () => {
      if (this.#timers.disposed) return;
      timer = this.#timers.add(clock.setTimeout(() => void look(), periodMs));
    };
    const look = async () => {
      if (timer) this.#timers.release(timer);
      if (clock.now() < notBeforeMs) return again();
      const startedMs = clock.now();
      const outcome = await probeOnce(probe, target);
      if (this.#timers.disposed) return;
      this.#report(type, outcome);
      if (outcome.result !== 'unknown') {
        run = outcome.result === last ? run + 1 : 1;
        last = outcome.result;
        if (last === 'success' && run >= (probe.successThreshold ?? 1)) {
          if (onSuccess) return onSuccess();
          if (type === 'readiness') this.#setReady(true);
        } else if (last === 'failure' && run >= (probe.failureThreshold ?? 3)) {
          if (type === 'readiness') this.#setReady(false);
          else return this.#init.onFailed(type, probe);
        }
      }
      // A ticker does not wait for a slow probe, and skips beats that it missed.
      const lateMs = clock.now() - startedMs;
      timer = this.#timers.add(
        clock.setTimeout(
          () => void look(),
          lateMs < periodMs ? periodMs - lateMs : periodMs - (lateMs % periodMs),
        ),
      );
    };
    const firstMs = Math.max(0, target.container.startedMs + FIRST_LOOK_MS - clock.now());
    timer = this.#timers.add(clock.setTimeout(() => void look(), firstMs));
  }

  #report(type: ProbeType, outcome: Awaited<ReturnType<typeof probeOnce>>): void {
    if (outcome.result === 'success') return;
    const message =
      outcome.result === 'failure'
        ? `${LABELS[type]} probe failed: ${outcome.message}`
        : `${LABELS[type]} probe errored and resulted in unknown state: ${outcome.message}`;
    this.#init.events.record('Warning', 'Unhealthy', message);
  }
}
