import { expect, test } from 'vitest';
import { linePlot } from './line-plot.ts';

test('draws every point, with axes that begin at zero and end beyond the last', () => {
  const svg = linePlot({
    title: 'Time',
    xLabel: 'pods',
    yLabel: 'seconds',
    points: [
      { x: 0, y: 0 },
      { x: 5000, y: 7.5 },
    ],
  });
  expect(svg.match(/<circle/g)).toHaveLength(2);
  expect(svg).toContain('>5,000</text>');
  expect(svg).toContain('>8</text>');
  // The corner of the axes, and the point at their other end.
  expect(svg).toContain('points="64,344 616,66.5"');
});
