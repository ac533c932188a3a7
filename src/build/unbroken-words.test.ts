import { expect, test } from 'vitest';
import { parts } from './unbroken-words.ts';

/** What stays in one piece stands in brackets. */
const shown = (text: string) =>
  parts(text)
    .map((part) => (part.unbroken ? `[${part.text}]` : part.text))
    .join('');

test.each([
  ['kubectl get pods', 'kubectl get pods'],
  ['-l', '[-l]'],
  [' -l app=web --dry-run=server', ' [-l] app=web [--dry-run=server]'],
  ['docker stop kind-worker', 'docker stop [kind-worker]'],
  ['--sort-by=.metadata.creationTimestamp', '[--sort-by=].metadata.creationTimestamp'],
  ["custom-columns='NAME:.metadata.name'", "[custom-columns=]'NAME:.metadata.name'"],
  ['a-name-that-is-longer-than-a-phone', 'a-name-that-is-longer-than-a-phone'],
  ['--a-name-that-is-longer-than-a-phone', '--a-name-that-is-longer-than-a-phone'],
])('%s', (text, want) => {
  expect(shown(text)).toBe(want);
  expect(
    parts(text)
      .map((part) => part.text)
      .join(''),
  ).toBe(text);
});
