/**
 * Makes `standard-1.6.json` from the Gateway API's sources (github.com/kubernetes-sigs/gateway-api, Apache-2.0, tag
 * v1.6.1): `node standard.mjs config/crd`. Of the standard channel's definitions those that the gateway serves, version
 * v1 alone and without descriptions, which take four fifths of the room, and without the rules of `spec.infrastructure`
 * and of timeouts, whose cost the server here puts over its budget (the real one does not). From the experimental
 * channel a rule's `retry` is added: gateway and mesh do what it says.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { withoutDescriptions } from './without-descriptions.mjs';

const directory = process.argv[2];
const read = (channel, name) =>
  load(readFileSync(`${directory}/${channel}/gateway.networking.k8s.io_${name}.yaml`, 'utf8'));
const rulesOf = (version) => version.schema.openAPIV3Schema.properties.spec.properties.rules.items.properties;
const NAMES = ['gatewayclasses', 'gateways', 'httproutes', 'referencegrants'];

const definitions = NAMES.map((name) => {
  const definition = read('standard', name);
  definition.spec.versions = definition.spec.versions.filter((version) => version.name === 'v1');
  definition.spec.versions[0].storage = true;
  const { infrastructure, rules } =
    definition.spec.versions[0].schema.openAPIV3Schema.properties.spec?.properties ?? {};
  const costly = [...Object.values(infrastructure?.properties ?? {}), rules?.items.properties.timeouts ?? {}];
  for (const schema of costly) delete schema['x-kubernetes-validations'];
  if (name === 'httproutes') {
    const { versions } = read('experimental', name).spec;
    const { retry } = rulesOf(versions.find((version) => version.name === 'v1'));
    delete retry.properties.backoff['x-kubernetes-validations'];
    rulesOf(definition.spec.versions[0]).retry = retry;
  }
  delete definition.status;
  delete definition.metadata.creationTimestamp;
  return withoutDescriptions(definition);
});
// The CEL library knows has() of a field of a name, not of an element; behind `size(…) != 1 ||` both say the same.
const text = JSON.stringify(definitions).replaceAll(
  '!has(self.matches[0].path)',
  '!self.matches.exists(m, has(m.path))',
);
writeFileSync(new URL('standard-1.6.json', import.meta.url), `${text}\n`);
