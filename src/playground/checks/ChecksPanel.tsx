import { useState } from 'preact/hooks';
import type { CheckState } from '../../../sandbox/checks/check-state.ts';
import type { Lesson } from '../../lesson.ts';
import { InlineCode } from '../InlineCode.tsx';
import { CheckMark } from './CheckMark.tsx';
import { Hints } from './Hints.tsx';
import type { LessonChecks } from './lesson-checks.ts';

/** The checks, what they saw, the hints, and at the end the closing words with the way on. */
export function ChecksPanel({ lesson, checks }: { lesson: Lesson; checks: LessonChecks }) {
  const done = checks.done.value;
  const [folded, setFolded] = useState(false);
  return (
    <section
      class="panel checks-panel"
      aria-label="Checks"
      tabIndex={-1}
      data-done={done}
      data-folded={folded}
    >
      <header class="panel-bar">
        <h2>
          <button class="fold" aria-expanded={!folded} onClick={() => setFolded(!folded)}>
            Checks
          </button>
        </h2>
        <p class="tally">
          {checks.passed.value} of {lesson.checks.length}
        </p>
      </header>
      <div class="checks-body">
        <ol class="checks">
          {checks.states.value.map((check) => (
            <Check key={check.index} check={check} />
          ))}
        </ol>
        <p class="sr-only" role="status">
          {done
            ? 'All checks have passed.'
            : `${checks.passed.value} of ${lesson.checks.length} checks have passed.`}
        </p>
        {done ? (
          <div class="closing">
            {lesson.done
              .trim()
              .split(/\n\s*\n/)
              .map((paragraph) => (
                <p key={paragraph}>
                  <InlineCode text={paragraph} />
                </p>
              ))}
            <a class="button primary" href={lesson.next.href}>
              {lesson.next.title} <span aria-hidden="true">→</span>
            </a>
          </div>
        ) : (
          <Hints hints={lesson.hints} />
        )}
      </div>
    </section>
  );
}

const SPOKEN = { waiting: 'Not yet: ', passed: 'Passed: ', failed: 'Failed: ' } as const;

function Check({ check }: { check: CheckState }) {
  const { state, holding } = check;
  return (
    <li data-state={state}>
      <CheckMark state={state} progress={holding && holding.seconds / holding.ofSeconds} />
      <div>
        <p class="check-name">
          <span class="sr-only">{SPOKEN[state]}</span>
          <InlineCode text={check.name} />
        </p>
        <p class="check-saw">{sawLine(check)}</p>
        {check.message && state !== 'passed' && (
          <p class="check-message">
            <InlineCode text={check.message} />
          </p>
        )}
      </div>
    </li>
  );
}

/** Always one line at least, so that nothing moves when the first answer comes. */
function sawLine({ state, holds, saw, holding }: CheckState): string {
  if (state === 'passed')
    return holds === false ? `Passed, and no longer so${saw ? `: ${saw}` : ''}` : 'Passed';
  const parts = [saw ?? 'Not looked at yet'];
  if (holding) parts.push(`held for ${Math.floor(holding.seconds)} of ${holding.ofSeconds} s`);
  return parts.join(' · ');
}
