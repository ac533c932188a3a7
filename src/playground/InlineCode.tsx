/** Text in which `backticks` mark code, as in the YAML of an exercise. */
export function InlineCode({ text }: { text: string }) {
  return <>{text.split('`').map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part))}</>;
}
