/** Ending a container in good order: `killContainer` of pkg/kubelet/kuberuntime. */
import type { Disposable } from '../../core/disposable.ts';
import type { Signal } from '../../os/signals.ts';
import type { ContainerRecord } from './container-record.ts';
import { runHook } from './lifecycle-hook.ts';
import type { ProbeTarget } from './probe.ts';

/** However little is left of the grace, a container has this long after its signal (`minimumGracePeriodInSeconds`). */
const MIN_GRACE_MS = 2_000;

/** preStop, the stop signal, and KILL when the time is up. Resolves when the container has ended. */
export async function stopContainer(
  record: ContainerRecord,
  target: ProbeTarget,
  message: string,
  graceMs: number,
): Promise<void> {
  const { container, clock } = target;
  const dueMs = clock.now() + graceMs;
  record.prober?.dispose();
  record.events.record('Normal', 'Killing', message);
  if (record.spec.lifecycle?.preStop && graceMs > 0) await preStop(record, target, graceMs);
  const signal =
    record.spec.lifecycle?.stopSignal ?? container.init.image.image.config.StopSignal ?? 'SIGTERM';
  container.signal(signal.replace(/^SIG/, '') as Signal);
  const timer = clock.setTimeout(() => container.kill(), Math.max(MIN_GRACE_MS, dueMs - clock.now()));
  await container.exited;
  timer.dispose();
}

/** Runs the hook for as long as the grace lasts. */
async function preStop(record: ContainerRecord, target: ProbeTarget, graceMs: number): Promise<void> {
  let timer: Disposable | undefined;
  const timeUp = new Promise<void>((resolve) => (timer = target.clock.setTimeout(resolve, graceMs)));
  try {
    await Promise.race([runHook(record.spec.lifecycle!.preStop!, target, graceMs), timeUp]);
  } catch {
    record.events.record('Warning', 'FailedPreStopHook', 'PreStopHook failed');
  } finally {
    timer?.dispose();
  }
}
