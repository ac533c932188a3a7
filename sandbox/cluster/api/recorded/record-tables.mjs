/**
 * Records the Tables of a cluster in which all sorts of things go right and wrong, with the objects they
 * were printed from: `node record-tables.mjs http://127.0.0.1:8001` through `kubectl proxy`. At most
 * `ROWS` rows of each resource, and of pods all.
 */
import { writeFileSync } from 'node:fs';

const server = process.argv[2] ?? 'http://127.0.0.1:8001';
const ROWS = 4;
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

async function get(path, accept = 'application/json') {
  const response = await fetch(server + path, { headers: { accept } });
  return response.json();
}

const groups = (await get('/apis')).groups.flatMap((group) => group.versions.map((v) => v.groupVersion));
const lines = [];
for (const groupVersion of ['v1', ...groups]) {
  const root = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
  for (const resource of (await get(root)).resources) {
    if (resource.name.includes('/') || !resource.verbs.includes('list')) continue;
    const nowMs = Date.now();
    const answer = await get(`${root}/${resource.name}?includeObject=Object`, table);
    const rows = (answer.rows ?? []).map(({ cells, object }) => {
      delete object.metadata.managedFields;
      if (object.metadata.annotations)
        delete object.metadata.annotations['kubectl.kubernetes.io/last-applied-configuration'];
      return { cells, object };
    });
    if (rows.length === 0) continue;
    const columns = answer.columnDefinitions.map(({ name, type, format, priority }) => [
      name,
      type,
      format,
      priority,
    ]);
    const kept = resource.name === 'pods' ? rows : rows.slice(0, ROWS);
    lines.push(JSON.stringify({ groupVersion, resource: resource.name, nowMs, columns, rows: kept }));
  }
}
writeFileSync(new URL('tables.json', import.meta.url), `[\n${lines.join(',\n')}\n]\n`);
