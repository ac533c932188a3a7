/** Names of files as git prints them. */

/** core.quotePath: in C's quotes when a byte is not plain ASCII; short status also quotes blanks. */
export function quotedPath(path: string, blanks = false): string {
  const bytes = [...new TextEncoder().encode(path)];
  if (!bytes.some((byte) => byte < 32 || byte > 126 || byte === 34 || byte === 92))
    return blanks && path.includes(' ') ? `"${path}"` : path;
  return `"${bytes.map((byte) => (byte === 34 || byte === 92 ? `\\${String.fromCharCode(byte)}` : byte < 32 || byte > 126 ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte))).join('')}"`;
}
