/** GNU `gzip`, `gunzip` and `zcat`. */
import { concat, EMPTY } from '../../../core/bytes.ts';
import { commandName, defineCommand, errnoMessage } from '../command.ts';
import { gunzip, gzip } from '../compression.ts';
import { kindOf } from '../destination.ts';
import { Inputs } from '../input.ts';

export const program = defineCommand(
  {
    short: '123456789cdfklnqrtv',
    long: {
      stdout: 'c',
      'to-stdout': 'c',
      decompress: 'd',
      uncompress: 'd',
      force: 'f',
      keep: 'k',
      list: 'l',
      test: 't',
      verbose: 'v',
      fast: '1',
      best: '9',
      quiet: 'q',
    },
    usage:
      'gzip [OPTION]... [FILE]...\nCompress or uncompress FILEs (by default, compress FILES in-place).\n\n  -c, --stdout      write on standard output, keep original files unchanged\n  -d, --decompress  decompress\n  -f, --force       force overwrite of output file\n  -k, --keep        keep (do not delete) input files\n  -l, --list        list compressed file contents\n  -t, --test        test compressed file integrity\n  -v, --verbose     verbose mode\n  -1 ... -9         accepted; one level of compression is used',
  },
  async (process, options, operands) => {
    const name = commandName(process);
    const expands = name !== 'gzip' || options.has('d') || options.has('t') || options.has('l');
    const files = process.fileSystem;
    let status = 0;
    let listed = false;
    const fail = async (message: string, code = 1) => {
      status = code;
      await process.printError(`gzip: ${message}\n`);
    };
    for (const path of operands.length > 0 ? operands : ['-']) {
      const standard = path === '-';
      if (!standard && kindOf(files, process.resolve(path)) === 'directory') {
        await fail(`${path} is a directory -- ignored`, 2);
        continue;
      }
      let source = path;
      if (expands && !standard && kindOf(files, process.resolve(path)) === undefined) source = `${path}.gz`;
      const chunks: Uint8Array[] = [];
      if (standard) {
        for await (const input of new Inputs(process, []))
          for (let bytes; (bytes = await input.read());) chunks.push(bytes);
      } else {
        try {
          chunks.push(files.readFile(process.resolve(source)));
        } catch (error) {
          await fail(`${source}: ${errnoMessage(error)}`);
          continue;
        }
      }
      const bytes = chunks.length === 0 ? EMPTY : concat(chunks);
      const toOutput = standard || options.has('c') || name === 'zcat';
      if (!expands) {
        if (!toOutput && path.endsWith('.gz') && !options.has('f')) {
          await fail(`${path} already has .gz suffix -- unchanged`, 2);
          continue;
        }
        const packed = await gzip(process, bytes);
        if (toOutput) await process.print(packed);
        else {
          if (kindOf(files, process.resolve(`${path}.gz`)) !== undefined && !options.has('f')) {
            await fail(`${path}.gz already exists;\tnot overwritten`, 2);
            continue;
          }
          files.writeFile(process.resolve(`${path}.gz`), packed);
          if (options.has('v'))
            await process.printError(
              `${path}:\t${ratio(bytes.length, packed.length)} -- ${options.has('k') ? 'created' : 'replaced with'} ${path}.gz\n`,
            );
          if (!options.has('k')) files.unlink(process.resolve(path));
        }
        continue;
      }
      const plain = await gunzip(process, bytes);
      if (!plain) {
        await process.printError(
          `\ngzip: ${standard ? 'stdin' : source}: ${bytes.length > 1 && bytes[0] === 0x1f ? 'unexpected end of file' : 'not in gzip format'}\n`,
        );
        status = 1;
        continue;
      }
      if (options.has('t')) continue;
      if (options.has('l')) {
        if (!listed)
          await process.print('         compressed        uncompressed  ratio uncompressed_name\n');
        listed = true;
        await process.print(
          `${String(bytes.length).padStart(19)} ${String(plain.length).padStart(19)} ${ratio(plain.length, bytes.length)} ${source.replace(/\.gz$/, '')}\n`,
        );
        continue;
      }
      if (toOutput) {
        await process.print(plain);
        continue;
      }
      const target = source.endsWith('.tgz') ? source.replace(/\.tgz$/, '.tar') : source.replace(/\.gz$/, '');
      if (target === source) {
        await fail(`${source}: unknown suffix -- ignored`, 2);
        continue;
      }
      if (kindOf(files, process.resolve(target)) !== undefined && !options.has('f')) {
        await fail(`${target} already exists;\tnot overwritten`, 2);
        continue;
      }
      files.writeFile(process.resolve(target), plain);
      if (!options.has('k')) files.unlink(process.resolve(source));
    }
    return status;
  },
);

const ratio = (plain: number, packed: number): string =>
  `${(plain === 0 ? 0 : (100 * (plain - packed + 18)) / plain).toFixed(1).padStart(5)}%`;
