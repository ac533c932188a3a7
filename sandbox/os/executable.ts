/**
 * What `execve` and a shell's PATH search find: programs of the machine, by name or under the usual
 * directories, and scripts in the file system with their `#!` line.
 */
/* oxlint-disable no-control-regex -- what a terminal carries is control characters */
import { decode } from '../core/bytes.ts';
import { mayAccess } from './credentials.ts';
import { Errno } from './errno.ts';
import type { Program } from './machine.ts';
import { joinPath, nameOf } from './path.ts';
import type { Process } from './process.ts';

/** Where the machine's programs appear to be. */
const PROGRAM_DIRECTORIES = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/sbin'];

export type Executable =
  | { kind: 'program'; path: string; program: Program }
  /** A text file: `interpreter` comes from its `#!` line, and is undefined without one. */
  | { kind: 'script'; path: string; interpreter: string[] | undefined };

/**
 * Finds what `name` runs. A name without a slash is looked up along `path` (the value of PATH).
 * Undefined: not found. Throws `Errno` EACCES, EISDIR, ENOENT for a path that cannot be run.
 */
export async function findExecutable(
  process: Process,
  name: string,
  path: string,
): Promise<Executable | undefined> {
  if (name.includes('/')) return await executableAt(process, name);
  for (const directory of path.split(':')) {
    const candidate = joinPath(directory === '' ? '.' : directory, name);
    const found = fileAt(process, candidate);
    if (found === 'executable') {
      const executable = await executableAt(process, candidate);
      // Along a relative PATH a file has the name that the search made.
      const shown = directory.startsWith('/') ? undefined : `${directory || '.'}/${name}`;
      return executable && { ...executable, path: shown ?? executable.path };
    }
    if (PROGRAM_DIRECTORIES.includes(directory)) {
      const program = await process.machine.findProgram(name);
      if (program) return { kind: 'program', path: joinPath(standardDirectory(path), name), program };
    }
  }
  return undefined;
}

/** The directory that `which` shows for a program of the machine. */
function standardDirectory(path: string): string {
  return path.split(':').includes('/usr/bin')
    ? '/usr/bin'
    : path.split(':').find((each) => PROGRAM_DIRECTORIES.includes(each))!;
}

function fileAt(process: Process, path: string): 'executable' | 'file' | undefined {
  try {
    const stat = process.machine.files.stat(process.resolve(path));
    if (stat.kind !== 'file') return undefined;
    return mayAccess(process.user, stat, 1) ? 'executable' : 'file';
  } catch {
    return undefined;
  }
}

async function executableAt(process: Process, path: string): Promise<Executable | undefined> {
  const absolute = process.resolve(path);
  const files = process.machine.files;
  let contents: Uint8Array;
  try {
    const stat = files.stat(absolute);
    if (stat.kind === 'directory') throw new Errno('EISDIR', path);
    if (!mayAccess(process.user, stat, 1)) throw new Errno('EACCES', path);
    contents = files.readFile(absolute);
  } catch (error) {
    if (!(error instanceof Errno && error.code === 'ENOENT')) throw error;
    const directory = absolute.slice(0, absolute.lastIndexOf('/'));
    const program = PROGRAM_DIRECTORIES.includes(directory)
      ? await process.machine.findProgram(nameOf(absolute))
      : undefined;
    if (!program) throw new Errno('ENOENT', path);
    return { kind: 'program', path: absolute, program };
  }
  const marker = programName(contents);
  if (marker !== undefined) {
    const program = await process.machine.findProgram(marker);
    if (!program) throw new Errno('ENOEXEC', path);
    return { kind: 'program', path: absolute, program };
  }
  const head = decode(contents.subarray(0, 256));
  const line = /^#![ \t]*([^\n]*)/.exec(head)?.[1]?.trim();
  if (line === undefined || line === '') return { kind: 'script', path: absolute, interpreter: undefined };
  const [interpreter = '', ...rest] = line.split(/[ \t]+/);
  return {
    kind: 'script',
    path: absolute,
    interpreter: rest.length > 0 ? [interpreter, rest.join(' ')] : [interpreter],
  };
}

const MAGIC = '\u007fELF\u0000';

/** The contents of a file that stands for the machine's program `name`: what image layers hold for binaries. */
export const programFile = (name: string): string => `${MAGIC}${name}\u0000`;

/** The program that a file stands for. */
export function programName(contents: Uint8Array): string | undefined {
  if (contents[0] !== 0x7f || contents[1] !== 0x45) return undefined;
  return /^\u007fELF\u0000([^\u0000]+)\u0000/.exec(decode(contents.subarray(0, 128)))?.[1];
}
