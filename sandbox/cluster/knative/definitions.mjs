/**
 * Makes `definitions-1.22.json` from Knative's sources (github.com/knative/serving, tag knative-v1.22.1, and
 * github.com/knative/eventing, tag knative-v1.22.2; Apache-2.0): `node definitions.mjs serving eventing`, with the
 * paths of both. Of their definitions those that the add-on serves, version by version as they are, without
 * descriptions (half of the room) and without conversion webhooks: each has one version that is stored.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { withoutDescriptions } from '../gateway/without-descriptions.mjs';

const [serving, eventing] = process.argv.slice(2);
const FILES = [
  ...['service', 'configuration', 'revision', 'route', 'podautoscaler'].map(
    (name) => `${serving}/config/core/300-resources/${name}.yaml`,
  ),
  ...['broker', 'trigger'].map((name) => `${eventing}/config/core/resources/${name}.yaml`),
];

const definitions = FILES.map((file) => {
  const definition = load(readFileSync(file, 'utf8'));
  definition.spec.versions = definition.spec.versions.filter((version) => version.storage);
  delete definition.spec.conversion;
  delete definition.status;
  const { labels } = definition.metadata;
  if (labels['app.kubernetes.io/version']) labels['app.kubernetes.io/version'] = '1.22';
  return withoutDescriptions(definition);
});
writeFileSync(new URL('definitions-1.22.json', import.meta.url), `${JSON.stringify(definitions)}\n`);
