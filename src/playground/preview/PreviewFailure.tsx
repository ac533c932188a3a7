import type { ShellHandle } from '../terminal/shell-handle.ts';
import type { Failure } from './failure.ts';

interface Props {
  failure: Failure;
  shell: ShellHandle;
  onRetry(): void;
}

/** Instead of a page: what went wrong, and commands that tell more. */
export function PreviewFailure({ failure, shell, onRetry }: Props) {
  return (
    <div class="preview-failure" role="alert">
      <p class="preview-said">{failure.said}</p>
      <p>{failure.meaning}</p>
      <p>What to look at:</p>
      <ul>
        {failure.tries.map((command) => (
          <li key={command}>
            <code>{command}</code>
            <button
              class="quiet"
              aria-label={`Run in the terminal: ${command}`}
              onClick={() => shell.run(command)}
            >
              Run
            </button>
          </li>
        ))}
      </ul>
      <button class="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}
