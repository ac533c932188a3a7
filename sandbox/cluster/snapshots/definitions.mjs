/**
 * Makes `definitions-8.6.json` from the sources of the snapshot controller
 * (github.com/kubernetes-csi/external-snapshotter, Apache-2.0, tag v8.6.0): `node definitions.mjs client/config/crd`.
 * Descriptions are left out, and v1beta1, which 8.6 no longer serves or needs a webhook to convert.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { withoutDescriptions } from '../gateway/without-descriptions.mjs';

const directory = process.argv[2];
const NAMES = ['classes', 'contents', 's'];
const SOURCES = [
  'snapshot.storage.k8s.io_volumesnapshot',
  'groupsnapshot.storage.k8s.io_volumegroupsnapshot',
];

const definitions = SOURCES.flatMap((source) =>
  NAMES.map((name) => {
    const { status: _, ...definition } = load(readFileSync(`${directory}/${source}${name}.yaml`, 'utf8'));
    const versions = definition.spec.versions.filter(({ name: version }) => version !== 'v1beta1');
    for (const version of versions) version.storage = version.name === 'v1';
    delete definition.metadata.creationTimestamp;
    return withoutDescriptions({ ...definition, spec: { ...definition.spec, versions } });
  }),
);
writeFileSync(new URL('definitions-8.6.json', import.meta.url), `${JSON.stringify(definitions)}\n`);
