/**
 * One tab owns an exercise's session. Web Locks say who, where the page is a secure context (the lock ends
 * with the tab, crash included); over plain HTTP a BroadcastChannel asks around instead. Either way a
 * newcomer can ask the owner to hand over: the owner stores everything first, then lets go.
 */
import { Emitter, type Event } from '../../core/emitter.ts';

/** How long nobody answering means that nobody is there (a BroadcastChannel answers within a few ms). */
const ASK_MS = 120;
/** How long an owner may take to store its session before it is overruled: it hangs or has crashed. */
const HAND_OVER_MS = 3000;

export interface Ownership {
  /** Another tab wants the session. Store it, close it, then call `release`. */
  readonly onAsked: Event<void>;
  release(): void;
}

type Message =
  | { kind: 'who'; from: string }
  | { kind: 'mine'; from: string }
  | { kind: 'hand over'; from: string }
  | { kind: 'released'; from: string };

/** Takes ownership of `name`, or returns undefined when another tab has it. */
export async function takeOwnership(name: string): Promise<Ownership | undefined> {
  if (!('locks' in navigator)) return broadcast(name);
  // Refused where the browser stores nothing, as in a frame of another site: then nobody else can be asked either.
  return lock(name, { ifAvailable: true }).catch(() => broadcast(name));
}

/** Asks the owner to hand over, waits for it, and takes ownership in any case. */
export async function takeOver(name: string): Promise<Ownership> {
  const channel = new BroadcastChannel(name);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, HAND_OVER_MS);
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.kind !== 'released') return;
      clearTimeout(timer);
      resolve();
    };
    channel.postMessage({ kind: 'hand over', from: '' } satisfies Message);
  });
  channel.close();
  if (!('locks' in navigator)) return own(name, () => {});
  return (await lock(name, { ifAvailable: true })) ?? (await lock(name, { steal: true }))!;
}

async function lock(name: string, options: LockOptions): Promise<Ownership | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, options, (held) => {
        if (!held) return resolve(undefined);
        return new Promise<void>((release) => resolve(own(name, release)));
      })
      // A lock that is stolen rejects here; its owner was asked before and did not answer.
      .catch(reject);
  });
}

async function broadcast(name: string): Promise<Ownership | undefined> {
  const me = crypto.getRandomValues(new Uint32Array(2)).join('-');
  const channel = new BroadcastChannel(name);
  const taken = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), ASK_MS);
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.kind !== 'mine' || data.from === me) return;
      clearTimeout(timer);
      resolve(true);
    };
    channel.postMessage({ kind: 'who', from: me } satisfies Message);
  });
  channel.close();
  return taken ? undefined : own(name, () => {});
}

function own(name: string, release: () => void): Ownership {
  const channel = new BroadcastChannel(name);
  const asked = new Emitter<void>();
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'who') channel.postMessage({ kind: 'mine', from: '' } satisfies Message);
    if (data.kind === 'hand over') asked.fire();
  };
  let released = false;
  return {
    onAsked: asked.event,
    release() {
      if (released) return;
      released = true;
      release();
      channel.postMessage({ kind: 'released', from: '' } satisfies Message);
      channel.close();
    },
  };
}
