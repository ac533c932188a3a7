import type { Session } from '../runtime.ts';
import { claim, equal } from './claim.ts';
import type { ContractCase } from './contract.ts';
import { TerminalDriver } from './terminal-driver.ts';

const secondsNow = async (terminal: TerminalDriver) => Number((await terminal.run('date +%s')).output);

export const timeCases: ContractCase[] = [
  {
    name: 'time: a session has its own, which stands, jumps and goes on, or says that it has none',
    async run(session: Session) {
      equal(
        session.time !== undefined,
        session.status.time !== undefined,
        'time is there if the status tells it',
      );
      if (!session.time) return;
      const terminal = await TerminalDriver.open(session);
      await session.time.setRate(0);
      equal(session.status.time?.rate, 0, 'the rate that the status tells');
      const before = await secondsNow(terminal);
      await session.time.advance(3_600_000);
      const after = await secondsNow(terminal);
      equal(
        after - before,
        3600,
        'seconds that passed for the shell while time stood and was moved by an hour',
      );
      claim(session.status.time!.nowMs >= after * 1000, `the status reads ${session.status.time?.nowMs}`);
      await session.time.setRate(1);
      equal((await terminal.run('sleep 0.1; echo awake')).output, 'awake\n', 'a sleep once time goes on');
    },
  },
];
