/** One Deployment of 5,000 pods on fifty nodes: what 1,000 on ten cost, five times. */
import { DeploymentBench } from './cluster.ts';
import type { Report } from './measurement.ts';
import { BlockWatch, timed } from './stopwatch.ts';

export async function measure(report: Report): Promise<void> {
  const bench = new DeploymentBench(50);
  await bench.cluster.ready;
  const watch = new BlockWatch();
  const { wallMs, cpuMs } = await timed(() => bench.start(5000));
  const block = watch.take();
  watch.stop();
  report({ name: '5,000 pods Ready on 50 nodes', value: wallMs, unit: 'ms', goal: 10_000, cpuMs });
  report({
    name: 'longest block meanwhile, 5,000',
    value: block.wallMs,
    unit: 'ms',
    goal: 50,
    cpuMs: block.cpuMs,
  });
  bench.failOnErrors();
}
