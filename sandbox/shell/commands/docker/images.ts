/** `docker images`: a line for each name. */
import { flag } from '../kubectl/flags.ts';
import type { DockerCommand } from './command.ts';
import { formatRows } from './formatted.ts';
import { ago, humanSize, shortId, table } from './units.ts';

const NONE = '<none>';

export const command: DockerCommand = {
  use: '[OPTIONS] [REPOSITORY[:TAG]]',
  short: 'List images',
  args: [0, 1],
  flags: [
    flag('all,a', false, 'Show all images (default hides intermediate images)'),
    flag('digests', false, 'Show digests'),
    flag('format', '', 'Format output using a Go template'),
    flag('no-trunc', false, "Don't truncate output"),
    flag('quiet,q', false, 'Only show image IDs'),
  ],
  run: async ({ process, engine, flags, args: [wanted] }) => {
    const now = process.machine.clock.now();
    const [wantedName, wantedTag] = splitName(wanted ?? '');
    const rows = engine.images.list().flatMap((image) => {
      const names = image.tags.length > 0 ? image.tags : [`${NONE}:${NONE}`];
      return names.map((name) => {
        const [repository, tag = NONE] = splitName(name);
        const digest = image.digests.find((each) => each.startsWith(`${repository}@`))?.split('@')[1] ?? NONE;
        return {
          Repository: repository,
          Tag: tag,
          Digest: digest,
          ID: flags.bool('no-trunc') ? image.id : shortId(image.id),
          CreatedSince: ago(image.createdMs, now),
          CreatedAt: new Date(image.createdMs).toISOString(),
          Size: humanSize(image.sizeBytes),
        };
      });
    });
    const shown = rows.filter(
      ({ Repository, Tag }) =>
        (wanted === undefined || Repository === wantedName) && (wantedTag === undefined || Tag === wantedTag),
    );
    const format = flags.string('format');
    if (flags.bool('quiet')) {
      await process.print([...new Set(shown.map(({ ID }) => `${ID}\n`))].join(''));
      return;
    }
    if (format) {
      await process.print(formatRows(format, shown));
      return;
    }
    const digests = flags.bool('digests');
    await process.print(
      table([
        ['REPOSITORY', 'TAG', ...(digests ? ['DIGEST'] : []), 'IMAGE ID', 'CREATED', 'SIZE'],
        ...shown.map(({ Repository, Tag, Digest, ID, CreatedSince, Size }) => [
          Repository,
          Tag,
          ...(digests ? [Digest] : []),
          ID,
          CreatedSince,
          Size,
        ]),
      ]),
    );
  },
};

/** `localhost:5001/app:v1` → its two halves. */
function splitName(name: string): [repository: string, tag: string | undefined] {
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? [name.slice(0, colon), name.slice(colon + 1)] : [name, undefined];
}
