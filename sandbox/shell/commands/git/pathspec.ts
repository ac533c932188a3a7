/** Paths that a command is given: files, folders with all they hold, globs whose `*` also matches slashes. */
import { Fatal } from './problems.ts';
import type { Repository } from './repository.ts';
import { isGlob, wildmatch } from './wildmatch.ts';

interface Item {
  given: string;
  /** From the top; `''` is all. */
  path: string;
  expression: RegExp | undefined;
  excludes: boolean;
  used: boolean;
}

export class Pathspec {
  readonly #items: Item[];

  /** Without `paths` everything matches. */
  constructor(repository: Repository, paths: readonly string[]) {
    this.#items = paths.map((given) => {
      const magic = /^:(?:\((top|exclude)\)|([/!^]))(.*)$/.exec(given);
      const name = magic ? magic[3]! : given;
      const fromTop = magic?.[1] === 'top' || magic?.[2] === '/';
      const absolute = fromTop
        ? joinTop(repository, name)
        : repository.process.resolve(name === '' ? '.' : name);
      const top = repository.top === '/' ? '' : repository.top;
      if (absolute !== repository.top && !absolute.startsWith(`${top}/`))
        throw new Fatal(`${given}: '${given}' is outside repository at '${repository.top}'`);
      const path = absolute.slice(top.length + 1);
      return {
        given,
        path,
        expression: isGlob(path) ? wildmatch(path, true) : undefined,
        excludes: magic?.[1] === 'exclude' || /[!^]/.test(magic?.[2] ?? ''),
        used: false,
      };
    });
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  matches(path: string): boolean {
    const included = this.#items.filter((item) => !item.excludes && fits(item, path));
    for (const item of included) item.used = true;
    const none = this.#items.every(({ excludes }) => excludes);
    return (none || included.length > 0) && !this.#items.some((item) => item.excludes && fits(item, path));
  }

  /** As `matches`, and for a folder: whether something in it could match. */
  mayMatchInside(folder: string): boolean {
    return (
      this.matches(folder) ||
      this.#items.some(
        (item) => !item.excludes && (item.expression !== undefined || item.path.startsWith(`${folder}/`)),
      )
    );
  }

  /** Those that nothing has matched so far, as they were given. */
  get unused(): string[] {
    return this.#items.filter(({ used, excludes }) => !used && !excludes).map(({ given }) => given);
  }

  /** Each with its path from the top. */
  get items(): readonly { given: string; path: string }[] {
    return this.#items;
  }
}

const joinTop = (repository: Repository, name: string): string =>
  name === '' ? repository.top : repository.absolute(name.replace(/\/$/, ''));

const fits = ({ path, expression }: Item, name: string): boolean =>
  path === '' || name === path || name.startsWith(`${path}/`) || (expression?.test(name) ?? false);
