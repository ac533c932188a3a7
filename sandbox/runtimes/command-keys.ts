/**
 * What is typed into a terminal so that a command runs at the shell's prompt: by the buttons beside a lesson's
 * commands, and by the proof that each of them works.
 */

const CTRL_U = '\x15';
const PASTE = ['\x1b[200~', '\x1b[201~'] as const;

/**
 * Several lines come as a paste: they are run as one, and no program among them reads the lines that follow
 * it. A line that was half typed does not become part of the command.
 */
export function commandKeys(command: string): string {
  const typed = command.includes('\n') ? `${PASTE[0]}${command}${PASTE[1]}` : command;
  return `${CTRL_U}${typed}\r`;
}
