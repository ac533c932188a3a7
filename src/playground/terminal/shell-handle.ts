/** The way for other panels to run a command in the terminal that the learner used last. */
export class ShellHandle {
  #run: ((line: string, focus: boolean) => void) | undefined;
  #markOpened: (() => void) | undefined;
  /** Resolves when a shell answers for the first time: what can wait (the editor) loads after it. */
  readonly firstOpened = new Promise<void>((resolve) => (this.#markOpened = resolve));

  use(run: (line: string, focus: boolean) => void): void {
    this.#run = run;
  }

  opened(): void {
    this.#markOpened?.();
  }

  /** With `focus` the keyboard follows: what runs may ask, or has to be ended with Ctrl-C. */
  run(line: string, { focus = false } = {}): void {
    this.#run?.(line, focus);
  }
}
