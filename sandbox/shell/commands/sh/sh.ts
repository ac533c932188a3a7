/** `sh`: the shell with busybox ash's prompt and messages, for containers. */
import type { Program } from '../../../os/machine.ts';
import { runShell } from '../../run-shell.ts';

export const program: Program = (process) =>
  runShell(process, { flavour: 'sh', args: process.argv.slice(1) });
