import { useSignal } from '@preact/signals';
import type { Lesson } from '../../lesson.ts';
import { runtimeNamed, type RuntimeName } from '../runtimes.ts';
import type { LessonSession } from '../session.ts';

const LABELS: Record<RuntimeName, string> = { embedded: 'Embedded', kind: 'Real cluster' };

/** Embedded or real: asks first whether a real cluster can be had, and says why not where it cannot. */
export function RuntimeSwitch({ lesson, session }: { lesson: Lesson; session: LessonSession }) {
  const refusal = useSignal<string | undefined>(undefined);
  const asking = useSignal(false);
  const current = session.runtimeName.value;

  const choose = async (name: RuntimeName) => {
    if (name === current || asking.value) return;
    refusal.value = undefined;
    if (name === 'embedded') return session.use(name);
    if (!lesson.runtimes.includes(name)) {
      refusal.value = 'This exercise has not been proved on a real cluster yet.';
      return;
    }
    asking.value = true;
    try {
      const answer = await (await runtimeNamed(name)).available();
      if (answer.available) await session.use(name);
      else refusal.value = answer.reason;
    } catch (error) {
      refusal.value = error instanceof Error ? error.message : String(error);
    } finally {
      asking.value = false;
    }
  };

  return (
    <div class="runtime-switch">
      <div role="radiogroup" aria-label="Cluster runs">
        {(['embedded', 'kind'] as const).map((name) => (
          <label key={name} data-checked={name === current}>
            <input
              type="radio"
              name="runtime"
              value={name}
              checked={name === current}
              disabled={asking.value}
              onChange={(event) => {
                // The choice shows when it is made, not when it is asked for.
                event.currentTarget.checked = name === current;
                void choose(name);
              }}
            />
            {LABELS[name]}
          </label>
        ))}
      </div>
      {refusal.value && (
        <div class="refusal" role="alert">
          <p>{refusal.value}</p>
          <button class="quiet" onClick={() => (refusal.value = undefined)}>
            Stay on the embedded cluster
          </button>
        </div>
      )}
    </div>
  );
}
