/**
 * A session on a real cluster: a kind cluster, a toolbox and a network of its own. It can be handed out while
 * it is still being made; what is asked of it meanwhile waits until it is ready.
 */
import type Docker from 'dockerode';
import { toDisposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import type { HttpOrigin } from '../../core/http.ts';
import type {
  Audit,
  ExerciseStart,
  Files,
  Scratch,
  Session,
  SessionStatus,
  TerminalConnection,
  Terminals,
  Traffic,
  Web,
} from '../../runtimes/runtime.ts';
import { AdminClient } from '../cluster/admin-client.ts';
import { AuditLog } from '../cluster/audit-log.ts';
import { CustomResourceRights } from '../cluster/custom-resource-rights.ts';
import { HttpsOrigin } from '../cluster/https-origin.ts';
import { ServiceWeb } from '../cluster/service-web.ts';
import type { SessionIdentity } from '../engine/labels.ts';
import { ToolboxScratch } from '../toolbox/scratch.ts';
import { Terminal } from '../toolbox/terminal.ts';
import { Workspace } from '../toolbox/workspace.ts';
import type { Sandbox, SandboxMaker } from './sandbox-maker.ts';

export class KindSession implements Session {
  #identity: SessionIdentity;
  #maker: SandboxMaker;
  #sandbox: Sandbox | undefined;
  #learner: HttpsOrigin | undefined;
  #admin: HttpsOrigin | undefined;
  #terminals = new Map<string, Terminal>();
  #auditLog = new AuditLog();
  #customResourceRights = new CustomResourceRights();
  #workspace: Workspace;
  #statuses = new Emitter<SessionStatus>();
  #status: SessionStatus;
  /** Resolves when the sandbox can be used; rejects when it never will be. */
  #ready: Promise<void>;
  #making = new AbortController();
  #closing: Promise<void> | undefined;

  readonly onStatus = this.#statuses.event;
  readonly audit: Audit = this.#auditLog;
  /** Nobody on a stock cluster counts requests between pods. */
  readonly traffic: Traffic = { watch: () => toDisposable(() => {}) };
  readonly time = undefined;
  readonly kube: HttpOrigin;
  readonly web: Web;
  readonly scratch: Scratch;
  readonly files: Files;
  readonly terminals: Terminals;

  /** @param found a sandbox that is there already, after a restart of the service. */
  constructor(identity: SessionIdentity, maker: SandboxMaker, found?: Sandbox) {
    this.#identity = identity;
    this.#maker = maker;
    this.#status = { phase: 'starting', message: 'Preparing a cluster', steps: [], ...this.#expiry() };
    const workspace = (this.#workspace = new Workspace(() => this.#use().toolbox));
    this.kube = {
      fetch: async (request) => (await this.#whenReady(), this.#learner!.fetch(request)),
      connect: async (path, options) => (await this.#whenReady(), this.#learner!.connect(path, options)),
    };
    const web = new ServiceWeb(
      () => this.#use(),
      () => new AdminClient(this.#admin!),
    );
    this.web = { fetch: async (target, request) => (await this.#whenReady(), web.fetch(target, request)) };
    const scratch = new ToolboxScratch(() => this.#use());
    this.scratch = {
      run: async (script, options) => (await this.#whenReady(), scratch.run(script, options)),
    };
    this.files = {
      list: async () => (await this.#whenReady(), workspace.list()),
      read: async (path) => (await this.#whenReady(), workspace.read(path)),
      write: async (path, contents) => (await this.#whenReady(), workspace.write(path, contents)),
      remove: async (path) => (await this.#whenReady(), workspace.remove(path)),
      watch: workspace.watch,
    };
    this.terminals = {
      open: async (options) => (await this.#whenReady(), this.#openTerminal(options)),
      list: async () => [...this.#terminals.keys()],
    };
    this.#ready = found ? this.#adopt(found) : this.#make();
    // Whoever asks for something hears of a failure there; the status tells everybody else.
    this.#ready.catch(() => {});
  }

  get identity(): SessionIdentity {
    return this.#identity;
  }

  get status(): SessionStatus {
    return this.#status;
  }

  /** Resolves when the session is ready; rejects when it could not be made. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  reset(): Promise<void> {
    return this.begin(this.identity.start);
  }

  /**
   * A reset to the start of another exercise, which is this session's from now on. Not for sessions that a
   * service may have to find again: the labels on the engine keep the first.
   */
  async begin(start: ExerciseStart): Promise<void> {
    await this.#whenReady();
    const sameCluster = clusterOf(start) === clusterOf(this.identity.start);
    this.#identity = { ...this.identity, start };
    this.#setStatus({ phase: 'resetting', message: 'Tidying up the cluster', steps: [], ...this.#expiry() });
    this.#ready = (async () => {
      const sandbox = this.#use();
      this.#release();
      const renewed =
        sameCluster &&
        (await this.#maker
          .renew(this.identity, sandbox, this.#making.signal, this.#tellSteps())
          .catch(() => undefined));
      if (renewed) return this.#adopt(renewed);
      if (this.#closing) return;
      await this.#maker.remove(this.identity.id);
      await this.#make();
    })();
    this.#ready.catch(() => {});
    await this.#ready;
  }

  /** Removes cluster, toolbox and network. */
  close(): Promise<void> {
    return this.end('The session was closed.');
  }

  /** `close` with the reason that connected pages are told. */
  end(message: string): Promise<void> {
    return (this.#closing ??= (async () => {
      this.#making.abort(new Error(message));
      this.#setStatus({ phase: 'closed', message });
      await this.#ready.catch(() => {});
      this.#release();
      this.#statuses.dispose();
      await this.#maker.remove(this.identity.id);
    })());
  }

  /** Lets go of the sandbox and leaves it running, for the service's next start. */
  leave(): void {
    this.#making.abort(new Error('The sandbox service is stopping.'));
    this.#release();
  }

  async #make(): Promise<void> {
    const steps: string[] = [];
    try {
      const sandbox = await this.#maker.make(this.identity, this.#making.signal, this.#tellSteps(steps));
      await this.#adopt(sandbox);
    } catch (error) {
      if (this.#closing) throw error;
      const why = error instanceof Error ? error.message : String(error);
      this.#setStatus({ phase: 'failed', message: failureMessage(steps.at(-1), why), steps });
      // The engine may be what failed: then the next sweep removes what is left.
      await this.#maker.remove(this.identity.id).catch(() => {});
      throw new Error(this.#status.message);
    }
  }

  /** Puts each step into the status, and into `steps`. */
  #tellSteps(steps: string[] = []): (step: string) => void {
    const { phase } = this.#status;
    return (step) => {
      steps.push(step);
      this.#setStatus({ phase, message: step, steps: [...steps], ...this.#expiry() });
    };
  }

  async #adopt(sandbox: Sandbox): Promise<void> {
    this.#sandbox = sandbox;
    this.#learner = new HttpsOrigin(sandbox.learner);
    this.#admin = new HttpsOrigin(sandbox.admin);
    this.#customResourceRights.follow(this.#admin);
    await this.#auditLog.follow(sandbox.controlPlane, sandbox.sinceMs);
    await this.#workspace.follow();
    this.#setStatus({ phase: 'ready', message: 'Your cluster is ready', ...this.#expiry() });
  }

  #release(): void {
    this.#auditLog.dispose();
    this.#customResourceRights.dispose();
    this.#workspace.dispose();
    this.#learner?.dispose();
    this.#admin?.dispose();
    for (const terminal of this.#terminals.values()) terminal.hangUp();
    this.#terminals.clear();
    this.#sandbox = undefined;
  }

  async #whenReady(): Promise<void> {
    await this.#ready;
    if (this.#closing) throw new Error(this.#status.message);
  }

  #use(): Sandbox {
    if (!this.#sandbox) throw new Error('The session is not ready.');
    return this.#sandbox;
  }

  async #openTerminal(options: { name: string; columns: number; rows: number }): Promise<TerminalConnection> {
    const { name, columns, rows } = options;
    const running = this.#terminals.get(name);
    if (running) {
      await running.resize(columns, rows);
      return running.connect();
    }
    if (this.#terminals.size >= MAX_TERMINALS) {
      throw new Error(`${MAX_TERMINALS} terminals are open. Close one of them first.`);
    }
    const terminal = await Terminal.open(this.#use().toolbox as Docker.Container, columns, rows);
    this.#terminals.set(name, terminal);
    terminal.onExit(() => {
      if (this.#terminals.get(name) === terminal) this.#terminals.delete(name);
    });
    return terminal.connect();
  }

  #expiry(): { expiresAtMs?: number } {
    return { expiresAtMs: this.identity.expiresAtMs };
  }

  #setStatus(status: SessionStatus): void {
    if (this.#closing && status.phase !== 'closed') return;
    this.#status = status;
    this.#statuses.fire(status);
  }
}

/** What of a start takes a cluster of its own. */
const clusterOf = ({ nodes, addons = [] }: ExerciseStart) => JSON.stringify([nodes, [...addons].sort()]);

/** More than a page shows tabs for. */
const MAX_TERMINALS = 16;

/** What happened, why, and what to try. */
function failureMessage(step: string | undefined, why: string): string {
  const during = step ? ` at “${step}”` : '';
  return `The cluster could not be made${during}: ${why}\nThe embedded cluster works without it. To try again, choose the real cluster once more.`;
}
