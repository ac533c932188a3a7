/** Runs the syntax tree: lists, compound commands, functions. */
import type { AndOr, ArithmeticExpression, Case, CompoundList, Pipeline, Statement } from 'unbash';
import { ashSyntaxError } from './ash-messages.ts';
import { BUILTINS } from './builtins/table.ts';
import { Break, Continue, ExitShell, ExpansionError } from './control-flow.ts';
import { settle, type Step } from './coroutine.ts';
import { expandArithmetic, expandCasePattern, expandText, expandWords } from './expansion.ts';
import { parseInput } from './parser-input.ts';
import { parserLoaded } from './parser.ts';
import { matchPattern } from './pattern.ts';
import {
  processSubstitution,
  runInBackground,
  runPipeline,
  runSubshellNode,
  substitute,
} from './processes.ts';
import { redirect, RedirectionError } from './redirection.ts';
import { readLine } from './read-line.ts';
import { Source, type Interpreter, type Runnable, type Shell } from './shell.ts';
import { runArguments, runProgram, runSimpleCommand, toldHere, xtrace } from './simple-command.ts';
import { POSIX_TIME_FORMAT, timingText } from './timing.ts';
import { runPendingTraps, runTrap } from './traps.ts';

/** `[[ … ]]` with its regular expressions, loaded with the first. */
let condition: typeof import('./condition.ts') | undefined;

export const interpreter: Interpreter = {
  run: runNode,
  runList,
  evaluate,
  substitute,
  processSubstitution,
  runArguments,
  runProgram,
  builtinNames: () => Object.keys(BUILTINS).sort(),
  isBuiltin: (name) => BUILTINS[name] !== undefined,
  complainSyntax: (shell, message) => {
    const { text, firstLine } = shell.source;
    return complainSyntax(shell, { kind: 'error', message, line: shell.line - firstLine + 1 }, text);
  },
};

/** Parses and runs text: `eval`, traps, `-c`, a whole script. A syntax error is status 2. */
function* evaluate(shell: Shell, text: string, firstLine?: number): Step<number> {
  yield* parserLoaded();
  const { source, position, traceDepth } = shell;
  const parsed = parseInput(
    text,
    shell.interactive || shell.shopts.has('expand_aliases') ? shell.aliases : undefined,
  );
  shell.source = new Source(parsed.kind === 'complete' ? parsed.source : text, firstLine ?? shell.line);
  shell.position = 0;
  try {
    if (parsed.kind !== 'complete') {
      const outer = shell.evaluating;
      shell.evaluating = firstLine === undefined ? 'eval: ' : '';
      yield* complainSyntax(shell, parsed, text);
      shell.evaluating = outer;
      shell.status = 2;
      return 2;
    }
    for (const warning of parsed.warnings) yield* shell.complain(`warning: ${warning}`);
    if (parsed.script.commands.length === 0) return (shell.status = 0);
    shell.traceDepth++;
    return yield* runCommands(shell, parsed.script.commands);
  } catch (error) {
    throw yield* toldHere(shell, error);
  } finally {
    shell.traceDepth = traceDepth;
    shell.source = source;
    shell.position = position;
  }
}

/** bash's words for a text that does not parse; the offending line follows. */
export function* complainSyntax(
  shell: Shell,
  error: { kind: 'incomplete' | 'error'; message: string; line: number },
  text: string,
): Step<void> {
  if (shell.flavour === 'sh') return yield* shell.complain(ashSyntaxError(error.message));
  const lines = text.split('\n');
  const first = shell.source.firstLine;
  const name = shell.file;
  const context = shell.evaluating ?? (shell.commandString ? '-c: ' : '');
  const where = (line: number) =>
    shell.interactive ? `${name}: ` : `${name}: ${context}line ${first + line - 1}: `;
  // What is missing at the end is missed on the line behind the last.
  const atEnd = error.message.startsWith('syntax') || error.message.endsWith("`)'");
  const last =
    error.kind === 'incomplete' && atEnd ? lines.length + (text.endsWith('\n') ? 0 : 1) : error.line;
  const pressure = shell.process.printError(
    `${where(last)}${error.message}\n${error.kind === 'error' ? `${where(error.line)}\`${lines[error.line - 1] ?? ''}'\n` : ''}`,
  );
  if (pressure) yield pressure;
}

/**
 * Runs the commands of a text. An expansion that fails takes the rest of its line with it, and the next line runs. Those
 * with another status than 1 (`set -u`, `${x?}`) end the shell, and any ends a subshell.
 */
export function* runCommands(shell: Shell, statements: readonly Statement[]): Step<number> {
  const { text } = shell.source;
  for (let start = 0, end = 1; start < statements.length; start = end++) {
    while (
      end < statements.length &&
      !text.slice(statements[end - 1]!.end, statements[end]!.pos).includes('\n')
    )
      end++;
    try {
      yield* runList(shell, statements.slice(start, end));
    } catch (error) {
      const goesOn = error instanceof ExpansionError && error.exitCode === 1 && shell.subshellDepth === 0;
      if (!goesOn || shell.flavour === 'sh') throw error;
      if (error.message) yield* shell.complain(error.message);
      shell.status = 1;
    }
  }
  return shell.status;
}

function* runList(shell: Shell, statements: readonly Statement[]): Step<number> {
  for (let i = 0; i < statements.length; i++) {
    const statement = statements[i]!;
    const pause = shell.process.tick();
    if (pause) yield pause;
    if (shell.pendingTraps.length > 0) yield* runPendingTraps(shell);
    if (shell.options.has('noexec') && !shell.interactive) continue;
    const { command } = statement;
    if (statement.background) shell.status = yield* runInBackground(shell, statement);
    else if (command.type === 'Command') {
      // The same as in `runNode`, without a generator more: this is the inside of every loop.
      const status = yield* runSimpleCommand(shell, command);
      shell.pipeStatus = undefined;
      shell.status = status === 0 || shell.errexitSuspended > 0 ? status : yield* checked(shell, status);
    } else shell.status = yield* runNode(shell, command);
  }
  if (shell.pendingTraps.length > 0) yield* runPendingTraps(shell);
  return shell.status;
}

function* runNode(shell: Shell, node: Runnable): Step<number> {
  switch (node.type) {
    case 'Command': {
      const status = yield* runSimpleCommand(shell, node);
      shell.pipeStatus = undefined;
      return status === 0 || shell.errexitSuspended > 0 ? status : yield* checked(shell, status);
    }
    case 'AndOr':
      return yield* runAndOr(shell, node);
    case 'Pipeline':
      return yield* runPrefixedPipeline(shell, node);
    case 'CompoundList':
      return yield* runList(shell, node.commands);
    case 'BraceGroup':
      return yield* runList(shell, node.body.commands);
    case 'Subshell':
      shell.position = node.pos;
      return yield* checked(
        shell,
        yield* runSubshellNode(shell, node.body, shell.source.text.slice(node.pos, node.end)),
      );
    case 'Redirected': {
      shell.position = node.pos;
      let undo: () => void;
      try {
        undo = yield* redirect(shell, node.redirects);
      } catch (error) {
        if (!(error instanceof RedirectionError)) throw error;
        yield* shell.complain(error.message);
        return yield* checked(shell, 1);
      }
      try {
        return yield* runNode(shell, node.command);
      } finally {
        undo();
      }
    }
    case 'If': {
      if ((yield* runCondition(shell, node.clause)) === 0) return yield* runList(shell, node.then.commands);
      for (const each of node.elif) {
        if ((yield* runCondition(shell, each.clause)) === 0) return yield* runList(shell, each.then.commands);
      }
      return node.else ? yield* runList(shell, node.else.commands) : 0;
    }
    case 'While': {
      let status = 0;
      shell.loopDepth++;
      try {
        while (((yield* runCondition(shell, node.clause)) === 0) === (node.kind === 'while')) {
          const end = yield* runBody(shell, node.body);
          status = shell.status;
          if (end) break;
        }
      } catch (error) {
        // `break` in the condition.
        if (!(error instanceof Break) || error.levels > 1) throw lessOne(error);
      } finally {
        shell.loopDepth--;
      }
      return status;
    }
    case 'For': {
      shell.position = node.pos;
      const values = node.wordlist ? yield* expandWords(shell, node.wordlist) : [...shell.positional];
      return yield* loopOver(shell, values, function* (value) {
        if (shell.options.has('xtrace')) yield* (yield* xtrace()).traceLine(shell, `for ${headOf(node)}`);
        shell.variables.set(node.name.value, value);
        return yield* runBody(shell, node.body);
      });
    }
    case 'ArithmeticFor':
      return yield* runArithmeticFor(shell, node);
    case 'Select':
      return yield* runSelect(shell, node);
    case 'Case':
      return yield* runCase(shell, node);
    case 'Function': {
      const text = shell.source.text.slice(node.pos, node.end);
      const name = node.name.value;
      if (shell.functions.get(name)?.readonly) {
        yield* shell.complain(`${name}: readonly function`);
        return yield* checked(shell, 1);
      }
      const file =
        shell.sourceFiles.at(-1) ?? (shell.commandString ? 'environment' : shell.name.replace(/^-/, ''));
      shell.functions.set(name, { body: node.body, source: shell.source, text, file });
      return 0;
    }
    case 'TestCommand': {
      shell.position = node.pos;
      let status: number;
      try {
        condition ??= yield* settle(import('./condition.ts'));
        status = (yield* condition.evaluateCondition(shell, node.expression)) ? 0 : 1;
      } catch (error) {
        if (!(error instanceof ExpansionError) || error.fatal) throw error;
        if (error.message) yield* shell.complain(error.message);
        status = error.exitCode;
      }
      return yield* checked(shell, status);
    }
    case 'ArithmeticCommand': {
      shell.position = node.pos;
      if (shell.options.has('xtrace')) yield* (yield* xtrace()).traceLine(shell, `(( ${node.body} ))`);
      return yield* checked(shell, yield* arithmeticStatus(shell, node.body));
    }
    case 'Coproc':
      return yield* (yield* settle(import('./coprocess.ts'))).runCoprocess(shell, node);
  }
}

/** `set -e` and the ERR trap. */
function* checked(shell: Shell, status: number): Step<number> {
  if (status === 0 || shell.errexitSuspended > 0) return status;
  shell.status = status;
  if (shell.traps.has('ERR') && (shell.functionNames.length === 0 || shell.options.has('errtrace')))
    yield* runTrap(shell, 'ERR');
  if (shell.options.has('errexit')) throw new ExitShell(status);
  return status;
}

/** A list whose failure is an answer, not an error. */
function* runCondition(shell: Shell, list: CompoundList): Step<number> {
  shell.errexitSuspended++;
  try {
    return yield* runList(shell, list.commands);
  } finally {
    shell.errexitSuspended--;
  }
}

function* runAndOr(shell: Shell, node: AndOr): Step<number> {
  let status = 0;
  const last = node.commands.length - 1;
  for (let i = 0; i <= last; i++) {
    const operator = node.operators[i - 1];
    if (operator && (operator === '&&') !== (status === 0)) continue;
    if (i === last) return yield* runNode(shell, node.commands[i]!);
    shell.errexitSuspended++;
    try {
      status = yield* runNode(shell, node.commands[i]!);
    } finally {
      shell.errexitSuspended--;
    }
    shell.status = status;
  }
  return status;
}

function* runPrefixedPipeline(shell: Shell, node: Pipeline): Step<number> {
  shell.position = node.pos;
  const negated = node.prefixes.filter((prefix) => prefix.type === 'Negation').length % 2 === 1;
  const timed = node.prefixes.find((prefix) => prefix.type === 'Time');
  const started = shell.process.machine.clock.now();
  const run = function* (): Step<number> {
    const only = node.commands.length === 1 ? node.commands[0] : undefined;
    if (node.commands.length === 0) return 0;
    if (only) return yield* runNode(shell, only);
    return yield* runPipeline(shell, node, shell.source.text.slice(node.pos, node.end));
  };
  let status: number;
  if (negated) {
    shell.errexitSuspended++;
    try {
      status = (yield* run()) === 0 ? 1 : 0;
    } finally {
      shell.errexitSuspended--;
    }
  } else status = yield* run();
  if (timed) {
    const format = timed.posix ? POSIX_TIME_FORMAT : shell.variables.get('TIMEFORMAT');
    const text = timingText(shell.process.machine.clock.now() - started, format);
    yield shell.process.printError(text) ?? Promise.resolve();
  }
  return negated || node.commands.length === 1 ? status : yield* checked(shell, status);
}

// ---- loops

/** Runs a loop's body; true when the loop is to end. */
function* runBody(shell: Shell, body: CompoundList): Step<boolean> {
  try {
    yield* runList(shell, body.commands);
    return false;
  } catch (error) {
    if (error instanceof Break) {
      if (error.levels > 1) throw lessOne(error);
      shell.status = 0;
      return true;
    }
    if (error instanceof Continue) {
      if (error.levels > 1) throw lessOne(error);
      shell.status = 0;
      return false;
    }
    throw error;
  }
}

function lessOne(error: unknown): unknown {
  if (error instanceof Break || error instanceof Continue) error.levels--;
  return error;
}

function* loopOver(shell: Shell, values: string[], body: (value: string) => Step<boolean>): Step<number> {
  let status = 0;
  shell.loopDepth++;
  try {
    for (const value of values) {
      const end = yield* body(value);
      status = shell.status;
      if (end) break;
    }
  } finally {
    shell.loopDepth--;
  }
  return status;
}

function* runArithmeticFor(shell: Shell, node: Extract<Runnable, { type: 'ArithmeticFor' }>): Step<number> {
  let status = 0;
  const run = function* (expression: ArithmeticExpression | undefined): Step<boolean> {
    if (!expression) return true;
    if (shell.options.has('xtrace'))
      yield* (yield* xtrace()).traceLine(
        shell,
        `(( ${shell.source.text.slice(expression.pos, expression.end)} ))`,
      );
    return (yield* expandArithmetic(shell, arithmeticText(expression))) != 0;
  };
  shell.loopDepth++;
  try {
    yield* run(node.initialize);
    while (yield* run(node.test)) {
      const end = yield* runBody(shell, node.body);
      status = shell.status;
      if (end) break;
      yield* run(node.update);
    }
  } finally {
    shell.loopDepth--;
  }
  return status;
}

/** `(( text ))`: 0 when the value is not zero. */
function* arithmeticStatus(shell: Shell, text: string): Step<number> {
  try {
    return (yield* expandArithmetic(shell, text)) != 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ExpansionError)) throw error;
    yield* shell.complain(`((: ${error.message}`);
    return 1;
  }
}

const texts = new WeakMap<ArithmeticExpression, string>();

/** The parser's tree as text again, which our own evaluator reads. */
function arithmeticText(node: ArithmeticExpression): string {
  let text = texts.get(node);
  if (text === undefined) {
    text = writeArithmetic(node);
    texts.set(node, text);
  }
  return text;
}

function writeArithmetic(node: ArithmeticExpression): string {
  switch (node.type) {
    case 'ArithmeticWord':
      return node.value;
    case 'ArithmeticGroup':
      return `(${writeArithmetic(node.expression)})`;
    case 'ArithmeticUnary':
      return node.prefix
        ? `${node.operator} ${writeArithmetic(node.operand)}`
        : `${writeArithmetic(node.operand)}${node.operator}`;
    case 'ArithmeticBinary':
      return `${writeArithmetic(node.left)} ${node.operator} ${writeArithmetic(node.right)}`;
    case 'ArithmeticTernary':
      return `${writeArithmetic(node.test)} ? ${writeArithmetic(node.consequent)} : ${writeArithmetic(node.alternate)}`;
    case 'ArithmeticCommandExpansion':
      return node.text;
  }
}

/** `name in words` of a `for` or `select`, as it was written. */
const headOf = ({ name, wordlist }: Extract<Runnable, { type: 'For' | 'Select' }>): string =>
  `${name.value} in ${wordlist ? wordlist.map((word) => word.text).join(' ') : '"$@"'}`;

function* runSelect(shell: Shell, node: Extract<Runnable, { type: 'Select' }>): Step<number> {
  const values = node.wordlist ? yield* expandWords(shell, node.wordlist) : [...shell.positional];
  if (values.length === 0) return 0;
  if (shell.options.has('xtrace')) yield* (yield* xtrace()).traceLine(shell, `select ${headOf(node)}`);
  const width = String(values.length).length;
  const menu = values.map((value, i) => `${String(i + 1).padStart(width)}) ${value}\n`).join('');
  shell.loopDepth++;
  try {
    for (let show = true; ;) {
      yield (
        shell.process.printError(`${show ? menu : ''}${shell.variables.get('PS3') ?? '#? '}`) ??
        Promise.resolve()
      );
      const line = yield* readLine(shell.process, 0);
      if (line === undefined) {
        yield shell.process.print('\n') ?? Promise.resolve();
        return 1;
      }
      shell.variables.set('REPLY', line);
      show = line === '';
      if (show) continue;
      const index = /^\d+$/.test(line.trim()) ? Number(line) : 0;
      shell.variables.set(node.name.value, values[index - 1] ?? '');
      if (yield* runBody(shell, node.body)) return shell.status;
    }
  } finally {
    shell.loopDepth--;
  }
}

function* runCase(shell: Shell, node: Case): Step<number> {
  shell.position = node.pos;
  const text = yield* expandText(shell, node.word);
  if (shell.options.has('xtrace')) yield* (yield* xtrace()).traceLine(shell, `case ${node.word.text} in`);
  let status = 0;
  let falls = false;
  for (const item of node.items) {
    let matches = falls;
    for (const word of item.pattern) {
      if (matches) break;
      matches = matchPattern(yield* expandCasePattern(shell, word), text, shell.shopts.has('nocasematch'));
    }
    if (!matches) continue;
    shell.status = 0;
    status = item.body.commands.length > 0 ? yield* runList(shell, item.body.commands) : 0;
    if (item.terminator === ';&') falls = true;
    else if (item.terminator === ';;&') falls = false;
    else return status;
  }
  return status;
}
