/** A session on a real cluster without the service: for checks of content and for tests. */
import type { ExerciseStart } from '../runtimes/runtime.ts';
import { addOnTrouble } from './add-ons/add-ons.ts';
import { connectEngine, engineTrouble } from './engine/engine.ts';
import { kindTrouble } from './cluster/kind-command.ts';
import { newIdentity } from './session/identity.ts';
import { KindSession } from './session/kind-session.ts';
import { SandboxMaker } from './session/sandbox-maker.ts';
import { readSettings } from './settings.ts';

/**
 * Makes a cluster for `start` and resolves when it is ready. The caller closes the session; what a caller
 * that dies leaves behind is removed by the next service that sees it expired.
 * @param options.evenUnproven with add-ons too that are not offered: that is how they come to be.
 */
export async function openKind(
  start: ExerciseStart,
  { evenUnproven = false }: { evenUnproven?: boolean } = {},
): Promise<KindSession> {
  const settings = readSettings(process.env);
  const engine = connectEngine();
  const missing = evenUnproven ? undefined : addOnTrouble(start.addons ?? []);
  if (missing) throw new Error(`${start.id} needs add-ons: ${missing}.`);
  const trouble = (await engineTrouble(engine)) ?? (await kindTrouble(settings));
  if (trouble) throw new Error(trouble);
  const { identity } = newIdentity({
    instance: `process-${process.pid}`,
    client: 'local',
    start,
    nowMs: Date.now(),
    sessionMinutes: settings.limits.sessionMinutes,
  });
  const session = new KindSession(identity, new SandboxMaker(engine, settings));
  await session.ready;
  return session;
}
