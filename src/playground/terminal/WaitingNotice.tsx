import { useEffect, useState } from 'preact/hooks';

/** A program that ends by itself before that is not worth a word. */
const SOON_MS = 600;

interface Props {
  commands: readonly string[];
  /** Where they wait: its number among `of`. */
  terminal: number;
  of: number;
  /** The number of a terminal that is free; undefined: one has to be opened. */
  elsewhere: number | undefined;
  onElsewhere(): void;
  onHere(): void;
  onForget(): void;
}

/** A command that a button asked for waits for a program to end: what that means, and what else can be done. */
export function WaitingNotice({ commands, terminal, of, elsewhere, onElsewhere, onHere, onForget }: Props) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SOON_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  const [first, ...rest] = commands;
  return (
    <div class="banner" role="status">
      <p>
        {of === 1 ? 'The terminal' : `Terminal ${terminal}`} is busy with a program.{' '}
        <code>{brief(first!)}</code>
        {rest.length > 0 && ` (and ${rest.length} more)`} is run when it ends.
      </p>
      <div class="banner-actions">
        <button class="button" onClick={onElsewhere}>
          Run it in {elsewhere === undefined ? 'a new terminal' : `terminal ${elsewhere}`}
        </button>
        <button class="button" onClick={onHere}>
          Type it into the program
        </button>
        <button class="button" onClick={onForget}>
          Don’t run it
        </button>
      </div>
    </div>
  );
}

/** Enough to know it by. */
function brief(command: string): string {
  const line = command.split('\n', 1)[0]!;
  return line.length > 40 || line !== command ? `${line.slice(0, 39)}…` : line;
}
