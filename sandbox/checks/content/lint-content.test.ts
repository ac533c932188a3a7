import { describe, expect, it } from 'vitest';
import { AuthorFile, describeProblem } from './author-problem.ts';
import { lessonCommands } from './lesson-commands.ts';
import { deadLink, linksOf } from './links.ts';
import { wordsOf } from './prose.ts';
import { misspelt, openDictionary } from './spelling.ts';

describe('an author’s mistake', () => {
  const file = new AuthorFile('x.yaml', 'title: a\nchecks:\n  - name: one\n    pass: 3\n');
  it('is told with its line', () => {
    const problem = file.problem({ key: 'checks[0].pass', expected: 'a text', received: '3' });
    expect(describeProblem(problem)).toBe('x.yaml:4: checks[0].pass: expected a text, received 3');
  });
  it('of a key that is missing, with the line of its parent', () => {
    expect(file.lineOf('checks[0].saw')).toBe(3);
    expect(file.lineOf('hints')).toBe(1);
  });
  it('in the YAML itself', () => {
    expect(new AuthorFile('y.yaml', 'a: [1').problems[0]).toMatchObject({ file: 'y.yaml', expected: 'YAML' });
  });
});

it('reads prose, not code, markup or addresses', () => {
  const text =
    '---\ntitle: Tytle\n---\nA `kubectl` [link](../x/).\n\n```sh\nrm -rf\n```\n<b class="z">It’s</b>\n';
  expect(wordsOf(text)).toEqual([
    { text: 'A', line: 4 },
    { text: 'link', line: 4 },
    { text: 'It’s', line: 9 },
  ]);
});

describe('commands of a lesson', () => {
  const unmarked = { exits: undefined, shows: undefined, untilCtrlC: false, onceSolved: false };
  it('are its sh blocks, whole', () => {
    const text =
      'Look:\n\n```sh\nls a\ncat b\n```\n\n```yaml\na: 1\n```\n\n**Your turn.** Do it:\n\n```sh\nls\n```\n';
    expect(lessonCommands(text)).toEqual({
      commands: [
        { ...unmarked, text: 'ls a\ncat b', line: 4 },
        { ...unmarked, text: 'ls', line: 15, onceSolved: true },
      ],
      problems: [],
    });
  });
  it('have marks that say what is to be expected', () => {
    const text = '```sh exits=22 shows="a 404"\ncurl x\n```\n```sh until-ctrl-c\nkubectl get pods -w\n```\n';
    expect(lessonCommands(text).commands).toEqual([
      { ...unmarked, text: 'curl x', line: 2, exits: 22, shows: 'a 404' },
      { ...unmarked, text: 'kubectl get pods -w', line: 5, untilCtrlC: true },
    ]);
  });
  it.each(['exits', 'exits=no', 'shows', 'fails', 'until-ctrl-c=1'])('not the mark %s', (mark) => {
    expect(lessonCommands(`\n\`\`\`sh ${mark}\nls\n\`\`\`\n`, 'a.mdx').problems).toEqual([
      {
        file: 'a.mdx',
        line: 2,
        key: '(command)',
        expected: 'exits=N, shows="…" or until-ctrl-c',
        received: mark,
      },
    ]);
  });
});

/** A dictionary is unpacked in half a second, and in many times that where everybody wants the processor. */
const DICTIONARY_MS = 60_000;

it('finds words that no dictionary has', { timeout: DICTIONARY_MS }, async () => {
  const dictionary = await openDictionary('content/words.txt');
  const words = wordsOf('Behaviour of Kubernetes isn’t the pod’s behavior, nor the recieving URL.');
  expect(misspelt(words, dictionary).map(({ text }) => text)).toEqual(['behavior', 'recieving']);
});

describe('links', () => {
  const pages = {
    chapters: new Set(['apis']),
    exercises: new Set(['apis/watch']),
    slides: new Set(['13']),
  };
  const cases: { target: string; from?: string; want: string | undefined }[] = [
    { target: '#top', want: undefined },
    { target: 'https://kubernetes.io/', want: undefined },
    { target: './watch/', want: undefined },
    { target: '../../talk/13/', want: undefined },
    { target: '../apis/watch/', from: 'learn/automation/', want: undefined },
    { target: './watsh/', want: 'a page that exists' },
    { target: '../../talk/99/', want: 'a page that exists' },
    { target: './watch', want: 'a path that ends in /' },
    { target: '/learn/apis/', want: 'a relative path (the site may live below one)' },
  ];
  it.each(cases)('$target', ({ target, from = 'learn/apis/', want }) => {
    expect(deadLink(target, from, pages)).toBe(want);
  });
  it('are found with their lines, and not in code', () => {
    expect(linksOf('a [b](c/)\n```\n[d](e/)\n```\n<a href="f/">')).toEqual([
      { target: 'c/', line: 1 },
      { target: 'f/', line: 5 },
    ]);
  });
});
