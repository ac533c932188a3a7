/** `bash`. */
import { forEachChild, parse } from 'unbash';
import type { Program } from '../../../os/machine.ts';
import { provideParser } from '../../parser.ts';
import { runShell } from '../../run-shell.ts';
import { withUsage } from '../command.ts';

provideParser({ parse, forEachChild });

const run: Program = (process) => runShell(process, { flavour: 'bash', args: process.argv.slice(1) });

export const program = withUsage(
  'bash [option] ... [script-file [argument]...]\n       bash -c STRING [name [argument]...]\nThe GNU Bourne-Again SHell. Options: -c, -i, -l, -n, -s, those of `set`, and -O NAME of `shopt`.',
  run,
);
