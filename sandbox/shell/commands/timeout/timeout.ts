/** GNU `timeout`. */
import { exitCodeOf, SIGNALS, type Signal } from '../../../os/signals.ts';
import { defineCommand, quoted, UsageError } from '../command.ts';
import { parseDuration } from '../duration.ts';
import { startCommand } from '../run-command.ts';

export const program = defineCommand(
  {
    short: '+k:s:v',
    long: {
      foreground: 'foreground',
      'kill-after': 'k',
      'preserve-status': 'preserve',
      signal: 's',
      verbose: 'v',
    },
    usage:
      'timeout [OPTION] DURATION COMMAND [ARG]...\nStart COMMAND, and kill it if still running after DURATION.\n\n  -k, --kill-after=DURATION  also send a KILL signal if COMMAND is still running this long after\n  -s, --signal=SIGNAL        specify the signal to be sent on timeout\n      --preserve-status      exit with the same status as COMMAND, even when it times out',
    usageExitCode: 125,
  },
  async (process, options, operands) => {
    if (operands.length < 2) throw new UsageError('missing operand');
    const limitMs = parseDuration(operands[0]!);
    if (limitMs === undefined) throw new UsageError(`invalid time interval ${quoted(operands[0]!)}`);
    const wanted = (options.get('s') ?? 'TERM').toUpperCase().replace(/^SIG/, '');
    const signal = (Object.keys(SIGNALS) as Signal[]).find(
      (each) => each === wanted || String(SIGNALS[each]) === wanted,
    );
    if (!signal) throw new UsageError(`${quoted(options.get('s')!)}: invalid signal`);
    const started = await startCommand(process, operands.slice(1));
    if (typeof started === 'number') return started;
    let timedOut = false;
    const { clock } = process.machine;
    const timers: { dispose(): void }[] = [];
    const finite = limitMs > 0 && limitMs !== Infinity;
    if (finite) {
      timers.push(
        clock.setTimeout(() => {
          timedOut = true;
          started.signal(signal);
          started.signal('CONT');
          const killMs = parseDuration(options.get('k') ?? '');
          if (killMs !== undefined) timers.push(clock.setTimeout(() => started.signal('KILL'), killMs));
        }, limitMs),
      );
    }
    try {
      const exitCode = await process.wait(started.exited);
      if (!timedOut || options.has('preserve')) return exitCode;
      if (started.killedBy !== 'KILL') return 124;
      // It ends the way the command did, so that the shell says so.
      process.signal('KILL');
      process.checkSignals();
      return exitCodeOf('KILL');
    } finally {
      for (const timer of timers) timer.dispose();
    }
  },
);
