/** Tables as istioctl prints them: five blanks between columns. */
import { TabWriter } from '../kubectl/tab-writer.ts';

export function tableText(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const writer = new TabWriter({ minWidth: 0, padding: 5 });
  for (const cells of [heads, ...rows]) writer.write(`${cells.join('\t')}\n`);
  return writer.flush();
}
