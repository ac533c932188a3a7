/** `bash`. */
import type { Program } from '../../../os/machine.ts';
import { runShell } from '../../run-shell.ts';

export const program: Program = (process) =>
  runShell(process, { flavour: 'bash', args: process.argv.slice(1) });
