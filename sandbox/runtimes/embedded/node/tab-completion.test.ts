/** Tab in the learner's terminal, through shell, kubectl and API. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode, encode } from '../../../core/bytes.ts';
import type { EmbeddedSession } from '../embedded-session.ts';
import { openEmbedded } from './open-embedded.ts';

let session: EmbeddedSession;
beforeAll(async () => {
  session = await openEmbedded({
    id: 'test/tab',
    version: '1',
    files: { 'manifest.yaml': 'kind: ConfigMap\n' },
    manifests: [],
    namespace: 'default',
    nodes: 1,
  });
});
afterAll(() => session.close());

test.each([
  { name: 'a command', typed: 'kubec\t', want: 'kubectl ' },
  { name: 'a verb', typed: 'kubectl desc\t', want: 'kubectl describe ' },
  { name: 'a kind', typed: 'kubectl get configm\t', want: 'kubectl get configmaps ' },
  { name: 'the name of an object', typed: 'kubectl get node slip\t', want: 'node slipway-control-plane ' },
  { name: 'a file', typed: 'cat mani\t', want: 'cat manifest.yaml ' },
])('$name', async ({ name, typed, want }) => {
  const terminal = await session.terminals.open({ name, columns: 100, rows: 24 });
  let shown = '';
  terminal.onOutput((bytes) => void (shown += decode(bytes)));
  terminal.write(encode(typed));
  await expect.poll(() => shown, { timeout: 4000 }).toContain(want);
  terminal.close();
});
