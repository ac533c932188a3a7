/** GNU `sleep`, on the session's clock. */
import { defineCommand, quoted, UsageError } from '../command.ts';
import { parseDuration } from '../duration.ts';

export const program = defineCommand(
  {
    short: '',
    usage: "sleep NUMBER[SUFFIX]...\nPause for NUMBER seconds. SUFFIX may be 's', 'm', 'h' or 'd'.",
  },
  async (process, _options, operands) => {
    if (operands.length === 0) throw new UsageError('missing operand');
    let totalMs = 0;
    for (const text of operands) {
      const ms = parseDuration(text);
      if (ms === undefined) throw new UsageError(`invalid time interval ${quoted(text)}`);
      totalMs += ms;
    }
    if (totalMs === Infinity) await process.wait(new Promise<never>(() => undefined));
    await process.sleep(totalMs);
    return 0;
  },
);
