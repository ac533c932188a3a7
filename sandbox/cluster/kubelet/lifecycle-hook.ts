/** postStart and preStop: pkg/kubelet/lifecycle/handlers.go. */
import { sleep } from '../../core/clock.ts';
import type { LifecycleHandler } from '../client/kinds.ts';
import { get, portNumber, type ProbeTarget } from './probe.ts';
import { runCommand } from './run-command.ts';

/** A hook has no time limit of its own; what bounds it is the pod's grace. */
const HTTP_TIMEOUT_MS = 30_000;

/** Runs a hook. Rejects when it fails; `timeoutMs` bounds an exec hook. */
export async function runHook(hook: LifecycleHandler, target: ProbeTarget, timeoutMs: number): Promise<void> {
  if (hook.exec) {
    const argv = hook.exec.command ?? [];
    const { exitCode, output } = await runCommand(target.container, argv, timeoutMs);
    if (exitCode !== 0) throw new Error(`command '${argv.join(' ')}' exited with ${exitCode}: ${output}`);
  } else if (hook.httpGet) {
    const port = portNumber(target.spec, hook.httpGet.port);
    if (port === undefined) throw new Error(`unknown port ${hook.httpGet.port}`);
    await get(target, hook.httpGet, port, Math.min(timeoutMs, HTTP_TIMEOUT_MS));
  } else if (hook.sleep) await sleep(target.clock, hook.sleep.seconds * 1000);
}
