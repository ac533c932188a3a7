/** Against the Tables of a real 1.35 API server (`recorded/tables.json`). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../object.ts';
import { type Column, parseApiVersion, TypeRegistry } from '../schema.ts';
import { tableFor } from './table.ts';

interface Recorded {
  groupVersion: string;
  resource: string;
  nowMs: number;
  columns: Column[];
  rows: { cells: unknown[]; object: KubernetesObject }[];
}

const path = new URL('../recorded/tables.json', import.meta.url);
const recorded = JSON.parse(readFileSync(path, 'utf8')) as Recorded[];
const registry = TypeRegistry.builtin();

/** Kinds whose rows are their name and age here: nobody in the course looks at them. */
const NAME_AND_AGE = new Set([
  'certificatesigningrequests',
  'ipaddresses',
  'servicecidrs',
  'flowschemas',
  'prioritylevelconfigurations',
]);

describe('table', () => {
  test.each(recorded.map((each) => [`${each.groupVersion} ${each.resource}`, each] as const))(
    '%s',
    (_name, { groupVersion, resource, nowMs, columns, rows }) => {
      const objects = rows.map(({ object }) => object);
      const gvr = { ...parseApiVersion(groupVersion), resource };
      const table = tableFor(objects, gvr, { nowMs, registry });
      if (NAME_AND_AGE.has(resource)) {
        expect(table.columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'Age']);
        return;
      }
      expect(table.columnDefinitions.map((c) => [c.name, c.type, c.format, c.priority])).toEqual(columns);
      expect(table.rows.map(({ cells }) => cells)).toEqual(rows.map(({ cells }) => cells));
    },
  );
});
