import { expect, test } from 'vitest';
import type { Measurement } from './measurement.ts';
import { rowsOf, withTable, type MeasuredPart } from './measured.ts';

const README =
  'before\n<!-- measured: written by `npm run bench` -->\nold\n<!-- end of measured -->\nafter\n';

const part = (measurements: Measurement[], failure?: string): MeasuredPart => ({
  date: '2026-11-27T14:30:00.000Z',
  machine: { cpu: 'Some CPU', cores: 2, node: 'v24.21.0', loadAverage: 0.25 },
  measurements,
  ...(failure ? { failure } : {}),
});

test('the table stands between its marks, with when and where each part was measured', () => {
  const shell: Measurement = { name: 'yes | head', value: 0.08, unit: 's', goal: 1.5, cpuMs: 77.6 };
  const readme = withTable(README, { shell: part([shell]), peer: part([], 'peer: not done after 1 s') });
  expect(readme).toBe(`before
<!-- measured: written by \`npm run bench\` -->

| measured | value | CPU | goal |  |
| --- | ---: | ---: | ---: | --- |
| yes \\| head | 0.08 s | 77.6 ms | ≤ 1.5 s | reached |

When and where each part was measured:

- shell: 2026-11-27, 2 × Some CPU, Node v24.21.0, load average 0.3
- peer: 2026-11-27, 2 × Some CPU, Node v24.21.0, load average 0.3 (**peer: not done after 1 s**)

<!-- end of measured -->
after
`);
});

test('a README without marks is said to have none', () => {
  expect(() => withTable('nothing', {})).toThrow('docs/bench/README.md has no lines <!-- measured');
});

test('the peer is compared with where both were measured', () => {
  const ours: Measurement = { name: '1,000 pods Ready on 10 nodes', value: 2000, unit: 'ms' };
  const peers: Measurement = {
    name: '1,000 pods Ready on 10 nodes, @ngrok/webernetes',
    value: 50,
    unit: 's',
  };
  expect(rowsOf({ peer: part([peers]) })).toEqual([peers]);
  expect(rowsOf({ cluster: part([ours]), peer: part([peers]) })).toEqual([
    ours,
    peers,
    { name: 'the same, times as fast as the peer', value: 25, unit: '×', goal: 1, atLeast: true },
  ]);
});
