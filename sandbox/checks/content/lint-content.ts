/**
 * What can be said about the content without running it: shape, completeness, length, links, spelling,
 * files that nothing uses.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExerciseInvalid } from '../author-mistake.ts';
import { compileExpressions } from '../check-expressions.ts';
import { readExerciseChecks } from '../exercise-checks.ts';
import { AuthorFile, type AuthorProblem } from './author-problem.ts';
import { filesBelow } from './exercise-folder.ts';
import { lessonCommands } from './lesson-commands.ts';
import { deadLink, linksOf, type Pages } from './links.ts';
import { wordsOf } from './prose.ts';
import { misspelt, type Dictionary } from './spelling.ts';

const HINTS = 3;
const MIN_WRONG = 2;
const LESSON_WORDS = [60, 320] as const;
const CHAPTER_WORDS = [450, 1300] as const;
/** Of a learner's time at most half is for reading, at 200 words a minute. */
const WORDS_A_MINUTE = 100;

const EXERCISE_FILES = /^(exercise\.yaml|lesson\.mdx|start\/.+|setup\/.+|solution\/.+|wrong\/[^/]+\/.+)$/;

export interface LintContext {
  pages: Pages;
  dictionary: Dictionary;
}

export async function lintExercise(root: string, id: string, context: LintContext): Promise<AuthorProblem[]> {
  const folder = join(root, id);
  const files = await filesBelow(folder);
  const text = files['exercise.yaml'] ?? '';
  const yaml = new AuthorFile(`${folder}/exercise.yaml`, text);
  if (yaml.problems.length > 0) return yaml.problems;
  const problems: AuthorProblem[] = [];
  const mistake = (key: string, expected: string, received: unknown) =>
    problems.push(yaml.problem({ key, expected, received: String(received) }));
  const { value } = yaml;

  try {
    compileExpressions(readExerciseChecks(value));
  } catch (error) {
    if (!(error instanceof ExerciseInvalid)) throw error;
    problems.push(...error.mistakes.map((each) => yaml.problem(each)));
  }

  const chapter = id.split('/')[0]!;
  if (value['chapter'] !== chapter) mistake('chapter', `the folder's name, ${chapter}`, value['chapter']);
  const slides = (value['slides'] ?? []) as unknown[];
  slides.forEach((slide, i) => {
    if (!context.pages.slides.has(String(slide)))
      mistake(`slides[${i}]`, 'a slide of content/slides.yaml', slide);
  });
  const hints = (value['hints'] ?? []) as unknown[];
  if (hints.length !== HINTS) mistake('hints', `${HINTS}: a question, a pointer, the key`, hints.length);
  for (const [i, each] of ((value['prerequisites'] ?? []) as string[]).entries()) {
    if (!context.pages.exercises.has(each)) mistake(`prerequisites[${i}]`, 'an exercise', each);
  }
  const wrong = new Set(Object.keys(files).flatMap((path) => /^wrong\/([^/]+)\//.exec(path)?.[1] ?? []));
  if (wrong.size < MIN_WRONG) mistake('checks', `at least ${MIN_WRONG} folders in wrong/`, wrong.size);
  for (const [path, message] of Object.entries(files)) {
    if (/^wrong\/[^/]+\/message\.txt$/.test(path) && !text.replace(/\s+/g, ' ').includes(message.trim()))
      problems.push({
        file: `${folder}/${path}`,
        line: 1,
        key: '(file)',
        expected: 'a part of a `say` in exercise.yaml',
        received: message.trim(),
      });
  }

  problems.push(...unusedFiles(folder, files));
  const lesson = files['lesson.mdx'];
  if (lesson === undefined) mistake('title', 'lesson.mdx beside exercise.yaml', 'no file');
  else {
    const file = `${folder}/lesson.mdx`;
    problems.push(...lintProse(file, lesson, `learn/${id}/`, LESSON_WORDS, context));
    problems.push(...lessonCommands(lesson, file).problems);
  }
  problems.push(...spelling(yaml, context.dictionary));

  const words = wordsOf([lesson ?? '', ...hints, value['done'] ?? ''].join('\n')).length;
  const minutes = Number(value['minutes']);
  if (!(minutes > 0)) mistake('minutes', 'a number of minutes', value['minutes']);
  else if (words > minutes * WORDS_A_MINUTE)
    mistake('minutes', `at least ${Math.ceil(words / WORDS_A_MINUTE)} for ${words} words to read`, minutes);
  return problems;
}

export async function lintChapter(
  path: string,
  slug: string,
  context: LintContext,
): Promise<AuthorProblem[]> {
  const isSketch = ![...context.pages.exercises].some((id) => id.startsWith(`${slug}/`));
  const limits = isSketch ? ([0, CHAPTER_WORDS[1]] as const) : CHAPTER_WORDS;
  const text = await readFile(path, 'utf8');
  const commands = lessonCommands(text, path).commands.map(({ text: received, line }) => {
    const expected = 'no sh block in a chapter, which has no terminal: write text, or bash';
    return { file: path, line, key: '(command)', expected, received };
  });
  return [...lintProse(path, text, `learn/${slug}/`, limits, context), ...commands];
}

function lintProse(
  file: string,
  text: string,
  page: string,
  [least, most]: readonly [number, number],
  { pages, dictionary }: LintContext,
): AuthorProblem[] {
  const words = wordsOf(text);
  const problems: AuthorProblem[] = [];
  if (words.length < least || words.length > most) {
    const expected = `${least} to ${most} words`;
    problems.push({ file, line: 1, key: '(prose)', expected, received: String(words.length) });
  }
  for (const { target, line } of linksOf(text)) {
    const expected = deadLink(target, page, pages);
    if (expected) problems.push({ file, line, key: '(link)', expected, received: target });
  }
  for (const { text: word, line } of misspelt(words, dictionary))
    problems.push(misspeltWord(file, line, word, dictionary));
  return problems;
}

/** Texts of `exercise.yaml` that a learner reads. */
function spelling(yaml: AuthorFile, dictionary: Dictionary): AuthorProblem[] {
  const { title, summary, hints, done, checks } = yaml.value as {
    title?: string;
    summary?: string;
    hints?: string[];
    done?: string;
    checks?: { name?: string; wrong?: { say?: string }[] }[];
  };
  const texts: [key: string, text: string | undefined][] = [
    ['title', title],
    ['summary', summary],
    ['done', done],
    ...(hints ?? []).map((hint, i) => [`hints[${i}]`, hint] as [string, string]),
    ...(checks ?? []).flatMap(({ name, wrong }, i) => [
      [`checks[${i}].name`, name] as [string, string | undefined],
      ...(wrong ?? []).map(({ say }, j) => [`checks[${i}].wrong[${j}].say`, say] as [string, string]),
    ]),
  ];
  return texts.flatMap(([key, read]) =>
    misspelt(wordsOf(String(read ?? '')), dictionary).map(({ text: word }) => ({
      ...misspeltWord(yaml.path, yaml.lineOf(key), word, dictionary),
      key,
    })),
  );
}

function misspeltWord(file: string, line: number, word: string, dictionary: Dictionary): AuthorProblem {
  const suggestions = dictionary.suggest(word);
  const expected = `a word of the dictionary or of content/words.txt${suggestions.length > 0 ? ` (${suggestions.join(', ')}?)` : ''}`;
  return { file, line, key: '(spelling)', expected, received: word };
}

/** Files that nothing opens, applies or mentions. */
function unusedFiles(folder: string, files: Record<string, string>): AuthorProblem[] {
  const unused = (path: string, expected: string): AuthorProblem => ({
    file: `${folder}/${path}`,
    line: 1,
    key: '(file)',
    expected,
    received: 'nothing of the kind',
  });
  const read = Object.entries(files)
    .filter(([path]) => !path.includes('/'))
    .map(([, text]) => text)
    .join('\n');
  return Object.entries(files).flatMap(([path, text]) => {
    if (!EXERCISE_FILES.test(path)) return [unused(path, 'a file that an exercise has')];
    const [part, ...rest] = path.split('/');
    if (part === 'setup' && !read.includes(path)) return [unused(path, `${path} in apply of exercise.yaml`)];
    if (part === 'start') {
      const name = rest.join('/');
      const others = Object.entries(files).filter(([other]) => other !== path && other.startsWith('start/'));
      const mentioned = [read, ...others.map(([, other]) => other)].some((each) =>
        each.includes(rest.at(-1)!),
      );
      return mentioned
        ? []
        : [unused(path, `a mention of ${name} in exercise.yaml, the lesson or a file of start/`)];
    }
    if (part !== 'solution' && part !== 'wrong') return [];
    const answer = part === 'solution' ? 'solution' : `wrong/${rest[0]}`;
    const name = path.slice(answer.length + 1);
    if (name === 'solve.sh' || (part === 'wrong' && name === 'message.txt')) return [];
    if (files[`start/${name}`] === text) return [unused(path, 'something else than in start/')];
    const solve = files[`${answer}/solve.sh`] ?? '';
    const inStart = files[`start/${name}`] !== undefined;
    return inStart || solve.includes(rest.at(-1)!) ? [] : [unused(path, `a mention in ${answer}/solve.sh`)];
  });
}
