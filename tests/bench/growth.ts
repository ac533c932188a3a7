/**
 * How time and work grow with the number of pods: one Deployment, a node for every hundred pods. Writes the plot into
 * `docs/bench/`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DeploymentBench } from './cluster.ts';
import { linePlot, type Point } from './line-plot.ts';
import type { Report } from './measurement.ts';
import type { PartOptions } from './parts.ts';
import { timed } from './stopwatch.ts';

const PODS = [100, 300, 1000, 3000, 5000];
const PODS_PER_NODE = 100;
const DIRECTORY = fileURLToPath(new URL('../../docs/bench/', import.meta.url));

export async function measure(report: Report, { writesDocs }: PartOptions): Promise<void> {
  // The first cluster of a process also pays for compiling.
  await start(100);
  const points: Point[] = [];
  for (const pods of PODS) {
    const { wallMs, cpuMs } = await start(pods);
    points.push({ x: pods, y: Math.round(cpuMs) / 1000 });
    report({
      name: `${pods.toLocaleString('en')} pods settled, ${pods / PODS_PER_NODE} nodes`,
      value: wallMs,
      unit: 'ms',
      cpuMs,
    });
    if (writesDocs) draw(points);
  }
}

/** The plot so far: a run that is cut short leaves what it has. */
function draw(points: readonly Point[]): void {
  mkdirSync(DIRECTORY, { recursive: true });
  const svg = linePlot({
    title: 'One Deployment, from its creation until nothing is left to do',
    xLabel: 'pods, 100 a node',
    yLabel: 'seconds of CPU, in Node',
    points,
  });
  writeFileSync(`${DIRECTORY}pods-settled.svg`, svg);
}

async function start(pods: number): Promise<{ wallMs: number; cpuMs: number }> {
  const bench = new DeploymentBench(Math.max(1, pods / PODS_PER_NODE));
  await bench.cluster.ready;
  const time = await timed(async () => {
    await bench.start(pods);
    await bench.settled();
  });
  bench.failOnErrors();
  bench.cluster.dispose();
  return time;
}
