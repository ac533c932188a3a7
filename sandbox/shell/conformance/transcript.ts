/**
 * Files of shell snippets with what bash printed. Blocks are separated by a line `====`; a block is the
 * snippet, a line `----`, its output, then `--- stderr` with what went there and `--- exit N` where it is
 * not 0.
 */
export interface Snippet {
  source: string;
  expected: Result;
}

export interface Result {
  stdout: string;
  stderr: string;
  exitCode: number;
}

export function parseTranscript(text: string): Snippet[] {
  return text
    .replace(/\n$/, '')
    .split('\n====\n')
    .map((block) => {
      const [, source = '', rest = ''] = /^([\s\S]*?)\n----(?:\n([\s\S]*))?$/.exec(block) ?? [];
      const exit = /(?:^|\n)--- exit (\d+)$/.exec(rest);
      const body = exit ? rest.slice(0, exit.index) : rest;
      const at = body.search(/(?:^|\n)--- stderr\n/);
      const stdout = at < 0 ? body : body.slice(0, at);
      const stderr = at < 0 ? '' : body.slice(at).replace(/^\n?--- stderr\n/, '');
      return { source, expected: { stdout, stderr, exitCode: Number(exit?.[1] ?? 0) } };
    });
}

export function writeTranscript(snippets: readonly Snippet[]): string {
  const block = ({ source, expected: { stdout, stderr, exitCode } }: Snippet) =>
    `${source}\n----${stdout === '' ? '' : `\n${stdout}`}${stderr === '' ? '' : `\n--- stderr\n${stderr}`}${exitCode === 0 ? '' : `\n--- exit ${exitCode}`}`;
  return `${snippets.map(block).join('\n====\n')}\n`;
}

/** What differs from run to run: process ids, and how long a command took; and the newline at the end, which a block cannot show. */
export function normalise(result: Result): Result {
  const clean = (text: string) =>
    text
      .replace(/\n$/, '')
      .replace(/line (\d+): +\d+ (Killed|Terminated|Hangup)/g, 'line $1: PID $2')
      .replace(/^(real|user|sys) 0\.\d\d$/gm, '$1 0.00')
      .replaceAll('\u001b', '\\e')
      .replace(/\/usr\/bin\/(?=(bash|ls|echo)\b)/g, '/usr/bin/');
  return { stdout: clean(result.stdout), stderr: clean(result.stderr), exitCode: result.exitCode };
}

const EPOCH_SECONDS = 1_790_000_000;

/** The environment of a snippet, the same for bash and for us; `name` is that of its file. */
export function environmentOf(name: string): Record<string, string> {
  const environment = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: '/root',
    LC_ALL: name === 'tools.txt' || name === 'utilities.txt' ? 'C' : 'C.UTF-8',
    TZ: 'UTC',
  };
  if (!name.startsWith('git')) return environment;
  // Who commits and when: what ids are made of.
  const date = `@${EPOCH_SECONDS} +0000`;
  return {
    ...environment,
    HOME: '/tmp/conformance',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'init.defaultBranch',
    GIT_CONFIG_VALUE_0: 'main',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@slipway.test',
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@slipway.test',
    GIT_COMMITTER_DATE: date,
  };
}
