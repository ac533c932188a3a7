/** `sh`: the shell with busybox ash's prompt and messages, for containers. */
import { forEachChild, parse } from 'unbash';
import type { Program } from '../../../os/machine.ts';
import { provideParser } from '../../parser.ts';
import { runShell } from '../../run-shell.ts';
import { withUsage } from '../command.ts';

provideParser({ parse, forEachChild });

const run: Program = (process) => runShell(process, { flavour: 'sh', args: process.argv.slice(1) });

export const program = withUsage(
  'sh [option] ... [script-file [argument]...]\n       sh -c STRING [name [argument]...]\nThe shell of the images.',
  run,
);
