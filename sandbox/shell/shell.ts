/**
 * The state of one shell: variables, functions, options, positional parameters, traps, jobs. A subshell is
 * a copy of it in another process. What it runs is in `execution.ts`; this file runs nothing.
 */
import type {
  AndOr,
  Command,
  CompoundCommand,
  CompoundList,
  PipelineNode,
  Redirected,
  Script,
  Statement,
} from 'unbash';
import type { Process } from '../os/process.ts';
import type { Signal } from '../os/signals.ts';
import { ashMessage } from './ash-messages.ts';
import type { Step } from './coroutine.ts';
import { JobTable } from './job-table.ts';
import { Variables } from './variables.ts';

export interface ShellFunction {
  body: CompoundCommand | Redirected | CompoundList;
  source: Source;
  /** `f () …` as it was written: what programs inherit of an exported function. */
  text: string;
  /** Where it was defined; `environment` for the text of `-c`. */
  file: string;
  exported?: boolean;
  readonly?: boolean;
}

/** A text that is being run, so that messages can name its lines. */
export class Source {
  readonly text: string;
  /** The number of its first line. */
  readonly firstLine: number;
  #starts: number[] | undefined;

  constructor(text: string, firstLine = 1) {
    this.text = text;
    this.firstLine = firstLine;
  }

  /** The line that holds the character at `position`. */
  lineAt(position: number): number {
    if (!this.#starts) {
      this.#starts = [0];
      for (let i = this.text.indexOf('\n'); i >= 0; i = this.text.indexOf('\n', i + 1))
        this.#starts.push(i + 1);
    }
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= position) low = middle;
      else high = middle - 1;
    }
    return this.firstLine + low;
  }
}

export type Runnable = PipelineNode | AndOr | CompoundList;

/** What the parts of the interpreter need of one another; `execution.ts` implements it. */
export interface Interpreter {
  /** Runs one node of the syntax tree; its exit code. */
  run(shell: Shell, node: Runnable): Step<number>;
  /** Runs the statements of a list. */
  runList(shell: Shell, statements: readonly Statement[]): Step<number>;
  /** Parses and runs `text` (`eval`, traps, `source`). */
  evaluate(shell: Shell, text: string, firstLine?: number): Step<number>;
  /** The output of a command substitution. */
  substitute(shell: Shell, script: Script | undefined, text: string): Step<string>;
  /** Starts a process substitution; the path that stands for it. */
  processSubstitution(shell: Shell, script: Script | undefined, operator: '<' | '>'): string;
  /** Runs a command with its arguments already expanded (`command`, `builtin`, `exec`, completion). */
  runArguments(shell: Shell, argv: string[], options?: { noFunctions?: boolean }): Step<number>;
  /** Runs a program; the shell's process itself becomes it if it may. */
  runProgram(
    shell: Shell,
    argv: string[],
    environment: Record<string, string>,
    options: { mayBecomeProgram: boolean; text: string; command?: string },
  ): Step<number>;
  isBuiltin(name: string): boolean;
  /** Tells of a syntax error at the command that is running. */
  complainSyntax(shell: Shell, message: string): Step<void>;
  builtinNames(): string[];
}

/** A job of `coproc`. */
interface Coprocess {
  name: string;
  process: Process;
  /** Of the shell: what reads from it and what writes to it. */
  descriptors: readonly [number, number];
  /** Closes them and unsets the variables. */
  close(): void;
}

export type TrapName = Signal | 'EXIT' | 'ERR' | 'DEBUG' | 'RETURN';

/** `set -o` options by name. */
export const SET_OPTIONS = {
  allexport: 'a',
  braceexpand: 'B',
  emacs: '',
  errexit: 'e',
  errtrace: 'E',
  functrace: 'T',
  hashall: 'h',
  histexpand: 'H',
  history: '',
  ignoreeof: '',
  'interactive-comments': '',
  keyword: 'k',
  monitor: 'm',
  noclobber: 'C',
  noexec: 'n',
  noglob: 'f',
  nolog: '',
  notify: 'b',
  nounset: 'u',
  onecmd: 't',
  physical: 'P',
  pipefail: '',
  posix: '',
  privileged: 'p',
  verbose: 'v',
  vi: '',
  xtrace: 'x',
} as const;
export type SetOption = keyof typeof SET_OPTIONS;

/** The order of letters in `$-`. */
const OPTION_LETTERS = 'abefhkmnptuvxBCEHPT';

export class Shell {
  readonly process: Process;
  readonly interpreter: Interpreter;
  /** `bash`, or `sh` with busybox ash's ways in containers. */
  readonly flavour: 'bash' | 'sh';
  variables: Variables;
  functions = new Map<string, ShellFunction>();
  aliases = new Map<string, string>();
  options = new Set<SetOption>(['braceexpand', 'hashall', 'interactive-comments']);
  shopts = new Set<string>([
    'cmdhist',
    'complete_fullquote',
    'extquote',
    'force_fignore',
    'globasciiranges',
    'globskipdots',
    'hostcomplete',
    'interactive_comments',
    'patsub_replacement',
    'progcomp',
    'promptvars',
    'sourcepath',
  ]);
  positional: string[] = [];
  /** `$0`. */
  name: string;
  status = 0;
  /** Undefined after a command that was no pipeline: then it is `status` alone. */
  pipeStatus: number[] | undefined;
  /** `$$`, the same in subshells. */
  readonly rootPid: number;
  lastBackgroundPid: number | undefined;
  jobs = new JobTable();
  traps = new Map<TrapName, string>();
  /** Signals with a trap that came in and whose command has not run yet. */
  pendingTraps: TrapName[] = [];
  /** Traps whose commands are running. */
  runningTraps = new Set<TrapName>();
  /** The traps of the shell that this one was forked from, for `trap -p`, until it sets its own. */
  inheritedTraps: ReadonlyMap<TrapName, string> | undefined;
  /** Called when a trapped signal comes in: wakes what waits (`wait`). */
  onTrap: (() => void) | undefined;
  /** Runs the string of `-c`. */
  commandString = false;
  /** What stands in front of the line in a syntax error, when it is not the script itself. */
  evaluating: string | undefined;
  readsStandardInput = false;
  interactive = false;
  /** A subshell of one that is interactive: its messages name no lines either. */
  atPrompt = false;
  /** Reads its commands from `-c`; messages name lines either way. */
  source = new Source('');
  /** Position in `source` of the command being run. */
  position = 0;
  loopDepth = 0;
  functionNames: string[] = [];
  /** Where each function that is running was called, the outermost first (`caller`, `BASH_LINENO`). */
  callSites: { source: Source; position: number }[] = [];
  /** The files of the functions and `source`d texts that are running. */
  sourceFiles: string[] = [];
  /** The simple command that is running, or ran when a trap began (`BASH_COMMAND`). */
  command: { source: Source; node: Command } | undefined;
  /** How `BASH_COMMAND` shows it; comes with the first trap. */
  writeCommand: ((source: Source, node: Command) => string) | undefined;
  /** `local -`: options to put back, by depth of functions. */
  savedOptions = new Map<number, Set<SetOption>>();
  /** Depth of `source`d files. */
  sourceDepth = 0;
  /** Positive while a failure must not end the shell: conditions, `&&`, `||`, `!`. */
  errexitSuspended = 0;
  /** A subshell may become the last program it runs instead of starting it. */
  mayBecomeProgram = false;
  subshellDepth = 0;
  /** How many command substitutions, `eval`s and `source`s deep: the number of `+` in front of a line of `set -x`. */
  traceDepth = 0;
  lastArgument = '';
  /** Exit code of the last command substitution, for `x=$(false)`. */
  substitutionStatus: number | undefined;
  /** Descriptors of process substitutions of the command being run. */
  substitutionFiles: number[] = [];
  startedMs: number;
  history: string[] = [];
  directoryStack: string[] = [];
  /** Builtins that `enable -n` took away. */
  disabledBuiltins: Set<string> | undefined;
  /** What `coproc` started and the shell still holds pipes to. */
  coprocesses: Coprocess[] = [];
  /** Set by `read -u`, `getopts`: where in a cluster of options it is. */
  getoptsOffset = 0;
  getoptsIndex = 1;
  /** `exit` with stopped jobs warns once. */
  warnedAboutJobs = false;

  constructor(process: Process, interpreter: Interpreter, init: { name: string; flavour?: 'bash' | 'sh' }) {
    this.process = process;
    this.interpreter = interpreter;
    this.rootPid = process.pid;
    this.name = init.name;
    this.flavour = init.flavour ?? 'bash';
    this.variables = new Variables();
    this.startedMs = process.machine.clock.now();
    for (const [name, value] of Object.entries(process.environment)) {
      if (!/^[A-Za-z_]\w*$/.test(name)) continue;
      this.variables.declare(name).value = value;
      this.variables.declare(name).exported = true;
    }
    this.#defineVariables();
  }

  #defineVariables(): void {
    const { variables, process } = this;
    const defaults: Record<string, string> = { IFS: ' \t\n', OPTIND: '1', OPTERR: '1', PS4: '+ ' };
    for (const [name, value] of Object.entries(defaults)) variables.set(name, value);
    variables.declare('PWD').value = process.directory;
    variables.declare('PWD').exported = true;
    const level = Number(variables.get('SHLVL') ?? 0) || 0;
    variables.set('SHLVL', String(level + 1));
    variables.declare('SHLVL').exported = true;
    if (variables.get('PATH') === undefined)
      variables.set('PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
    if (this.flavour === 'bash') {
      variables.set('BASH', '/bin/bash');
      variables.set('BASH_VERSION', '5.2.15(1)-release');
      variables.setList('BASH_VERSINFO', ['5', '2', '15', '1', 'release', 'x86_64-pc-linux-gnu']);
      variables.set('HOSTTYPE', 'x86_64');
      variables.set('OSTYPE', 'linux-gnu');
      variables.set('MACHTYPE', 'x86_64-pc-linux-gnu');
      variables.set('HOSTNAME', process.machine.hostname);
    }
    for (const [name, value] of Object.entries({
      UID: process.user.uid,
      EUID: process.user.uid,
      PPID: process.parentPid,
    })) {
      variables.declare(name).value = String(value);
      variables.declare(name).integer = true;
      variables.declare(name).readonly = true;
    }
    this.defineDynamic();
  }

  /** The variables that are computed; bound to this shell, so a copy needs its own. */
  private defineDynamic(): void {
    const { dynamic, dynamicLists } = this.variables;
    dynamicLists.set('PIPESTATUS', () => (this.pipeStatus ?? [this.status]).map(String));
    dynamicLists.set('FUNCNAME', () => {
      const main = this.commandString || this.interactive ? [] : ['main'];
      return this.functionNames.length === 0 ? [] : [...this.functionNames].reverse().concat(main);
    });
    dynamicLists.set('BASH_SOURCE', () =>
      [...this.sourceFiles].reverse().concat(this.commandString || this.interactive ? [] : [this.name]),
    );
    dynamicLists.set('BASH_LINENO', () =>
      this.callSites
        .map(({ source, position }) => String(source.lineAt(position)))
        .reverse()
        .concat(this.commandString || this.interactive ? [] : ['0']),
    );
    dynamic.set('BASH_COMMAND', {
      get: () => {
        if (!this.command) return '';
        const { source, node } = this.command;
        return this.writeCommand?.(source, node) ?? source.text.slice(node.pos, node.end);
      },
      set: () => undefined,
    });
    dynamicLists.set('GROUPS', () => [String(this.process.user.gid)]);
    dynamicLists.set('DIRSTACK', () => [this.process.directory, ...this.directoryStack]);
    const { clock, random } = this.process.machine;
    dynamic.set('RANDOM', { get: () => String(random.bits() & 0x7fff) });
    dynamic.set('SRANDOM', { get: () => String(random.bits()) });
    dynamic.set('SECONDS', {
      get: () => String(Math.floor((clock.now() - this.startedMs) / 1000)),
      set: (value) => (this.startedMs = clock.now() - (Number(value) || 0) * 1000),
    });
    dynamic.set('EPOCHSECONDS', { get: () => String(Math.floor(clock.now() / 1000)) });
    dynamic.set('EPOCHREALTIME', { get: () => (clock.now() / 1000).toFixed(6) });
    dynamic.set('LINENO', { get: () => String(this.line) });
    dynamic.set('BASHPID', { get: () => String(this.process.pid) });
    dynamic.set('BASH_SUBSHELL', { get: () => String(this.subshellDepth) });
    dynamic.set('SHELLOPTS', { get: () => [...this.options].sort().join(':') });
    dynamic.set('_', { get: () => this.lastArgument, set: () => undefined });
  }

  /** A copy of this shell in `process`. */
  fork(process: Process): Shell {
    const child: Shell = Object.create(Shell.prototype);
    Object.assign(child, this);
    Object.assign(child, {
      process,
      variables: this.variables.clone(),
      functions: new Map(this.functions),
      aliases: new Map(this.aliases),
      options: new Set(this.options),
      shopts: new Set(this.shopts),
      positional: this.positional,
      pipeStatus: this.pipeStatus && [...this.pipeStatus],
      jobs: this.jobs.forSubshell(),
      functionNames: [...this.functionNames],
      callSites: [...this.callSites],
      sourceFiles: [...this.sourceFiles],
      savedOptions: new Map(),
      runningTraps: new Set(this.runningTraps),
      directoryStack: [...this.directoryStack],
      pendingTraps: [],
      onTrap: undefined,
      interactive: false,
      atPrompt: this.interactive || this.atPrompt,
      substitutionFiles: [],
      disabledBuiltins: this.disabledBuiltins && new Set(this.disabledBuiltins),
      coprocesses: [],
      subshellDepth: this.subshellDepth + 1,
    });
    // Traps are reset in a subshell, ignored signals stay ignored.
    child.traps = new Map([...this.traps].filter(([, command]) => command === ''));
    child.inheritedTraps = this.inheritedTraps ?? this.traps;
    for (const [name, command] of child.traps) {
      if (command === '' && !isPseudoSignal(name)) process.ignored.add(name);
    }
    child.options.delete('monitor');
    child.defineDynamic();
    return child;
  }

  get line(): number {
    return this.source.lineAt(this.position);
  }

  /** `$-`. */
  get flags(): string {
    let flags = '';
    for (const letter of OPTION_LETTERS) {
      for (const option of this.options) if (SET_OPTIONS[option] === letter) flags += letter;
      if (letter === 'h' && this.interactive) flags += 'i';
    }
    return this.commandString ? `${flags}c` : this.readsStandardInput ? `${flags}s` : flags;
  }

  /** Whether jobs get process groups of their own. */
  get monitor(): boolean {
    return this.options.has('monitor');
  }

  /** The file that messages name: the script, the `source`d file, `environment` for a function of `-c`. */
  get file(): string {
    return this.sourceFiles.at(-1) ?? this.name.replace(/^-/, '');
  }

  /** What programs inherit: exported variables, and functions as bash passes them on. */
  environment(): Record<string, string> {
    const environment = this.variables.environment();
    for (const [name, { exported, text }] of this.functions)
      if (exported) environment[`BASH_FUNC_${name}%%`] = `() ${text.slice(text.indexOf('{'))}`;
    return environment;
  }

  /** Whether `name` is a builtin that `enable -n` has not taken away. */
  hasBuiltin(name: string): boolean {
    return this.interpreter.isBuiltin(name) && !this.disabledBuiltins?.has(name);
  }

  /** The shell's name in front of a message, with the line in scripts. */
  get messagePrefix(): string {
    if (this.flavour === 'sh') {
      // busybox ash names the line of a script, and nothing but itself for -c and at a prompt.
      const own = this.interactive || this.commandString;
      return own ? `${this.name.split('/').at(-1)}: ` : `${this.name}: line ${this.line}: `;
    }
    if (this.interactive || this.atPrompt) return `${this.name.replace(/^-/, '')}: `;
    return `${this.file}: line ${this.line}: `;
  }

  /** Writes a message of the shell's own to standard error. */
  *complain(message: string): Step<void> {
    const pressure = this.process.files[2]?.operations.write
      ? this.process.printError(
          `${this.flavour === 'sh' ? this.#ashLine(message) : this.messagePrefix + message}\n`,
        )
      : undefined;
    if (pressure) yield pressure;
  }

  #ashLine(text: string): string {
    const { message, builtin } = ashMessage(text);
    if (builtin === undefined) return this.messagePrefix + message;
    const line = this.interactive ? '' : `line ${this.commandString ? 0 : this.line}: `;
    return `${this.name.split('/').at(-1)}: ${builtin}: ${line}${message}`;
  }

  /** To standard output, for builtins. */
  *print(text: string): Step<void> {
    const pressure = this.process.print(text);
    if (pressure) yield pressure;
  }
}

export const isPseudoSignal = (name: TrapName): name is 'EXIT' | 'ERR' | 'DEBUG' | 'RETURN' =>
  name === 'EXIT' || name === 'ERR' || name === 'DEBUG' || name === 'RETURN';
