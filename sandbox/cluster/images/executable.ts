/**
 * Executable files. An image's binaries are real files, so that they can be listed, copied, removed and
 * lose their x bit; inside stands the name of the `Program` that runs (see `os/executable.ts`).
 */
import { decode, encode } from '../../core/bytes.ts';
import { programFile, programName } from '../../os/executable.ts';
import type { FileSystem } from '../../os/file-system.ts';
import type { Program } from '../../os/machine.ts';
import { joinPath, resolvePath } from '../../os/path.ts';

/** In front of the name, so that it is no command of the machine: only the file leads to the program. */
const PREFIX = 'image:';

/** Contents of a binary that runs the program called `name`. */
export const executable = (name: string): Uint8Array => encode(programFile(PREFIX + name));

/** The program's name, or undefined when the contents are no binary of an image. */
function programNameOf(contents: Uint8Array): string | undefined {
  const name = programName(contents);
  return name?.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined;
}

/** For a machine's `findProgram`: what its shell found in a binary's file. */
export function programOfMarker(
  programs: ProgramTable,
  marker: string,
): Promise<Program> | Program | undefined {
  return marker.startsWith(PREFIX) ? programs.get(marker.slice(PREFIX.length))?.() : undefined;
}

/** The interpreter line of a script (`#!/bin/sh -e` → `['/bin/sh', '-e']`), or undefined. */
function interpreterOf(contents: Uint8Array): string[] | undefined {
  if (contents[0] !== 0x23 || contents[1] !== 0x21) return undefined;
  const end = contents.indexOf(10);
  const line = decode(contents.subarray(2, end < 0 ? contents.length : Math.min(end, 255))).trim();
  const space = line.search(/\s/);
  if (space < 0) return line ? [line] : undefined;
  return [line.slice(0, space), line.slice(space).trim()];
}

/** Programs by the name in their binary, loaded when first run. */
export type ProgramTable = ReadonlyMap<string, () => Promise<Program> | Program>;

/** Why `execve` refuses; `message` is runc's, which the kubelet passes on. */
export class ExecError extends Error {}

/** What to run for a command. */
export interface Executable {
  program: string;
  /** Arguments a `#!` line puts in front of the file and the arguments proper. */
  argvPrefix: string[];
}

/** A script's interpreter may be a script itself, but not for ever. */
const MAX_INTERPRETERS = 4;

/**
 * Looks up `command` as runc does: through `path` (of `$PATH`), or as a path of its own.
 * Throws `ExecError`.
 */
export function findExecutable(
  files: FileSystem,
  command: string,
  path: string,
  directory: string,
): Executable {
  if (!command.includes('/')) {
    for (const candidate of path.split(':')) {
      const place = resolvePath(directory, joinPath(candidate || '.', command));
      if (isExecutable(files, place)) return load(files, place, command, []);
    }
    throw new ExecError(`exec: "${command}": executable file not found in $PATH`);
  }
  const place = resolvePath(directory, command);
  if (!exists(files, place))
    throw new ExecError(`exec: "${command}": stat ${command}: no such file or directory`);
  if (!isExecutable(files, place)) throw new ExecError(`exec: "${command}": permission denied`);
  return load(files, place, command, []);
}

function load(files: FileSystem, place: string, command: string, argvPrefix: string[]): Executable {
  const contents = files.readFile(place);
  const program = programNameOf(contents);
  if (program) return { program, argvPrefix };
  const interpreter = interpreterOf(contents);
  if (!interpreter || argvPrefix.length > MAX_INTERPRETERS)
    throw new ExecError(`exec ${command}: exec format error`);
  if (!exists(files, interpreter[0]!)) throw new ExecError(`exec ${command}: no such file or directory`);
  return load(files, interpreter[0]!, interpreter[0]!, [...interpreter, place, ...argvPrefix.slice(2)]);
}

function exists(files: FileSystem, path: string): boolean {
  try {
    files.stat(path);
    return true;
  } catch {
    return false;
  }
}

function isExecutable(files: FileSystem, path: string): boolean {
  try {
    const { kind, mode } = files.stat(path);
    return kind === 'file' && (mode & 0o111) !== 0;
  } catch {
    return false;
  }
}
