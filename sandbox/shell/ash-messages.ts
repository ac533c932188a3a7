/**
 * The words of busybox' ash (1.35) for what the shell complains about, where they are not bash's. Left out:
 * exit codes, which are bash's.
 */

/** A message of ours, what ash says, and the builtin that says it, which puts the line into the message. */
const MESSAGES: [pattern: RegExp, words: string, builtin?: string][] = [
  [/^(cd): (.*): ([^:]+)$/, "can't cd to $2: $3", 'cd'],
  [/^(exit|return): (.*): numeric argument required$/, 'Illegal number: $2', '$1'],
  [/^(export|readonly|local): `(.*?)(?:=.*)?': not a valid identifier$/, '$2: bad variable name', '$1'],
  [/^(.*): unbound variable$/, '$1: parameter not set'],
  [/^(.*): parameter null or not set$/, '$1: parameter not set or null'],
  [/^.*: division by 0 \(.*$/, 'divide by zero'],
  [/^(.*): readonly variable$/, '$1: is read only'],
  [/^(?:test|\[): (.*): integer expression expected$/, '$1: bad number'],
  [/^\[: missing `\]'$/, 'missing ]'],
  [/^printf: (.*): invalid number$/, "invalid number '$1'"],
  [/^kill: \((\d+)\) - (.*)$/, "can't kill pid $1: $2"],
  [/^kill: (.*): arguments must be process or job IDs$/, "invalid number '$1'"],
];

/** What ash says instead of `message`, and the builtin it names. */
export function ashMessage(message: string): { message: string; builtin: string | undefined } {
  for (const [pattern, words, builtin] of MESSAGES) {
    if (!pattern.test(message)) continue;
    return {
      message: message.replace(pattern, words),
      builtin: builtin && message.replace(pattern, builtin),
    };
  }
  return { message, builtin: undefined };
}

/** Why a redirection fails: to read, or to write. */
export function ashRedirection(target: string, code: string, text: string, writes: boolean): string {
  if (writes) return `can't create ${target}: ${code === 'ENOENT' ? 'nonexistent directory' : text}`;
  return `can't open ${target}: ${code === 'ENOENT' ? 'no such file' : text}`;
}

/** The one line for a text that does not parse. */
export function ashSyntaxError(message: string): string {
  if (/unexpected EOF while looking for matching [`'"]+['"]/.test(message) && /["']'$/.test(message))
    return 'syntax error: unterminated quoted string';
  if (/unexpected EOF|unexpected end of file/.test(message)) return 'syntax error: unexpected end of file';
  const token = /syntax error near unexpected token [`'](.*)'$/.exec(message)?.[1];
  return token === undefined
    ? message
    : `syntax error: unexpected ${token === 'newline' ? token : `"${token}"`}`;
}
