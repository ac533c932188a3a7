/** The way for other panels to type a command into the first terminal. */
export class ShellHandle {
  #run: ((line: string) => void) | undefined;
  #markOpened: (() => void) | undefined;
  /** Resolves when a shell answers for the first time: what can wait (the editor) loads after it. */
  readonly firstOpened = new Promise<void>((resolve) => (this.#markOpened = resolve));

  use(run: (line: string) => void): void {
    this.#run = run;
  }

  opened(): void {
    this.#markOpened?.();
  }

  run(line: string): void {
    this.#run?.(line);
  }
}
