/**
 * An add-on of a real cluster, as it is declared: what is installed, from where, in which version, and whether
 * a recorded run has shown that exercises work on it (`docs/exercises-on-kind.md`). One that is not proven is
 * not offered; a declaration alone installs nothing.
 */

/** A manifest at an address that names its version. */
export interface ManifestStep {
  kind: 'manifest';
  url: string;
  /** Of its contents, hex, where it is known; other contents are refused. */
  sha256?: string;
}

/**
 * A chart of a repository, installed with a release's name into a namespace of its own. The repository's index has the sum
 * of its contents.
 */
export interface ChartStep {
  kind: 'chart';
  repository: string;
  chart: string;
  version: string;
  release: string;
  namespace: string;
  /** As `--set` takes them. */
  values?: Record<string, string>;
}

/** A merge patch of an object that a step before has made. */
export interface PatchStep {
  kind: 'patch';
  /** `configmap/config-network` */
  object: string;
  namespace: string;
  patch: unknown;
}

export type AddOnStep = ManifestStep | ChartStep | PatchStep;

export interface AddOn {
  /** As `addons` of `exercise.yaml` has it. */
  name: string;
  /** What it is, for people. */
  title: string;
  version: string;
  /** Add-ons that have to be there before. */
  needs?: string[];
  /** Where its own pods run: not the learner's, and exempt from Pod Security's defaults. */
  namespaces: string[];
  /** Its Services that learners may ask through the API server, by namespace, name and port: `istio-system/prometheus:9090`. */
  openServices?: string[];
  /**
   * What its controllers make by themselves elsewhere, by resource and name, in whatever namespace:
   * `configmaps/istio-ca-root-cert`. A reset leaves it alone.
   */
  makes?: string[];
  steps: AddOnStep[];
  /** The day of the recorded run. Absent: the add-on is off. */
  proven?: string;
}

/** The commands that install it with an administrator's kubeconfig, in order, for a shell. */
export function commandsOf(addOn: AddOn): string[] {
  const installs = addOn.steps.map((step) => {
    switch (step.kind) {
      case 'manifest':
        return `kubectl apply --server-side --force-conflicts -f ${step.url}`;
      case 'chart': {
        const values = Object.entries(step.values ?? {}).map(([key, value]) => ` --set ${key}=${value}`);
        return (
          `helm upgrade --install ${step.release} ${step.chart} --repo ${step.repository}` +
          ` --version ${step.version} --namespace ${step.namespace} --create-namespace --wait${values.join('')}`
        );
      }
      case 'patch':
        return `kubectl patch ${step.object} --namespace ${step.namespace} --type merge --patch '${JSON.stringify(step.patch)}'`;
    }
  });
  const waits = addOn.namespaces.map(
    (namespace) =>
      `kubectl wait deployment --all --namespace ${namespace} --for condition=Available --timeout 5m`,
  );
  return [...installs, ...waits];
}
