/** `docker ps` */
import type { ContainerSummary } from '../../../os/container-engine.ts';
import { flag } from '../kubectl/flags.ts';
import type { DockerCommand } from './command.ts';
import { formatRows } from './formatted.ts';
import { ago, humanPeriod, shortId, table } from './units.ts';

const COMMAND_WIDTH = 20;

export const command: DockerCommand = {
  use: '[OPTIONS]',
  short: 'List containers',
  args: [0, 0],
  flags: [
    flag('all,a', false, 'Show all containers (default shows just running)'),
    flag('format', '', 'Format output using a Go template'),
    flag('no-trunc', false, "Don't truncate output"),
    flag('quiet,q', false, 'Only display container IDs'),
  ],
  run: async ({ process, engine, flags }) => {
    const now = process.machine.clock.now();
    const full = flags.bool('no-trunc');
    const rows = engine.containers
      .list()
      .filter(({ state }) => flags.bool('all') || state === 'running' || state === 'paused')
      .map((container) => ({
        ID: full ? container.id : shortId(container.id),
        Image: container.image,
        Command: JSON.stringify(
          full || container.command.length <= COMMAND_WIDTH
            ? container.command
            : `${container.command.slice(0, COMMAND_WIDTH - 1)}…`,
        ),
        RunningFor: ago(container.createdMs, now),
        Status: statusOf(container, now),
        State: container.state,
        Ports: container.ports.join(', '),
        Names: container.name,
      }));
    if (flags.bool('quiet')) await process.print(rows.map(({ ID }) => `${ID}\n`).join(''));
    else if (flags.string('format')) await process.print(formatRows(flags.string('format'), rows));
    else
      await process.print(
        table([
          ['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAMES'],
          ...rows.map((row) => [
            row.ID,
            row.Image,
            row.Command,
            row.RunningFor,
            row.Status,
            row.Ports,
            row.Names,
          ]),
        ]),
      );
  },
};

function statusOf({ state, startedMs, finishedMs, exitCode }: ContainerSummary, nowMs: number): string {
  if (state === 'created') return 'Created';
  const up = `Up ${humanPeriod(nowMs - startedMs)}`;
  if (state === 'paused') return `${up} (Paused)`;
  return state === 'running' ? up : `Exited (${exitCode}) ${ago(finishedMs, nowMs)}`;
}
