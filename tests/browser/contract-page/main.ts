/** Runs the contract's cases in a page, against the embedded runtime's Worker. */
import { CONTRACT_START, contractCases } from '../../../sandbox/runtimes/contract/contract.ts';
import { embeddedRuntime } from '../../../sandbox/runtimes/embedded/embedded-runtime.ts';

declare global {
  interface Window {
    /** Names of the cases, in order. */
    contractNames: string[];
    /** Runs the case at `index`; resolves with undefined, or with why it failed. */
    runContractCase(index: number): Promise<string | undefined>;
  }
}

const session = embeddedRuntime().open(CONTRACT_START);

window.contractNames = contractCases.map(({ name }) => name);
window.runContractCase = async (index) => {
  const opened = await session;
  while (opened.status.phase === 'starting') await new Promise((resolve) => setTimeout(resolve, 20));
  try {
    await contractCases[index]!.run(opened);
    return undefined;
  } catch (error) {
    return (error as Error).stack ?? String(error);
  }
};
