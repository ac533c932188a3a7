/**
 * How busy a revision has been: requests under way and requests begun, by the second, averaged over a window that ends
 * now (pkg/autoscaler/metrics, whose buckets are filled by scraping; here the activator counts as it happens).
 */

const SECOND_MS = 1000;
/** The longest window there is. */
const KEPT_SECONDS = 3600;

interface Bucket {
  /** Requests under way, times the ms that they were. */
  busyMs: number;
  begun: number;
}

export class ConcurrencyMetric {
  readonly #buckets = new Map<number, Bucket>();
  /** Since when there are data (epoch ms). */
  #firstMs: number | undefined;
  #atMs = 0;
  #inFlight = 0;

  /** Requests under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  begin(nowMs: number): void {
    this.#account(nowMs);
    this.#firstMs ??= nowMs;
    this.#inFlight++;
    this.#bucket(Math.floor(nowMs / SECOND_MS)).begun++;
  }

  end(nowMs: number): void {
    this.#account(nowMs);
    this.#inFlight--;
  }

  /** Averages over the last `windowMs`, or as long as there are data: concurrency, and requests a second. */
  average(windowMs: number, nowMs: number): { concurrency: number; rps: number } {
    this.#account(nowMs);
    if (this.#firstMs === undefined) return { concurrency: 0, rps: 0 };
    const from = Math.floor(nowMs / SECOND_MS) - Math.ceil(windowMs / SECOND_MS);
    // The present second is not over.
    const coveredMs = nowMs - Math.max(this.#firstMs, (from + 1) * SECOND_MS);
    const seconds = Math.max(1, coveredMs / SECOND_MS);
    let busyMs = 0;
    let begun = 0;
    for (const [second, bucket] of this.#buckets)
      if (second > from) {
        busyMs += bucket.busyMs;
        begun += bucket.begun;
      }
    return { concurrency: busyMs / SECOND_MS / seconds, rps: begun / seconds };
  }

  /** When the last request will have left a window of that length (epoch ms); undefined: it has. */
  quietAtMs(windowMs: number, nowMs: number): number | undefined {
    if (this.#inFlight > 0) return Infinity;
    let last = -Infinity;
    for (const second of this.#buckets.keys()) last = Math.max(last, second);
    const atMs = (last + Math.ceil(windowMs / SECOND_MS)) * SECOND_MS;
    return atMs > nowMs ? atMs : undefined;
  }

  #account(nowMs: number): void {
    if (this.#inFlight > 0)
      for (let fromMs = this.#atMs; fromMs < nowMs;) {
        const second = Math.floor(fromMs / SECOND_MS);
        const toMs = Math.min(nowMs, (second + 1) * SECOND_MS);
        this.#bucket(second).busyMs += (toMs - fromMs) * this.#inFlight;
        fromMs = toMs;
      }
    this.#atMs = nowMs;
  }

  #bucket(second: number): Bucket {
    let bucket = this.#buckets.get(second);
    if (!bucket) {
      this.#buckets.set(second, (bucket = { busyMs: 0, begun: 0 }));
      for (const old of this.#buckets.keys()) if (old < second - KEPT_SECONDS) this.#buckets.delete(old);
    }
    return bucket;
  }
}
