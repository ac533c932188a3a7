/** The container engine: whether it answers, and why not in words for people. */
import Docker from 'dockerode';

/** Connects as the `docker` command does: `DOCKER_HOST`, or the local socket. */
export function connectEngine(): Docker {
  return new Docker();
}

/** A sentence that says why the engine cannot be used, or undefined when it can. */
export async function engineTrouble(engine: Docker): Promise<string | undefined> {
  try {
    await engine.ping();
    return undefined;
  } catch (error) {
    return describe(error);
  }
}

function describe(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'No container engine is installed here. With Docker running, lessons can use a real cluster.';
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'ETIMEDOUT':
      return 'The container engine does not answer. Start Docker and try again.';
    case 'EACCES':
      return 'The sandbox service may not use the container engine: its user needs access to Docker’s socket.';
    default:
      return `The container engine failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Whether an engine's answer means that the thing is not there (any more). */
export const isGone = (error: unknown): boolean => (error as { statusCode?: number }).statusCode === 404;
