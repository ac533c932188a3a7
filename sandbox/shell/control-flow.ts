/** How commands leave their surroundings. Plain objects: throwing one takes no stack trace. */

/** `break N`. */
export class Break {
  levels: number;
  constructor(levels: number) {
    this.levels = levels;
  }
}

/** `continue N`. */
export class Continue {
  levels: number;
  constructor(levels: number) {
    this.levels = levels;
  }
}

/** `return N`, out of a function or a sourced file. */
export class Return {
  exitCode: number;
  constructor(exitCode: number) {
    this.exitCode = exitCode;
  }
}

/** `exit N`, or `set -e`. */
export class ExitShell {
  exitCode: number;
  constructor(exitCode: number) {
    this.exitCode = exitCode;
  }
}

/**
 * An expansion that failed. An interactive shell gives up the command; another one exits, unless
 * `fatal` is false (then only the command fails).
 */
export class ExpansionError extends Error {
  readonly exitCode: number;
  readonly fatal: boolean;
  constructor(message: string, exitCode = 1, fatal = true) {
    super(message);
    this.exitCode = exitCode;
    this.fatal = fatal;
  }
}
