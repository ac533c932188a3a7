/** `declare`, `typeset`, `local`, `export`, `readonly`, `unset`. */
import type { Assignment } from 'unbash';
import { assign } from '../assignment.ts';
import { functionText } from '../command-text.ts';
import { ExpansionError } from '../control-flow.ts';
import type { Step } from '../coroutine.ts';
import { evaluateNow } from '../arithmetic-expansion.ts';
import { expandText } from '../expansion.ts';
import { attributeFlags, declaration, quoteDouble } from '../parameter-operations.ts';
import { parseInput } from '../parser-input.ts';
import type { Shell, ShellFunction } from '../shell.ts';
import { IDENTIFIER, ReadonlyVariable, type Variable } from '../variables.ts';

/** `declare` that contradicts what the variable is; the message is bash's. */
class DeclarationRefused extends Error {}

type Argument = string | Assignment;

interface Request {
  add: Set<string>;
  remove: Set<string>;
  print: boolean;
  functions: boolean;
  names: Argument[];
}

function* parse(
  shell: Shell,
  argv: string[],
  declarations: Argument[] | undefined,
  allowed: string,
): Step<Request | undefined> {
  const request: Request = { add: new Set(), remove: new Set(), print: false, functions: false, names: [] };
  const words = declarations ?? argv.slice(1);
  let options = true;
  for (const word of words) {
    if (!options || typeof word !== 'string' || !/^[-+]./.test(word)) {
      request.names.push(word);
      options = false;
      continue;
    }
    if (word === '--') {
      options = false;
      continue;
    }
    for (const letter of word.slice(1)) {
      if (!allowed.includes(letter)) {
        yield* shell.complain(`${argv[0]}: -${letter}: invalid option`);
        return undefined;
      }
      if (letter === 'p') request.print = true;
      else if (letter === 'f' || letter === 'F') {
        request.functions = true;
        if (letter === 'F') request.add.add('F');
      } else (word[0] === '-' ? request.add : request.remove).add(letter);
    }
  }
  return request;
}

/** `declare` in a function makes local variables, like `local`. */
export function* declare(shell: Shell, argv: string[], declarations?: Argument[]): Step<number> {
  const request = yield* parse(shell, argv, declarations, 'aAfFgilnprtuxI');
  if (!request) return 2;
  if (request.functions) return yield* printFunctions(shell, request);
  if (request.names.length === 0 || request.print) return yield* printVariables(shell, request, argv[0]!);
  return yield* apply(shell, argv[0]!, request, shell.functionNames.length > 0 && !request.add.has('g'));
}

export function* local(shell: Shell, argv: string[], declarations?: Argument[]): Step<number> {
  if (shell.functionNames.length === 0) {
    yield* shell.complain('local: can only be used in a function');
    return 1;
  }
  const request = yield* parse(shell, argv, declarations, 'aAfFgilnprtuxI');
  if (!request) return 2;
  return yield* apply(shell, 'local', request, true);
}

export function* exportVariables(shell: Shell, argv: string[], declarations?: Argument[]): Step<number> {
  const request = yield* parse(shell, argv, declarations, 'fnp');
  if (!request) return 2;
  if (request.names.length === 0)
    return yield* printVariables(shell, { ...request, add: new Set('x') }, 'declare');
  if (request.functions)
    return yield* markFunctions(shell, 'export', request, (each) => (each.exported = !request.add.has('n')));
  if (request.add.delete('n')) request.remove.add('x');
  else request.add.add('x');
  return yield* apply(shell, 'export', request, false);
}

export function* readonlyVariables(shell: Shell, argv: string[], declarations?: Argument[]): Step<number> {
  const request = yield* parse(shell, argv, declarations, 'aAfp');
  if (!request) return 2;
  if (request.names.length === 0)
    return yield* printVariables(shell, { ...request, add: new Set('r') }, 'declare');
  if (request.functions)
    return yield* markFunctions(shell, 'readonly', request, (each) => (each.readonly = true));
  request.add.add('r');
  return yield* apply(shell, 'readonly', request, false);
}

/** `export -f`, `readonly -f`. */
function* markFunctions(
  shell: Shell,
  command: string,
  request: Request,
  mark: (definition: ShellFunction) => void,
): Step<number> {
  let status = 0;
  for (const name of request.names) {
    const definition = shell.functions.get(String(name));
    if (definition) mark(definition);
    else {
      yield* shell.complain(`${command}: ${String(name)}: not a function`);
      status = 1;
    }
  }
  return status;
}

function* apply(shell: Shell, command: string, request: Request, isLocal: boolean): Step<number> {
  let status = 0;
  for (const argument of request.names) {
    const name = typeof argument === 'string' ? /^[^=[+]*/.exec(argument)![0] : argument.name;
    if (argument === '-' && command === 'local') {
      shell.savedOptions.set(shell.functionNames.length, new Set(shell.options));
      continue;
    }
    if (!IDENTIFIER.test(name)) {
      const shown = typeof argument === 'string' ? argument : argument.text;
      yield* shell.complain(`${command}: \`${shown}': not a valid identifier`);
      status = 1;
      continue;
    }
    try {
      yield* applyOne(shell, request, name, argument, isLocal);
    } catch (error) {
      if (error instanceof DeclarationRefused) {
        yield* shell.complain(`${command}: ${error.message}`);
        status = 1;
      } else if (error instanceof ReadonlyVariable) {
        yield* shell.complain(
          command === 'declare' || command === 'local' || command === 'typeset'
            ? `${command}: ${error.message}`
            : error.message,
        );
        status = 1;
      } else if (error instanceof ExpansionError && error.message.endsWith('readonly variable')) {
        yield* shell.complain(error.message);
        status = 1;
      } else throw error;
    }
  }
  return status;
}

function* applyOne(
  shell: Shell,
  request: Request,
  name: string,
  argument: Argument,
  isLocal: boolean,
): Step<void> {
  const { variables } = shell;
  const { add, remove } = request;
  const assigns = typeof argument === 'string' ? /^[^=[+]*(\[.*\])?\+?=/s.test(argument) : true;
  // The value is expanded before the name becomes local: `local x=$x`.
  let deferred: Assignment | undefined;
  if (typeof argument === 'string') {
    if (assigns) deferred = assignmentOf(argument);
  } else deferred = argument;
  if (isLocal && deferred && deferred.value.type === 'Word') {
    deferred = yield* expandEarly(shell, deferred);
  }
  let variable: Variable;
  if (isLocal) variable = variables.local(name);
  else if (add.has('n') || variables.own(name)?.reference)
    variable = variables.own(name) ?? variables.declare(name);
  else {
    const existing = variables.variable(name);
    // Setting readonly again without a value is no error.
    variable = existing?.readonly && !deferred && !remove.has('r') ? existing : variables.declare(name);
  }
  if (remove.has('r') && variable.readonly) throw new ReadonlyVariable(name);
  if (add.has('A') && variable.list)
    throw new DeclarationRefused(`${name}: cannot convert indexed to associative array`);
  if (add.has('a') && variable.map)
    throw new DeclarationRefused(`${name}: cannot convert associative to indexed array`);
  if (add.has('n') && deferred?.value.type === 'Word' && deferred.value.value === name)
    throw new DeclarationRefused(`${name}: nameref variable self references not allowed`);
  if ((add.has('A') || add.has('a')) && !variable.map && !variable.list)
    variable.bare = !deferred && variable.value === undefined;
  if (add.has('A') && !variable.map) {
    variable.map = new Map(variable.value === undefined ? [] : [['0', variable.value]]);
    variable.value = undefined;
  }
  if (add.has('a') && !variable.list) {
    variable.list = variable.value === undefined ? [] : [variable.value];
    variable.value = undefined;
  }
  if (add.has('i')) variable.integer = true;
  if (remove.has('i')) variable.integer = false;
  if (add.has('l')) variable.letters = 'lower';
  if (add.has('u')) variable.letters = 'upper';
  if (remove.has('l') || remove.has('u')) variable.letters = undefined;
  if (add.has('x')) variable.exported = true;
  if (remove.has('x')) variable.exported = false;
  if (add.has('n')) {
    if (deferred?.value.type === 'Word') variable.value = deferred.value.value;
    variable.reference = true;
  } else if (deferred) yield* assign(shell, deferred);
  if (add.has('r')) variable.readonly = true;
}

/** An assignment whose value is already text. */
export function* expandEarly(shell: Shell, assignment: Assignment): Step<Assignment> {
  const text = assignment.value.type === 'Word' ? yield* expandText(shell, assignment.value, true) : '';
  const { pos, end, name, append, index } = assignment;
  return {
    type: 'Assignment',
    pos,
    end,
    text: assignment.text,
    name,
    append,
    index,
    value: constantWord(text),
  };
}

/** A word that expands to `text` and nothing else. */
function constantWord(text: string): Assignment['value'] {
  const part = { type: 'SingleQuoted' as const, pos: 0, end: 0, text: quoteDouble(text), value: text };
  return { type: 'Word', text: part.text, value: text, pos: 0, end: 0, parts: [part] };
}

/** `name=value` that came out of an expansion: the value is literal, an array's list is parsed. */
function assignmentOf(text: string): Assignment {
  const match = /^([^=[+]*)(?:\[(.*?)\])?(\+?)=(.*)$/s.exec(text)!;
  const [, name = '', index, plus, value = ''] = match;
  if (value.startsWith('(') && value.endsWith(')')) {
    const parsed = parseInput(`${name}${plus}=${value}`);
    const command = parsed.kind === 'complete' ? parsed.script.commands[0]?.command : undefined;
    if (command?.type === 'Command' && command.prefix[0]?.type === 'Assignment') return command.prefix[0];
  }
  return {
    type: 'Assignment',
    pos: 0,
    end: 0,
    text,
    name,
    append: plus === '+',
    index: index === undefined ? undefined : (constantWord(index) as never),
    value: constantWord(value),
  };
}

function* printVariables(shell: Shell, request: Request, command: string): Step<number> {
  const { variables } = shell;
  if (request.names.length > 0) {
    let status = 0;
    for (const name of request.names) {
      const text = typeof name === 'string' ? name : name.name;
      const variable = variables.own(text);
      if (!variable) {
        yield* shell.complain(`${command}: ${text}: not found`);
        status = 1;
      } else yield* shell.print(`${declaration(text, variable)}\n`);
    }
    return status;
  }
  const wanted = [...request.add];
  let out = '';
  for (const name of variables.names()) {
    const variable = variables.own(name)!;
    const flags = attributeFlags(variable);
    if (!wanted.every((letter) => flags.includes(letter))) continue;
    if (request.print || wanted.length > 0) out += `${declaration(name, variable)}\n`;
    else out += `${name}=${variable.value ?? ''}\n`;
  }
  yield* shell.print(out);
  return 0;
}

function* printFunctions(shell: Shell, request: Request): Step<number> {
  const namesOnly = request.add.has('F');
  const names = request.names.length > 0 ? request.names.map(String) : [...shell.functions.keys()].sort();
  let status = 0;
  for (const name of names) {
    const definition = shell.functions.get(name);
    if (!definition) status = 1;
    else if (namesOnly) yield* shell.print(request.names.length > 0 ? `${name}\n` : `declare -f ${name}\n`);
    else yield* shell.print(`${functionText(name, definition)}\n`);
  }
  return status;
}

export function* unset(shell: Shell, argv: string[]): Step<number> {
  let kind: 'v' | 'f' | 'n' | undefined;
  let status = 0;
  for (const word of argv.slice(1)) {
    if (/^-[vfn]$/.test(word)) {
      kind = word[1] as 'v' | 'f' | 'n';
      continue;
    }
    const element = /^([A-Za-z_]\w*)\[(.*)\]$/s.exec(word);
    try {
      if (kind === 'f') shell.functions.delete(word);
      else if (element) {
        const [, name = '', key = ''] = element;
        if (key === '@' || key === '*') shell.variables.unset(name);
        else {
          const associative = shell.variables.variable(name)?.map !== undefined;
          shell.variables.unsetElement(
            name,
            associative ? key.replace(/^(['"])(.*)\1$/, '$2') : String(evaluateNow(shell, key)),
          );
        }
      } else if (kind === 'n') shell.variables.unset(word);
      else if (!IDENTIFIER.test(word)) {
        // bash takes it for the name of a function, and one that is not there is no error.
        shell.functions.delete(word);
      } else {
        const name = shell.variables.resolve(word);
        if (shell.variables.own(name) || shell.variables.dynamic.has(name)) shell.variables.unset(name);
        else if (kind === undefined) shell.functions.delete(word);
      }
    } catch (error) {
      if (!(error instanceof ReadonlyVariable)) throw error;
      yield* shell.complain(`unset: ${word}: cannot unset: readonly variable`);
      status = 1;
    }
  }
  return status;
}
