/** Something that holds a resource until `dispose` is called. Calling it twice does nothing more. */
export interface Disposable {
  dispose(): void;
}

/** Wraps `release` so that it runs at most once. */
export function toDisposable(release: () => void): Disposable {
  let released = false;
  return {
    dispose() {
      if (released) return;
      released = true;
      release();
    },
  };
}

/** Owns other disposables and releases them in reverse order of arrival. */
export class DisposableStore implements Disposable {
  #members = new Set<Disposable>();
  #disposed = false;

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Takes ownership of `member`; a store that is already disposed disposes it at once. */
  add<T extends Disposable>(member: T): T {
    if (this.#disposed) member.dispose();
    else this.#members.add(member);
    return member;
  }

  /** Gives up ownership of `member` without disposing it. */
  release(member: Disposable): void {
    this.#members.delete(member);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const member of [...this.#members].reverse()) member.dispose();
    this.#members.clear();
  }
}
