/** `set`, `shopt`, `shift`. */
import { functionText } from '../command-text.ts';
import type { Step } from '../coroutine.ts';
import { quoteIfNeeded } from '../parameter-operations.ts';
import { SET_OPTIONS, type SetOption, type Shell } from '../shell.ts';
import { hashOrder } from '../variables.ts';

const optionOf = (letter: string): SetOption | undefined =>
  (Object.keys(SET_OPTIONS) as SetOption[]).find((name) => SET_OPTIONS[name] === letter);

export function* set(shell: Shell, argv: string[]): Step<number> {
  if (argv.length === 1) {
    yield* shell.print(listVariables(shell));
    return 0;
  }
  const words = argv.slice(1);
  while (words.length > 0) {
    const word = words[0]!;
    if (word === '--') {
      shell.positional = words.slice(1);
      return 0;
    }
    if (word === '-') {
      shell.options.delete('xtrace');
      shell.options.delete('verbose');
      if (words.length > 1) shell.positional = words.slice(1);
      return 0;
    }
    if (!/^[-+]./.test(word)) {
      shell.positional = words;
      return 0;
    }
    words.shift();
    const on = word[0] === '-';
    for (const letter of word.slice(1)) {
      if (letter === 'o') {
        const name = words.shift();
        if (name === undefined) {
          yield* shell.print(listOptions(shell, on));
          return 0;
        }
        if (!(name in SET_OPTIONS)) {
          yield* shell.complain(`set: ${name}: invalid option name`);
          return 2;
        }
        switchOption(shell, name as SetOption, on);
        continue;
      }
      const option = optionOf(letter);
      if (!option) {
        yield* shell.complain(`set: ${word[0]}${letter}: invalid option`);
        yield (
          shell.process.printError(
            'set: usage: set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]\n',
          ) ?? Promise.resolve()
        );
        return 2;
      }
      switchOption(shell, option, on);
    }
  }
  return 0;
}

function switchOption(shell: Shell, option: SetOption, on: boolean): void {
  if (on) shell.options.add(option);
  else shell.options.delete(option);
  if (option === 'emacs' && on) shell.options.delete('vi');
  if (option === 'vi' && on) shell.options.delete('emacs');
}

function listVariables(shell: Shell): string {
  let out = '';
  for (const name of shell.variables.names()) {
    const variable = shell.variables.own(name)!;
    if (variable.list) {
      const items: string[] = [];
      variable.list.forEach((value, index) => items.push(`[${index}]="${value}"`));
      out += `${name}=(${items.join(' ')})\n`;
    } else if (variable.map)
      out += `${name}=(${hashOrder(variable.map)
        .map(([key, value]) => `[${key}]="${value}" `)
        .join('')})\n`;
    else if (variable.value !== undefined)
      out += `${name}=${variable.value === '' ? '' : quoteIfNeeded(variable.value)}\n`;
  }
  for (const [name, definition] of shell.functions) out += `${functionText(name, definition)}\n`;
  return out;
}

function listOptions(shell: Shell, on: boolean): string {
  return (Object.keys(SET_OPTIONS) as SetOption[])
    .sort()
    .map((name) => {
      const isOn = shell.options.has(name);
      return on ? `${name.padEnd(15)}\t${isOn ? 'on' : 'off'}\n` : `set ${isOn ? '-' : '+'}o ${name}\n`;
    })
    .join('');
}

/** What `shopt` knows; only some of them do something here. */
const SHOPTS =
  'autocd cdable_vars cdspell checkhash checkjobs checkwinsize cmdhist compat31 compat32 compat40 compat41 compat42 compat43 compat44 complete_fullquote direxpand dirspell dotglob execfail expand_aliases extdebug extglob extquote failglob force_fignore globasciiranges globskipdots globstar gnu_errfmt histappend histreedit histverify hostcomplete huponexit inherit_errexit interactive_comments lastpipe lithist localvar_inherit localvar_unset login_shell mailwarn no_empty_cmd_completion nocaseglob nocasematch noexpand_translation nullglob patsub_replacement progcomp progcomp_alias promptvars restricted_shell shift_verbose sourcepath varredir_close xpg_echo'.split(
    ' ',
  );

export function* shopt(shell: Shell, argv: string[]): Step<number> {
  let mode: 's' | 'u' | undefined;
  let [quiet, print, setOptions] = [false, false, false];
  const words = argv.slice(1);
  while (/^-[psuqo]+$/.test(words[0] ?? '')) {
    for (const letter of words.shift()!.slice(1)) {
      if (letter === 's' || letter === 'u') mode = letter;
      else if (letter === 'q') quiet = true;
      else if (letter === 'p') print = true;
      else setOptions = true;
    }
  }
  const known = setOptions ? (Object.keys(SET_OPTIONS) as string[]).sort() : SHOPTS;
  const isOn = (name: string) => (setOptions ? shell.options.has(name as SetOption) : shell.shopts.has(name));
  const line = (name: string) =>
    print
      ? `shopt ${isOn(name) ? '-s' : '-u'} ${name}\n`
      : `${name.padEnd(15)}\t${isOn(name) ? 'on' : 'off'}\n`;
  if (words.length === 0) {
    const shown = known.filter((name) => mode === undefined || isOn(name) === (mode === 's'));
    if (!quiet) yield* shell.print(shown.map(line).join(''));
    return 0;
  }
  let status = 0;
  for (const name of words) {
    if (!known.includes(name)) {
      yield* shell.complain(`shopt: ${name}: invalid shell option name`);
      status = 1;
    } else if (mode) {
      if (setOptions) switchOption(shell, name as SetOption, mode === 's');
      else if (mode === 's') shell.shopts.add(name);
      else shell.shopts.delete(name);
    } else {
      if (!isOn(name)) status = 1;
      if (!quiet) yield* shell.print(line(name));
    }
  }
  return status;
}

export function* shift(shell: Shell, argv: string[]): Step<number> {
  const text = argv[1] === '--' ? argv[2] : argv[1];
  const count = text === undefined ? 1 : Number(text);
  if (text !== undefined && !/^[+-]?\d+$/.test(text)) {
    yield* shell.complain(`shift: ${text}: numeric argument required`);
    return 1;
  }
  if (count < 0) {
    yield* shell.complain(`shift: ${text}: shift count out of range`);
    return 1;
  }
  if (count > shell.positional.length) return 1;
  shell.positional = shell.positional.slice(count);
  return 0;
}
