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

/** What differs from run to run: process ids; and the newline at the end, which a block cannot show. */
export function normalise(result: Result): Result {
  const clean = (text: string) =>
    text
      .replace(/\n$/, '')
      .replace(/line (\d+): +\d+ (Killed|Terminated|Hangup)/g, 'line $1: PID $2')
      .replaceAll('\u001b', '\\e')
      .replace(/\/usr\/bin\/(?=(bash|ls|echo)\b)/g, '/usr/bin/');
  return { stdout: clean(result.stdout), stderr: clean(result.stderr), exitCode: result.exitCode };
}
