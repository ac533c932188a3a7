/** What a command of git is, and what it works with. */
import { encode } from '../../../core/bytes.ts';
import type { Process } from '../../../os/process.ts';
import { openBytes } from '../../../os/open-bytes.ts';
import { runCommand, startCommand } from '../run-command.ts';
import { Config } from './config-file.ts';
import type { GitOptions, OptionSpec } from './option-parser.ts';
import type { Style } from './patch-text.ts';
import { Failed, Fatal } from './problems.ts';
import { Repository } from './repository.ts';

export interface GitCommand {
  /** As `git COMMAND -h` begins. */
  usage: string;
  options: readonly OptionSpec[];
  stopsAtOperand?: boolean;
  /** An unknown option is a fatal error, not one of usage (log, show). */
  fatalOptions?: boolean;
  run: (git: Git, options: GitOptions) => Promise<number | void>;
}

const COLOURS: Readonly<Record<string, string>> = {
  meta: '1',
  fragment: '36',
  old: '31',
  new: '32',
  commit: '33',
  red: '31',
  green: '32',
  cyan: '36',
  bold: '1',
};

export class Git {
  readonly process: Process;
  readonly overrides: readonly string[];
  readonly #paginate: boolean;
  #repository: Repository | undefined;
  #config: Config | undefined;
  /** Output that is kept for the pager. */
  #paged: string | undefined;

  constructor(process: Process, overrides: readonly string[], paginate: boolean) {
    this.process = process;
    this.overrides = overrides;
    this.#paginate = paginate;
  }

  /** The repository around the working directory; fails as git does without one. */
  get repository(): Repository {
    const found = this.findRepository();
    if (!found) throw new Fatal('not a git repository (or any of the parent directories): .git');
    return found;
  }

  findRepository(): Repository | undefined {
    this.#repository ??= Repository.find(this.process, this.process.directory, this.overrides);
    return this.#repository;
  }

  /** The repository, when it has a working tree. */
  get worktree(): Repository {
    if (this.repository.isBare) throw new Fatal('this operation must be run in a work tree');
    return this.repository;
  }

  get config(): Config {
    this.#config ??= this.findRepository()?.config ?? new Config(this.process, undefined, this.overrides);
    return this.#config;
  }

  get hasTerminal(): boolean {
    return this.process.files[1]?.terminal !== undefined;
  }

  /** Colour, on a terminal. */
  readonly paint = (style: Style | keyof typeof COLOURS, text: string): string => {
    const colour = COLOURS[style];
    const wanted = this.config.get('color.ui') ?? 'auto';
    const paints = wanted === 'always' || (wanted !== 'false' && wanted !== 'never' && this.hasTerminal);
    return colour === undefined || text === '' || !paints ? text : `\u001b[${colour}m${text}\u001b[m`;
  };

  /** Columns for --stat: those of the terminal, 80 elsewhere. */
  get width(): number {
    return this.process.files[1]?.terminal?.columns ?? 80;
  }

  /** From here on output goes to the pager when a terminal cannot show all of it. */
  page(): void {
    if (this.#paginate && this.hasTerminal) this.#paged ??= '';
  }

  async print(text: string): Promise<void> {
    if (this.#paged === undefined) await this.process.print(text);
    else this.#paged += text;
  }

  async printError(text: string): Promise<void> {
    await this.process.printError(text);
  }

  /** Shows what was kept for the pager. */
  async finish(): Promise<void> {
    const text = this.#paged;
    this.#paged = undefined;
    if (text === undefined || text === '') return;
    const { terminal } = this.process.files[1]!;
    const pager =
      this.process.environment['GIT_PAGER'] ??
      this.config.get('core.pager') ??
      this.process.environment['PAGER'] ??
      'less';
    if (text.split('\n').length <= terminal!.rows || pager === 'cat' || pager === '')
      return void (await this.process.print(text));
    const files = [...this.process.files];
    files[0] = openBytes(encode(text));
    const started = await startCommand(
      this.process,
      pager === 'less' ? ['less', '-FRX'] : pager.split(/\s+/),
      { files },
    );
    if (typeof started !== 'number') await this.process.wait(started.exited);
  }

  /** Lets the person edit a file of the repository; false when the editor failed. */
  async edit(name: string): Promise<void> {
    const { environment } = this.process;
    const editor =
      environment['GIT_EDITOR'] ??
      this.config.get('core.editor') ??
      environment['VISUAL'] ??
      environment['EDITOR'];
    if (editor === undefined && !this.process.files[0]?.terminal)
      throw new Failed(
        'Terminal is dumb, but EDITOR unset\nPlease supply the message using either -m or -F option.',
      );
    const path = `${this.repository.directory}/${name}`;
    const exitCode = await runCommand(this.process, [
      'sh',
      '-c',
      `${editor ?? 'vi'} "$@"`,
      editor ?? 'vi',
      path,
    ]);
    if (exitCode !== 0)
      throw new Failed(
        `There was a problem with the editor '${editor ?? 'vi'}'.\nPlease supply the message using either -m or -F option.`,
      );
  }
}
