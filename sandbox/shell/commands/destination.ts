/** The operands of `cp`, `mv` and `ln`: sources and where they go. */
import type { FileStat, FileSystem } from '../../os/file-system.ts';
import type { Process } from '../../os/process.ts';
import { CommandError, quoted, UsageError, type Options } from './command.ts';

export interface Destination {
  sources: string[];
  target: string;
  /** Sources keep their names inside `target`. */
  isDirectory: boolean;
}

/** @param verb for the message about operands that are missing */
export function destination(
  process: Process,
  options: Options,
  operands: string[],
  verb: string,
): Destination {
  const directory = options.get('t');
  if (directory !== undefined) {
    if (operands.length === 0) throw new UsageError('missing file operand');
    return { sources: operands, target: directory, isDirectory: true };
  }
  if (operands.length === 0) throw new UsageError('missing file operand');
  if (operands.length === 1)
    throw new UsageError(`missing destination file operand after ${quoted(operands[0]!)}`);
  const target = operands.at(-1)!;
  const sources = operands.slice(0, -1);
  const kind = kindOf(process.fileSystem, process.resolve(target));
  const isDirectory = kind === 'directory' && !options.has('T');
  if (sources.length > 1 && !isDirectory) {
    throw new CommandError(
      kind === undefined
        ? `target ${quoted(target)}: No such file or directory`
        : `target ${quoted(target)}: Not a directory`,
    );
  }
  if (!isDirectory && target.endsWith('/') && kind === undefined && verb === 'copy') {
    throw new CommandError(`cannot create regular file ${quoted(target)}: Not a directory`);
  }
  return { sources, target, isDirectory };
}

/** What is at `path`, symlinks followed; undefined for nothing. */
export function kindOf(files: FileSystem, path: string): FileStat['kind'] | undefined {
  try {
    return files.stat(path).kind;
  } catch {
    return undefined;
  }
}
