/** Redirections: rebind the descriptors of the shell's process, and put them back. */
import type { Redirect, Redirection } from 'unbash';
import { encode } from '../core/bytes.ts';
import { Errno } from '../os/errno.ts';
import { openBytes } from '../os/open-bytes.ts';
import type { OpenFile } from '../os/open-file.ts';
import { open, type OpenFlags } from '../os/open.ts';
import { ashRedirection } from './ash-messages.ts';
import { ExpansionError } from './control-flow.ts';
import type { Step } from './coroutine.ts';
import { expandDocument, expandText, expandWord, textOf } from './expansion.ts';
import type { Shell } from './shell.ts';
import { segmentsOfParts } from './word-segments.ts';

/** The command does not run and fails with status 1; the message is bash's. */
export class RedirectionError extends Error {}

const FLAGS: Record<string, OpenFlags> = {
  '<': { read: true },
  '>': { write: true, create: true, truncate: true },
  '>|': { write: true, create: true, truncate: true },
  '&>': { write: true, create: true, truncate: true },
  '>>': { write: true, create: true, append: true },
  '&>>': { write: true, create: true, append: true },
  '<>': { read: true, write: true, create: true },
};

/** Applies `redirections` in order. The function it returns undoes them, or for `exec` makes them last. */
export function* redirect(
  shell: Shell,
  redirections: readonly Redirection[],
): Step<(keeps?: boolean) => void> {
  const { files } = shell.process;
  const saved: [number, OpenFile | undefined][] = [];
  const undo = (keeps = false) => {
    if (keeps) for (const [, file] of saved) file?.close();
    else
      for (const [fd, file] of saved.reverse()) {
        files[fd]?.close();
        files[fd] = file;
      }
  };
  const set = (fd: number, file: OpenFile | undefined) => {
    saved.push([fd, files[fd]]);
    files[fd] = file?.acquire();
  };
  try {
    for (const redirection of redirections) yield* apply(shell, redirection, set);
  } catch (error) {
    undo();
    throw error;
  }
  return undo;
}

function* apply(
  shell: Shell,
  redirection: Redirection,
  set: (fd: number, file: OpenFile | undefined) => void,
): Step<void> {
  let fd: number;
  if (redirection.descriptor?.type === 'FileDescriptorVariable') {
    const [, variable = '', key] = /^(\w+)(?:\[(.*)\])?$/.exec(redirection.descriptor.name) ?? [];
    const closes = redirection.type === 'Redirect' && redirection.target?.value === '-';
    fd = closes ? Number(shell.variables.element(variable, key ?? '0')) : freeDescriptor(shell, 10);
    if (!closes) {
      if (key === undefined) shell.variables.set(variable, String(fd));
      else shell.variables.setElement(variable, key, String(fd));
    }
  } else fd = redirection.descriptor?.value ?? (redirection.operator.startsWith('<') ? 0 : 1);

  if (redirection.type === 'HereDoc') {
    const { body, delimiter, operator } = redirection;
    const text = operator === '<<-' ? body.text.replace(/^\t+/gm, '') : body.text;
    let contents = text;
    if (!delimiter?.quoted && body.parts) {
      contents =
        operator === '<<-'
          ? yield* expandDocument(shell, text.replace(/\n$/, ''))
          : yield* textOf(shell, segmentsOfParts(body.parts));
      if (operator === '<<-' && text.endsWith('\n')) contents += '\n';
    }
    set(fd, openBytes(encode(contents)));
    return;
  }
  if (!redirection.target) throw new RedirectionError("syntax error near unexpected token `newline'");
  if (redirection.type === 'HereString') {
    set(fd, openBytes(encode(`${yield* expandText(shell, redirection.target)}\n`)));
    return;
  }
  yield* applyFile(shell, redirection, fd, set);
}

function* applyFile(
  shell: Shell,
  redirection: Redirect,
  fd: number,
  set: (fd: number, file: OpenFile | undefined) => void,
): Step<void> {
  const { process } = shell;
  const fields: string[] = [];
  yield* expandWord(shell, redirection.target!, fields);
  if (fields.length !== 1) throw new RedirectionError(`${redirection.target!.text}: ambiguous redirect`);
  const target = fields[0]!;
  let { operator } = redirection;
  if (operator === '>&' || operator === '<&') {
    if (target === '-') return set(fd, undefined);
    const move = /^(\d+)(-?)$/.exec(target);
    if (move) {
      const source = process.files[Number(move[1])];
      if (!source) throw new RedirectionError(`${move[1]}: Bad file descriptor`);
      set(fd, source);
      if (move[2]) set(Number(move[1]), undefined);
      return;
    }
    if (operator === '<&' || redirection.descriptor)
      throw new RedirectionError(`${target}: ambiguous redirect`);
    // `>& file` is the old spelling of `&> file`.
    operator = '&>';
  }
  const flags = { ...FLAGS[operator]! };
  if (operator === '>' && shell.options.has('noclobber')) {
    if (isRegularFile(shell, target)) throw new RedirectionError(`${target}: cannot overwrite existing file`);
  }
  let file: OpenFile;
  try {
    file = open(process, target, flags);
  } catch (error) {
    if (error instanceof Errno)
      throw new RedirectionError(
        shell.flavour === 'sh'
          ? ashRedirection(target, error.code, error.message, operator !== '<')
          : `${target}: ${error.message}`,
      );
    throw error;
  }
  set(fd, file);
  if (operator === '&>' || operator === '&>>') set(2, file);
}

function isRegularFile(shell: Shell, path: string): boolean {
  try {
    return shell.process.fileSystem.stat(shell.process.resolve(path)).kind === 'file';
  } catch {
    return false;
  }
}

/** The lowest free descriptor that is not below `from`. */
function freeDescriptor(shell: Shell, from: number): number {
  for (let fd = from; ; fd++) {
    if (fd >= 1024) throw new ExpansionError('Too many open files');
    if (!shell.process.files[fd]) return fd;
  }
}
