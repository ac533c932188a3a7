/** How git fails: `fatal:` with 128, `error:` with 1, a usage error with 129. */

/** Ends the command with `fatal: message`. */
export class Fatal extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 128) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Ends the command with `error: message`. */
export class Failed extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Ends the command with the message alone, and 1. */
export class Said extends Error {}

/** Ends the command with `error: message` and, where git does so, its usage. */
export class UsageProblem extends Error {
  readonly showsUsage: boolean;
  /** The option that is not known, as it was given. */
  readonly option: string | undefined;
  constructor(message: string, showsUsage = true, option?: string) {
    super(message);
    this.showsUsage = showsUsage;
    this.option = option;
  }
}
