/** Says where a run of a transcript differs from what was recorded, known gaps aside. */
import { KNOWN_GAPS, type KnownGap } from './known-gaps.ts';
import type { Step, Transcript } from './transcript.ts';

const text = ({ output, exitCode }: Step) => `${output}${exitCode === 0 ? '' : `[exit ${exitCode}]\n`}`;

const inAnyOrder = ({ comments }: Step) => comments.some((line) => line.startsWith('#! in any order'));

const sortedLines = (output: string) => output.split('\n').sort().join('\n');

/** One message a difference; empty when the run is as recorded. Known gaps are those of `runner`, if there is one. */
export function differences(recorded: Transcript, run: Transcript, runner?: KnownGap['runner']): string[] {
  const out: string[] = [];
  recorded.steps.forEach((step, at) => {
    const want = text(step);
    const got = text(run.steps[at]!);
    const same = inAnyOrder(step) ? sortedLines(want) === sortedLines(got) : want === got;
    const gap = KNOWN_GAPS.find(
      (known) =>
        known.runner === runner && known.transcript === recorded.name && known.command === step.command,
    );
    if (gap && same) out.push(`$ ${step.command}\nThis known gap has closed; take it out: ${gap.reason}`);
    if (!gap && !same) out.push(`$ ${step.command}\n--- recorded\n${want}--- got\n${got}`);
  });
  return out;
}
