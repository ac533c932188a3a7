/** Commits as `git log` and `git show` write them: medium, oneline, short, full, fuller, and `--format=…`. */
import type { Git } from './command.ts';
import type { HistoryEntry } from './history.ts';
import type { ObjectId } from './objects.ts';
import { peel, abbreviate } from './revision.ts';
import { subjectOf } from './subject.ts';
import { dateText, type Signature } from './signature.ts';
import { Fatal } from './problems.ts';
import type { Repository } from './repository.ts';

export interface LogFormat {
  /** A name of git's, or `format:…`/`tformat:…`. */
  name: string;
  /** --abbrev-commit. */
  short: boolean;
  date: string;
  /** Names of refs behind ids: no, as git prints them on a terminal, or always. */
  decorations: ReadonlyMap<ObjectId, string[]> | undefined;
}

/** Refs by the commit they point at: `HEAD -> main`, `tag: v1`, `origin/main`. */
export async function decorations(repository: Repository): Promise<Map<ObjectId, string[]>> {
  const { refs } = repository;
  const names = new Map<ObjectId, string[]>();
  const add = async (id: ObjectId, name: string) => {
    const commit = await peel(repository, id, 'commit');
    if (commit !== undefined) names.set(commit, [...(names.get(commit) ?? []), name]);
  };
  const { branch, head } = { branch: refs.branch, head: repository.head };
  if (head !== undefined) await add(head, branch === undefined ? 'HEAD' : `HEAD -> ${branch}`);
  for (const [name, id] of refs.list('refs/tags/').reverse()) await add(id, `tag: ${name}`);
  for (const [name, id] of refs.list('refs/remotes/').reverse()) await add(id, name);
  for (const [name, id] of refs.list('refs/heads/').reverse()) if (name !== branch) await add(id, name);
  const stash = refs.id('refs/stash');
  if (stash !== undefined) await add(stash, 'refs/stash');
  return names;
}

function decorationText(git: Git, names: readonly string[] | undefined): string {
  if (!names || names.length === 0) return '';
  const painted = names.map((name) => {
    const head = /^HEAD -> (.*)$/.exec(name);
    if (head) return git.paint('cyan', `HEAD -> `) + git.paint('green', head[1]!);
    if (name === 'HEAD') return git.paint('cyan', name);
    if (name.startsWith('tag: ')) return git.paint('commit', name);
    return git.paint(git.repository.refs.id(`refs/remotes/${name}`) === undefined ? 'green' : 'red', name);
  });
  return git.paint('commit', ' (') + painted.join(git.paint('commit', ', ')) + git.paint('commit', ')');
}

export function commitText(git: Git, entry: HistoryEntry, format: LogFormat): string {
  const { repository } = git;
  const id = format.short ? abbreviate(repository, entry.id) : entry.id;
  const names = decorationText(git, format.decorations?.get(entry.id));
  const custom = /^(t?format):([\s\S]*)$/.exec(format.name);
  if (custom) return `${expand(git, entry, custom[2]!, format)}\n`;
  if (format.name === 'oneline') return `${git.paint('commit', id)}${names} ${subjectOf(entry.message)}\n`;
  let out = `${git.paint('commit', `commit ${id}`)}${names}\n`;
  if (entry.parents.length > 1)
    out += `Merge: ${entry.parents.map((parent) => abbreviate(repository, parent)).join(' ')}\n`;
  const now = git.process.machine.clock.now();
  const who = ({ name, email }: Signature) => `${name} <${email}>`;
  const date = (signature: Signature) => dateText(signature, format.date, now);
  switch (format.name) {
    case 'short':
      return `${out}Author: ${who(entry.author)}\n\n    ${subjectOf(entry.message)}\n`;
    case 'medium':
      out += `Author: ${who(entry.author)}\nDate:   ${date(entry.author)}\n`;
      break;
    case 'full':
      out += `Author: ${who(entry.author)}\nCommit: ${who(entry.committer)}\n`;
      break;
    case 'fuller':
      out += `Author:     ${who(entry.author)}\nAuthorDate: ${date(entry.author)}\nCommit:     ${who(entry.committer)}\nCommitDate: ${date(entry.committer)}\n`;
      break;
    default:
      throw new Fatal(`invalid --pretty format: ${format.name}`);
  }
  const body = entry.message.replace(/\n+$/, '');
  return `${out}\n${body
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')}\n`;
}

const PAINTS: Readonly<Record<string, string>> = {
  red: '31',
  green: '32',
  yellow: '33',
  blue: '34',
  magenta: '35',
  cyan: '36',
  bold: '1',
  reset: '',
};

function expand(git: Git, entry: HistoryEntry, template: string, format: LogFormat): string {
  const { repository } = git;
  const now = git.process.machine.clock.now();
  const lines = entry.message.replace(/\n+$/, '').split('\n\n');
  const names = format.decorations?.get(entry.id)?.join(', ') ?? '';
  const short = (id: string) => abbreviate(repository, id);
  const person = (signature: Signature, letter: string): string | undefined =>
    ({
      n: signature.name,
      e: signature.email,
      d: dateText(signature, format.date, now),
      D: dateText(signature, 'rfc', now),
      r: dateText(signature, 'relative', now),
      i: dateText(signature, 'iso', now),
      I: dateText(signature, 'iso-strict', now),
      t: String(signature.seconds),
      s: dateText(signature, 'short', now),
    })[letter];
  return template.replace(
    /%(C\((?:[^)]*)\)|C(?:red|green|blue|reset)|x[0-9a-f]{2}|[ac][a-zA-Z]|[A-Za-z%])/g,
    (whole, code: string) => {
      if (code.startsWith('C')) {
        const colour = code.replace(/^C\(?|\)$/g, '').replace(/^auto,/, '');
        return git.hasTerminal && colour in PAINTS ? `\u001b[${PAINTS[colour]}m` : '';
      }
      if (code.startsWith('x')) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
      if (code.length === 2)
        return person(code[0] === 'a' ? entry.author : entry.committer, code[1]!) ?? whole;
      switch (code) {
        case 'H':
          return entry.id;
        case 'h':
          return short(entry.id);
        case 'T':
          return entry.tree;
        case 't':
          return short(entry.tree);
        case 'P':
          return entry.parents.join(' ');
        case 'p':
          return entry.parents.map(short).join(' ');
        case 's':
          return subjectOf(entry.message);
        case 'b':
          return lines.length > 1 ? `${lines.slice(1).join('\n\n')}\n` : '';
        case 'B':
          return entry.message;
        case 'd':
          return names === '' ? '' : ` (${names})`;
        case 'D':
          return names;
        case 'n':
          return '\n';
        case '%':
          return '%';
        default:
          return whole;
      }
    },
  );
}
