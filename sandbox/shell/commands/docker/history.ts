/** `docker history`: the steps of an image, the latest first. */
import { flag } from '../kubectl/flags.ts';
import type { DockerCommand } from './command.ts';
import { formatRows } from './formatted.ts';
import { ago, humanSize, shortId, table } from './units.ts';

const COMMAND_WIDTH = 45;

export const command: DockerCommand = {
  use: '[OPTIONS] IMAGE',
  short: 'Show the history of an image',
  args: [1, 1],
  flags: [
    flag('format', '', 'Format output using a Go template'),
    flag('human,H', true, 'Print sizes and dates in human readable format'),
    flag('no-trunc', false, "Don't truncate output"),
    flag('quiet,q', false, 'Only show image IDs'),
  ],
  run: async ({ process, engine, flags, args: [name] }) => {
    const now = process.machine.clock.now();
    const full = flags.bool('no-trunc');
    const rows = engine.images.history(name!).map(({ id, createdMs, createdBy, sizeBytes, comment }) => ({
      ID: id === undefined ? '<missing>' : full ? id : shortId(id),
      CreatedSince: ago(createdMs, now),
      CreatedAt: new Date(createdMs).toISOString(),
      CreatedBy:
        full || createdBy.length <= COMMAND_WIDTH ? createdBy : `${createdBy.slice(0, COMMAND_WIDTH - 1)}…`,
      Size: flags.bool('human') ? humanSize(sizeBytes) : String(sizeBytes),
      Comment: comment,
    }));
    if (flags.bool('quiet')) await process.print(rows.map(({ ID }) => `${ID}\n`).join(''));
    else if (flags.string('format')) await process.print(formatRows(flags.string('format'), rows));
    else
      await process.print(
        table([
          ['IMAGE', 'CREATED', 'CREATED BY', 'SIZE', 'COMMENT'],
          ...rows.map((row) => [row.ID, row.CreatedSince, row.CreatedBy, row.Size, row.Comment]),
        ]),
      );
  },
};
