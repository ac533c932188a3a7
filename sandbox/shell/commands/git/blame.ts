/** `git blame`: who last changed each line. Lines are followed by diffs of one file; moves between files are left out. */
import { decode } from '../../../core/bytes.ts';
import { linesWithEnds } from '../diff/unified.ts';
import type { Git, GitCommand } from './command.ts';
import { splitOperands } from './diff.ts';
import type { ObjectId } from './objects.ts';
import { Pathspec } from './pathspec.ts';
import { lineEdits } from './patch-text.ts';
import { Fatal, UsageProblem } from './problems.ts';
import { commitOf } from './revision.ts';
import { dateText } from './signature.ts';
import { filesOf } from './tree-files.ts';
import { readWorktreeFile } from './worktree.ts';

export const blame: GitCommand = {
  usage: 'usage: git blame [<options>] [<rev-opts>] [<rev>] [--] <file>',
  options: ['L=', 's', 'e,show-email', 'l', 'date=', 'w'],
  run: async (git, options) => {
    const { repository } = git;
    const { revisions, paths } = await splitOperands(repository, options);
    if (paths.length !== 1) throw new UsageProblem('', true);
    const { path } = new Pathspec(repository, paths).items[0]!;
    const head = revisions[0] === undefined ? 'HEAD' : revisions[0];
    const id = await commitOf(repository, head);
    if (!(await filesOf(repository.objects, (await repository.objects.commit(id)).tree)).has(path))
      throw new Fatal(`no such path '${path}' in ${head}`);
    const current =
      revisions[0] === undefined
        ? decode(readWorktreeFile(repository, path)?.body ?? new Uint8Array(0))
        : await textAt(git, id, path);
    const lines = linesWithEnds(current);
    const owners = await ownersOf(git, id, path, lines);
    const range = /^(\d+)(?:,(\+?)(\d+))?$/.exec(options.get('L') ?? '');
    const from = range ? Number(range[1]) : 1;
    const to =
      range?.[3] === undefined
        ? lines.length
        : range[2] === '+'
          ? from + Number(range[3]) - 1
          : Number(range[3]);
    if (options.get('L') !== undefined && (!range || from > lines.length))
      throw new Fatal(`file ${path} has only ${lines.length} lines`);
    git.page();
    const now = git.process.machine.clock.now();
    const rows: { id: string; who: string; date: string; number: number; text: string }[] = [];
    for (let i = from - 1; i < Math.min(to, lines.length); i++) {
      const owner = owners[i];
      const commit = owner === undefined ? undefined : await repository.objects.commit(owner);
      const signature = commit?.author ?? {
        name: 'Not Committed Yet',
        email: 'not.committed.yet',
        seconds: Math.floor(now / 1000),
        zone: '+0000',
      };
      const digits = options.has('l') ? 40 : 8;
      const root = commit?.parents.length === 0;
      const shown =
        owner === undefined
          ? '0'.repeat(digits)
          : root
            ? `^${owner.slice(0, digits - 1)}`
            : owner.slice(0, digits);
      rows.push({
        id: shown,
        who: options.has('show-email') ? `<${signature.email}>` : signature.name,
        date: dateText(signature, options.get('date') ?? 'iso', now),
        number: i + 1,
        text: lines[i]!.replace(/\n$/, ''),
      });
    }
    const [width, digits] = [
      Math.max(0, ...rows.map(({ who }) => who.length)),
      String(rows.at(-1)?.number ?? 1).length,
    ];
    for (const row of rows)
      await git.print(
        options.has('s')
          ? `${row.id} ${String(row.number).padStart(digits)}) ${row.text}\n`
          : `${row.id} (${row.who.padEnd(width)} ${row.date} ${String(row.number).padStart(digits)}) ${row.text}\n`,
      );
  },
};

async function textAt(git: Git, id: ObjectId, path: string): Promise<string> {
  const { objects } = git.repository;
  const file = (await filesOf(objects, (await objects.commit(id)).tree)).get(path);
  return file ? decode(await objects.blob(file.id)) : '';
}

/** The commit that each line is from; undefined for one that is not committed. */
async function ownersOf(
  git: Git,
  start: ObjectId,
  path: string,
  lines: readonly string[],
): Promise<(ObjectId | undefined)[]> {
  const owners: (ObjectId | undefined)[] = lines.map(() => undefined);
  /** Lines of a commit's version that nobody has claimed: its index → the index in the result. */
  let open = new Map<ObjectId, Map<number, number>>();
  const pass = async (
    from: readonly string[],
    wanted: ReadonlyMap<number, number>,
    to: ObjectId,
  ): Promise<Map<number, number>> => {
    const target = linesWithEnds(await textAt(git, to, path));
    const edits = await lineEdits(git.process, target, [...from]);
    const kept = new Map<number, number>();
    const passed = new Map<number, number>();
    let shift = 0;
    let next = 0;
    for (let line = 0; line < from.length; line++) {
      while (next < edits.length && edits[next]!.b1 <= line) {
        shift += edits[next]!.a1 - edits[next]!.a0 - (edits[next]!.b1 - edits[next]!.b0);
        next++;
      }
      const place = wanted.get(line);
      if (place === undefined) continue;
      const edit = edits[next];
      if (edit && edit.b0 <= line && line < edit.b1) kept.set(line, place);
      else {
        const before = edit && edit.b0 === edit.b1 && edit.b0 <= line ? edit.a1 - edit.a0 : 0;
        passed.set(line + shift + before, place);
      }
    }
    open.set(to, new Map([...(open.get(to) ?? []), ...passed]));
    return kept;
  };
  await pass(lines, new Map(lines.map((_, i) => [i, i])), start);
  while (open.size > 0) {
    const [id, wanted] = [...open][0]!;
    open = new Map([...open].slice(1));
    const { parents } = await git.repository.objects.commit(id);
    const text = linesWithEnds(await textAt(git, id, path));
    let left: ReadonlyMap<number, number> = wanted;
    for (const parent of parents) left = await pass(text, left, parent);
    for (const place of left.values()) owners[place] = id;
  }
  return owners;
}
