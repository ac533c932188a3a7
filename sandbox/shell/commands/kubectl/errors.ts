/**
 * How kubectl tells what went wrong (`kubectl/pkg/cmd/util/helpers.go`, `checkErr`): every failure ends the
 * command with a message on standard error and an exit code.
 */
import { Errno } from '../../../os/errno.ts';
import { StatusError } from '../../../cluster/api/status.ts';

/** Ends the command: `message` is printed after `error: `, as kubectl does for errors of its own. */
export class CommandError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Wrong usage of `command` (`kubectl get`): the message is followed by where to find help. */
export class UsageError extends CommandError {
  constructor(command: string, message: string) {
    super(`${message}\nSee '${command} -h' for help and examples`);
  }
}

/** Told as it is, without `error: ` before it, as kubectl does with what its REST mapper says. */
export class VerbatimError extends CommandError {}

/** Ends the command with an exit code and no words (kubectl's ErrExit), or those already printed. */
export class SilentExit extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** Several failures of one command; each is told in a line of its own. */
export class ErrorList extends Error {
  readonly errors: readonly Error[];
  constructor(errors: readonly Error[]) {
    super(errors.length === 1 ? errors[0]!.message : `[${errors.map((error) => error.message).join(', ')}]`);
    this.errors = errors;
  }
}

/** Throws nothing for no errors, the error itself for one, an `ErrorList` for several. */
export function throwAll(errors: readonly Error[]): void {
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new ErrorList(errors);
}

/** The server cannot be reached, or answered with something that is no Status. */
export class ConnectionError extends Error {}

/**
 * An API failure that happened on the way to something, e.g. while retrieving an object from a file. Kept as
 * a StatusError so that its reason is still told.
 */
export function withContext(error: unknown, prefix: string): Error {
  if (!(error instanceof StatusError)) return new CommandError(prefix + (error as Error).message);
  const { reason, details, code } = error.status;
  return new StatusError(reason, prefix + error.message, details, code);
}

/** The text for standard error, without a newline at its end, and the exit code. */
export function describeError(error: unknown): { text: string; exitCode: number } {
  if (error instanceof SilentExit) return { text: '', exitCode: error.exitCode };
  if (error instanceof ErrorList) {
    const lines = new Set(error.errors.map(messageOf));
    return { text: [...lines].join('\n'), exitCode: 1 };
  }
  const exitCode = error instanceof CommandError ? error.exitCode : 1;
  return { text: messageOf(error), exitCode };
}

function messageOf(error: unknown): string {
  if (error instanceof StatusError) return statusMessage(error);
  if (error instanceof ConnectionError || error instanceof VerbatimError) return error.message;
  if (error instanceof Errno)
    return `error: ${error.subject ? `${error.subject}: ` : ''}${lowerFirst(error.message)}`;
  const message = error instanceof Error ? error.message : String(error);
  return message.startsWith('error: ') ? message : `error: ${message}`;
}

function statusMessage(error: StatusError): string {
  const { reason, message = '', details } = error.status;
  if (reason === 'Invalid') {
    let text = 'The request is invalid';
    if (!details) return message ? `${text}: ${message}` : text;
    const causes = [...new Set((details.causes ?? []).map((cause) => `${cause.field}: ${cause.message}`))];
    if (details.kind || details.name)
      text = `The ${details.kind ?? ''} ${JSON.stringify(details.name ?? '')} is invalid`;
    else if (message && causes.length === 0) text += `: ${message}`;
    if (causes.length === 0) return text;
    // One cause ends in a newline of its own, so that one with several lines is followed by an empty line.
    if (causes.length === 1) return `${text}: ${causes[0]}\n`;
    return `${text}: \n${causes.map((cause) => `* ${cause}`).join('\n')}`;
  }
  if (reason === 'Unauthorized') return `error: You must be logged in to the server (${message})`;
  return reason ? `Error from server (${reason}): ${message}` : `Error from server: ${message}`;
}

export const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
