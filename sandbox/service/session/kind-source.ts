/** Sessions on kind clusters, as the registry wants them. */
import type Docker from 'dockerode';
import { fromLabels, type SessionIdentity } from '../engine/labels.ts';
import type { Settings } from '../settings.ts';
import { KindSession } from './kind-session.ts';
import { SandboxMaker } from './sandbox-maker.ts';
import type { OwnedSession, SessionSource } from './session-registry.ts';

export class KindSource implements SessionSource {
  #maker: SandboxMaker;

  constructor(engine: Docker, settings: Settings) {
    this.#maker = new SandboxMaker(engine, settings);
  }

  create(identity: SessionIdentity): OwnedSession {
    return new KindSession(identity, this.#maker);
  }

  async recover(identity: SessionIdentity): Promise<OwnedSession | undefined> {
    const sandbox = await this.#maker.find(identity.id);
    if (!sandbox) return undefined;
    const session = new KindSession(identity, this.#maker, sandbox);
    await session.ready;
    return session;
  }

  async traces(): Promise<{ id: string; identity: SessionIdentity | undefined }[]> {
    const traces = await this.#maker.traces();
    return traces.map(({ id, labels }) => ({ id, identity: fromLabels(labels) }));
  }

  remove(id: string): Promise<void> {
    return this.#maker.remove(id);
  }
}
