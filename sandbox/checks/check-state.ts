/** What the page shows of a check. The engine (`check-engine.ts`) produces it; nothing here computes. */
export interface CheckState {
  /** Position in `exercise.yaml`, from 0. */
  index: number;
  /** The sentence the learner reads. */
  name: string;
  /** `passed` stays until Reset. */
  state: 'waiting' | 'passed' | 'failed';
  /** What holds at this moment; differs from `state` when a passed check no longer holds. */
  holds: boolean | undefined;
  /** What the check saw when last evaluated, in the author's words (`saw:`), or why it could not be evaluated. */
  saw: string | undefined;
  /** The author's message for a recognised wrong answer (`wrong:`), if one matches. */
  message: string | undefined;
  /** Seconds for which the condition has to hold, and for how long it has so far. */
  holding: { seconds: number; ofSeconds: number } | undefined;
}
