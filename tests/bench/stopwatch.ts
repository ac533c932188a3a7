/** Wall time, CPU time, and the longest time for which this thread let nothing else run. */

/** The longest block of the thread so far, measured between two turns of its event loop. */
export class BlockWatch {
  #watching = true;
  #longestMs = 0;
  #longestCpuMs = 0;

  constructor() {
    let wall = performance.now();
    let cpu = threadCpuMs();
    const beat = () => {
      const now = performance.now();
      const cpuNow = threadCpuMs();
      this.#longestMs = Math.max(this.#longestMs, now - wall);
      this.#longestCpuMs = Math.max(this.#longestCpuMs, cpuNow - cpu);
      wall = now;
      cpu = cpuNow;
      if (this.#watching) setImmediate(beat);
    };
    setImmediate(beat);
  }

  /** The longest block since the last call, in milliseconds of wall time and of this thread's CPU. */
  take(): { wallMs: number; cpuMs: number } {
    const longest = { wallMs: this.#longestMs, cpuMs: this.#longestCpuMs };
    this.#longestMs = this.#longestCpuMs = 0;
    return longest;
  }

  stop(): void {
    this.#watching = false;
  }
}

/** How long `work` takes, and what CPU of this process: other threads, such as the garbage collector's, included. */
export async function timed(work: () => Promise<unknown>): Promise<{ wallMs: number; cpuMs: number }> {
  const wall = performance.now();
  const cpu = cpuMs();
  await work();
  return { wallMs: performance.now() - wall, cpuMs: cpuMs() - cpu };
}

export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
