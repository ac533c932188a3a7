/** The learner's machine: an unprivileged container with no way to the engine, on the session's network. */
import type Docker from 'dockerode';
import { isGone } from '../engine/engine.ts';
import { nameOf, toLabels, type SessionIdentity } from '../engine/labels.ts';
import { runOrThrow } from '../engine/exec.ts';
import type { Limits } from '../settings.ts';

const toolboxName = (id: string) => `${nameOf(id)}-toolbox`;

export const toolboxOf = (engine: Docker, id: string): Docker.Container =>
  engine.getContainer(toolboxName(id));

export async function createToolbox(
  engine: Docker,
  identity: SessionIdentity,
  image: string,
  limits: Limits,
): Promise<Docker.Container> {
  const container = await engine.createContainer({
    name: toolboxName(identity.id),
    Image: image,
    Hostname: 'slipway',
    Labels: toLabels(identity),
    HostConfig: {
      NetworkMode: nameOf(identity.id),
      // Reaps what shells leave behind.
      Init: true,
      Memory: limits.toolboxMemoryMiB * 2 ** 20,
      MemorySwap: limits.toolboxMemoryMiB * 2 ** 20,
      NanoCpus: limits.toolboxCpus * 1e9,
      PidsLimit: limits.toolboxPids,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
    },
  });
  await container.start();
  return container;
}

/** Puts the learner's credential where kubectl looks for it. */
export async function installKubeconfig(toolbox: Docker.Container, kubeconfig: string): Promise<void> {
  const command = 'umask 077; mkdir -p ~/.kube && cat > ~/.kube/config';
  await runOrThrow(toolbox, ['sh', '-c', command], { input: kubeconfig });
}

/** Removes the container with what runs in it; one that is gone is no error. */
export async function removeContainer(container: Docker.Container): Promise<void> {
  try {
    await container.remove({ force: true, v: true });
  } catch (error) {
    // 409: somebody else is removing it.
    if (!isGone(error) && (error as { statusCode?: number }).statusCode !== 409) throw error;
  }
}
