/** The contract on the embedded cluster where learners have it: in a Worker, in Chromium. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contractCases } from '../../sandbox/runtimes/contract/contract.ts';
import { openBuiltPage, type BuiltPage } from './built-page.ts';

let built: BuiltPage;
beforeAll(async () => {
  built = await openBuiltPage('tests/browser/contract-page');
  await built.page.waitForFunction(() => 'runContractCase' in window);
});
afterAll(() => built?.close());

for (const [index, { name }] of contractCases.entries()) {
  test(name, async () => {
    expect(await built.page.evaluate((at) => window.runContractCase(at), index)).toBeUndefined();
  });
}
