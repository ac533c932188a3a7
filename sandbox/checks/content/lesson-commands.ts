/**
 * The commands of a lesson: every `sh` block of its prose has a button on the page that runs the whole block in
 * the learner's terminal. Behind `sh` an author may mark what is to be expected of it.
 */
import type { AuthorProblem } from './author-problem.ts';
import { FENCED } from './prose.ts';

export interface LessonCommand {
  /** One or more lines, run as one. */
  text: string;
  /** Of its first line in the file, from 1. */
  line: number;
  /** `exits=N`: the exit code that it is to end with. Default: 0, and nothing in it fails on the way. */
  exits: number | undefined;
  /** `shows="…"`: a part of what it is to print. */
  shows: string | undefined;
  /** `until-ctrl-c`: it runs until it is told to stop. */
  untilCtrlC: boolean;
  /** It stands below **Your turn.**: the learner has done the work by then, or is doing it. */
  onceSolved: boolean;
}

const YOUR_TURN = /^\*\*Your turn\.\*\*/m;
/** What stands behind the fence, split at spaces, but not inside quotes. */
const MARKS = /(?:[^\s"]|"[^"]*")+/g;

/** In order. `problems` are marks that nobody knows. */
export function lessonCommands(
  markdown: string,
  file = 'lesson.mdx',
): { commands: LessonCommand[]; problems: AuthorProblem[] } {
  const problems: AuthorProblem[] = [];
  const yourTurn = YOUR_TURN.exec(markdown)?.index ?? Infinity;
  const commands: LessonCommand[] = [];
  for (const block of markdown.matchAll(FENCED)) {
    const { info, code } = block.groups as { info: string; code: string };
    const [language, ...marks] = info.match(MARKS) ?? [];
    if (language !== 'sh') continue;
    const fenceLine = markdown.slice(0, block.index).split('\n').length;
    const command: LessonCommand = {
      text: code.trim(),
      line: fenceLine + 1,
      exits: undefined,
      shows: undefined,
      untilCtrlC: false,
      onceSolved: block.index > yourTurn,
    };
    for (const mark of marks) {
      const [, key, value = ''] = /^([^=]+)(?:="?([^"]+)"?)?$/.exec(mark) ?? [];
      if (key === 'exits' && /^\d+$/.test(value)) command.exits = Number(value);
      else if (key === 'shows' && value !== '') command.shows = value;
      else if (mark === 'until-ctrl-c') command.untilCtrlC = true;
      else {
        const expected = 'exits=N, shows="…" or until-ctrl-c';
        problems.push({ file, line: fenceLine, key: '(command)', expected, received: mark });
      }
    }
    commands.push(command);
  }
  return { commands, problems };
}
