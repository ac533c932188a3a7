/** GNU `install`: files into a place with a mode, or directories. */
import { joinPath, nameOf } from '../../../os/path.ts';
import { CommandError, defineCommand, errnoMessage, quoted, UsageError } from '../command.ts';
import { destination } from '../destination.ts';

export const program = defineCommand(
  {
    short: 'cdDm:t:Tv',
    long: { directory: 'd', mode: 'm', 'target-directory': 't', 'no-target-directory': 'T', verbose: 'v' },
    usage:
      'install [OPTION]... SOURCE... DEST\n  or:  install -d [OPTION]... DIRECTORY...\nCopy files and set their mode.\n\n  -d, --directory   treat all arguments as directory names; create all components\n  -D                create all leading components of DEST\n  -m, --mode=MODE   set permission mode (octal, default 755)\n  -v, --verbose     print the name of each created file or directory',
  },
  async (process, options, operands) => {
    const text = options.get('m') ?? '755';
    if (!/^[0-7]+$/.test(text)) throw new CommandError(`invalid mode ${quoted(text)}`);
    const mode = Number.parseInt(text, 8);
    const files = process.fileSystem;
    if (options.has('d')) {
      if (operands.length === 0) throw new UsageError('missing file operand');
      for (const each of operands) {
        files.mkdir(process.resolve(each), { recursive: true });
        files.chmod(process.resolve(each), mode);
        if (options.has('v')) await process.print(`install: creating directory ${quoted(each)}\n`);
      }
      return 0;
    }
    if (options.has('D') && operands.length > 1) {
      const path = process.resolve(operands.at(-1)!);
      files.mkdir(path.slice(0, path.lastIndexOf('/')) || '/', { recursive: true });
    }
    const { sources, target, isDirectory } = destination(process, options, operands, 'install');
    let status = 0;
    for (const source of sources) {
      const to = isDirectory ? joinPath(target, nameOf(source)) : target;
      try {
        files.writeFile(process.resolve(to), files.readFile(process.resolve(source)).slice());
        files.chmod(process.resolve(to), mode);
        if (options.has('v')) await process.print(`${quoted(source)} -> ${quoted(to)}\n`);
      } catch (error) {
        await process.printError(`install: cannot stat ${quoted(source)}: ${errnoMessage(error)}\n`);
        status = 1;
      }
    }
    return status;
  },
);
