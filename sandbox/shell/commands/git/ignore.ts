/** gitignore(5): `.gitignore` of each folder, `.git/info/exclude` and `~/.config/git/ignore`; the last match counts. */
import { decode } from '../../../core/bytes.ts';
import { joinPath, parentOf } from '../../../os/path.ts';
import { kindOf } from '../destination.ts';
import type { Repository } from './repository.ts';
import { wildmatch } from './wildmatch.ts';

interface Rule {
  /** Against the path from the folder of the file that has the rule. */
  expression: RegExp;
  negated: boolean;
  directoryOnly: boolean;
  source: string;
  line: number;
  text: string;
}

export class Ignore {
  readonly #repository: Repository;
  readonly #rules = new Map<string, Rule[]>();
  readonly #everywhere: Rule[];
  readonly #looks: boolean;

  /** @param looks whether it reads the files at all; otherwise nothing is ignored */
  constructor(repository: Repository, looks = true) {
    this.#repository = repository;
    this.#looks = looks;
    const home = repository.process.environment['HOME'] ?? '/root';
    const excludes = repository.config.get('core.excludesfile') ?? `${home}/.config/git/ignore`;
    this.#everywhere = [
      ...this.#read(repository.process.resolve(excludes.replace(/^~(?=\/)/, home)), excludes),
      ...this.#read(joinPath(repository.directory, 'info/exclude'), '.git/info/exclude'),
    ];
  }

  #read(path: string, source: string): Rule[] {
    const files = this.#repository.process.fileSystem;
    return this.#looks && kindOf(files, path) === 'file'
      ? parseRules(decode(files.readFile(path)), source)
      : [];
  }

  /** Rules of the `.gitignore` in a folder of the working tree (`''`: the top). */
  #rulesIn(folder: string): Rule[] {
    let rules = this.#rules.get(folder);
    if (!rules) {
      const name = folder === '' ? '.gitignore' : `${folder}/.gitignore`;
      rules = this.#read(this.#repository.absolute(name), name);
      this.#rules.set(folder, rules);
    }
    return rules;
  }

  /** Whether `path` or a folder above it is ignored. */
  ignores(path: string, isDirectory: boolean): boolean {
    return this.match(path, isDirectory)?.negated === false;
  }

  /** The rule that decides. */
  match(path: string, isDirectory: boolean): Rule | undefined {
    const parent = parentOf(path);
    if (parent !== '.') {
      const above = this.match(parent, true);
      if (above && !above.negated) return above;
    }
    for (let folder = parent; ; folder = parentOf(folder)) {
      const top = folder === '.';
      const inside = top ? path : path.slice(folder.length + 1);
      const rule = findRule(this.#rulesIn(top ? '' : folder), inside, isDirectory);
      if (rule) return rule;
      if (top) return findRule(this.#everywhere, path, isDirectory);
    }
  }
}

const findRule = (rules: readonly Rule[], path: string, isDirectory: boolean): Rule | undefined =>
  rules.findLast((rule) => (isDirectory || !rule.directoryOnly) && rule.expression.test(path));

function parseRules(text: string, source: string): Rule[] {
  const rules: Rule[] = [];
  text.split('\n').forEach((line, at) => {
    let pattern = line.replace(/\r$/, '').replace(/(?<!\\) +$/, '');
    if (pattern === '' || pattern.startsWith('#')) return;
    const whole = pattern;
    const negated = pattern.startsWith('!');
    if (negated) pattern = pattern.slice(1);
    const directoryOnly = pattern.endsWith('/');
    if (directoryOnly) pattern = pattern.slice(0, -1);
    const anchored = pattern.includes('/');
    if (pattern.startsWith('/')) pattern = pattern.slice(1);
    rules.push({
      expression: wildmatch(anchored ? pattern : `**/${pattern}`, false),
      negated,
      directoryOnly,
      source,
      line: at + 1,
      text: whole,
    });
  });
  return rules;
}
