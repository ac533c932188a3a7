/**
 * GNU `patch` for unified diffs: -p, -R, -i, -o, --dry-run; hunks are found where they stand now, and with up
 * to two lines of context less at their ends (fuzz). Left out: context and normal diffs, ed scripts, renames.
 */
import { decode, encode, EMPTY } from '../../../core/bytes.ts';
import { readWholeText } from '../../../os/open.ts';
import { CommandError, defineCommand, errnoMessage } from '../command.ts';
import { kindOf } from '../destination.ts';
import { applyHunks, parsePatch, type FilePatch } from './hunks.ts';
import type { Process } from '../../../os/process.ts';

export const program = defineCommand(
  {
    short: 'bd:Efi:lNo:p:RsutV',
    long: {
      backup: 'b',
      directory: 'd',
      'dry-run': 'dry',
      force: 'f',
      input: 'i',
      forward: 'N',
      output: 'o',
      strip: 'p',
      reverse: 'R',
      quiet: 's',
      silent: 's',
      unified: 'u',
    },
    usage:
      'patch [OPTION]... [ORIGFILE [PATCHFILE]]\n\n  -p NUM  --strip=NUM      Strip NUM leading components from file names.\n  -i PATCHFILE             Read patch from PATCHFILE instead of stdin.\n  -d DIR  --directory=DIR  Change the working directory to DIR first.\n  -R  --reverse            Assume patches were created with old and new files swapped.\n  -b  --backup             Back up the original contents of each file.\n  -o FILE  --output=FILE   Output patched files to FILE.\n  -s  --quiet              Work silently unless an error occurs.\n      --dry-run            Do not actually change any files.',
    usageExitCode: 2,
  },
  async (process, options, operands) => {
    const directory = options.get('d');
    const input = options.get('i') ?? operands[1];
    let text: string;
    try {
      text =
        input === undefined || input === '-' ? await process.readAll(0) : await readWholeText(process, input);
    } catch (error) {
      throw new CommandError(`**** Can't open patch file ${input} : ${errnoMessage(error)}`, 2);
    }
    const patches = parsePatch(text);
    if (text === '') return 0;
    if (patches.length === 0) throw new CommandError('**** Only garbage was found in the patch input.', 2);
    let status = 0;
    for (const patch of patches) {
      const name = operands[0] ?? fileOf(process, patch, options.get('p'), directory);
      if (name === undefined) {
        await process.print(
          `can't find file to patch at input line ${patch.line}\nPerhaps you used the wrong -p or --strip option?\n`,
        );
        status = 1;
        continue;
      }
      const place = process.resolve(directory === undefined ? name : `${directory}/${name}`);
      const files = process.fileSystem;
      const exists = kindOf(files, place) === 'file';
      const before = decode(exists ? files.readFile(place) : EMPTY);
      const dry = options.has('dry');
      if (!options.has('s')) await process.print(`${dry ? 'checking' : 'patching'} file ${name}\n`);
      const { lines, reports, failed } = applyHunks(before.split('\n'), patch.hunks, options.has('R'));
      if (!options.has('s') || failed > 0) for (const report of reports) await process.print(`${report}\n`);
      if (failed > 0) {
        status = 1;
        await process.print(
          `${failed} out of ${patch.hunks.length} hunk${patch.hunks.length === 1 ? '' : 's'} FAILED${dry ? '' : ` -- saving rejects to file ${name}.rej`}\n`,
        );
        if (!dry) files.writeFile(`${place}.rej`, encode(patch.text));
      }
      if (dry) continue;
      if (exists && (options.has('b') || reports.length > 0))
        files.writeFile(`${place}.orig`, encode(before));
      const target = options.get('o');
      const removed = (options.has('R') ? patch.from : patch.to) === '/dev/null' && failed === 0;
      if (removed && target === undefined && lines.join('') === '') files.unlink(place);
      else {
        if (!exists) files.mkdir(place.slice(0, place.lastIndexOf('/')) || '/', { recursive: true });
        files.writeFile(target === undefined ? place : process.resolve(target), encode(lines.join('\n')));
      }
    }
    return status;
  },
);

/** The file that a patch means: the old or new name, components stripped, whichever is there. */
function fileOf(
  process: Process,
  patch: FilePatch,
  strip: string | undefined,
  directory: string | undefined,
): string | undefined {
  const names = [patch.from, patch.to]
    .filter((name) => name !== '/dev/null')
    .map((name) =>
      strip === undefined ? name.split('/').at(-1)! : name.split('/').slice(Number(strip)).join('/'),
    );
  const there = names.find(
    (name) =>
      kindOf(process.fileSystem, process.resolve(directory === undefined ? name : `${directory}/${name}`)) ===
      'file',
  );
  return there ?? (patch.hunks[0]?.oldStart === 0 || patch.from === '/dev/null' ? names.at(-1) : undefined);
}
