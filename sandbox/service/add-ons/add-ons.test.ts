import { expect, test } from 'vitest';
import { commandsOf } from './add-on.ts';
import { ADD_ONS, addOnsFor, addOnTrouble } from './add-ons.ts';

test('every source names the version that it is', () => {
  for (const { name, version, steps } of ADD_ONS) {
    const versions = version.split(', ');
    for (const step of steps) {
      if (step.kind === 'manifest') {
        expect(step.url, name).toMatch(/^https:\/\//);
        expect(
          versions.some((each) => step.url.includes(`/${each}/`)),
          `${step.url} is of ${version}`,
        ).toBe(true);
      }
      if (step.kind === 'chart') expect(step.version, name).toMatch(/^\d+\.\d+\.\d+$/);
    }
  }
});

test('what an add-on needs comes before it, and once', () => {
  expect(addOnsFor(['prometheus', 'mesh', 'jaeger']).map(({ name }) => name)).toEqual([
    'gateway-api',
    'mesh',
    'prometheus',
    'jaeger',
  ]);
});

test('an unknown name is answered with those that there are', () => {
  expect(() => addOnsFor(['linkerd'])).toThrow(
    'There is no add-on linkerd for real clusters; there are gateway-api,',
  );
});

test('one that no run has proven is refused, with what is missing', () => {
  expect(addOnTrouble([])).toBeUndefined();
  expect(addOnTrouble(['mesh'])).toBe(
    'no run on a real cluster has been recorded yet with gateway-api, mesh',
  );
  expect(addOnTrouble(['gateway'])).toBe('a real cluster cannot have gateway');
});

test('the commands install in order and wait for what was installed', () => {
  const [knative] = addOnsFor(['knative']);
  expect(commandsOf(knative!)).toEqual([
    'kubectl apply --server-side --force-conflicts -f https://github.com/knative/serving/releases/download/knative-v1.22.1/serving-crds.yaml',
    'kubectl apply --server-side --force-conflicts -f https://github.com/knative/serving/releases/download/knative-v1.22.1/serving-core.yaml',
    'kubectl apply --server-side --force-conflicts -f https://raw.githubusercontent.com/knative/serving/knative-v1.22.1/third_party/kourier-latest/kourier.yaml',
    `kubectl patch configmap/config-network --namespace knative-serving --type merge --patch '{"data":{"ingress-class":"kourier.ingress.networking.knative.dev"}}'`,
    'kubectl apply --server-side --force-conflicts -f https://github.com/knative/eventing/releases/download/knative-v1.22.2/eventing-crds.yaml',
    'kubectl apply --server-side --force-conflicts -f https://github.com/knative/eventing/releases/download/knative-v1.22.2/eventing-core.yaml',
    'kubectl apply --server-side --force-conflicts -f https://github.com/knative/eventing/releases/download/knative-v1.22.2/in-memory-channel.yaml',
    'kubectl apply --server-side --force-conflicts -f https://github.com/knative/eventing/releases/download/knative-v1.22.2/mt-channel-broker.yaml',
    'kubectl wait deployment --all --namespace knative-serving --for condition=Available --timeout 5m',
    'kubectl wait deployment --all --namespace kourier-system --for condition=Available --timeout 5m',
    'kubectl wait deployment --all --namespace knative-eventing --for condition=Available --timeout 5m',
  ]);
  const [, mesh] = addOnsFor(['mesh']);
  expect(commandsOf(mesh!)[0]).toBe(
    'helm upgrade --install istio-base base --repo https://istio-release.storage.googleapis.com/charts --version 1.30.3 --namespace istio-system --create-namespace --wait',
  );
});
