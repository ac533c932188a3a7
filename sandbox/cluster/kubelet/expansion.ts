/** `$(NAME)` in command, args and env: third_party/forked/golang/expansion. `$$` is a literal dollar. */
export function expand(text: string, values: Readonly<Record<string, string>>): string {
  if (!text.includes('$')) return text;
  let out = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '$' || i + 1 === text.length) {
      out += text[i];
      continue;
    }
    if (text[i + 1] === '$') {
      out += '$';
      i++;
      continue;
    }
    const end = text[i + 1] === '(' ? text.indexOf(')', i + 2) : -1;
    if (end < 0) {
      out += '$';
      continue;
    }
    const name = text.slice(i + 2, end);
    // A name that is not known is left as it stands.
    out += Object.hasOwn(values, name) ? values[name] : `$(${name})`;
    i = end;
  }
  return out;
}
