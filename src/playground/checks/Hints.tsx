import { useState } from 'preact/hooks';
import { InlineCode } from '../InlineCode.tsx';

/** Hints open one by one: each says a little more than the one before. */
export function Hints({ hints }: { hints: string[] }) {
  const [open, setOpen] = useState(0);
  if (hints.length === 0) return null;
  return (
    <div class="hints">
      <ol>
        {hints.slice(0, open).map((hint) => (
          <li key={hint}>
            <InlineCode text={hint} />
          </li>
        ))}
      </ol>
      {open < hints.length && (
        <button class="quiet" onClick={() => setOpen(open + 1)}>
          {open === 0 ? 'Show a hint' : 'Show another hint'} ({open + 1} of {hints.length})
        </button>
      )}
    </div>
  );
}
