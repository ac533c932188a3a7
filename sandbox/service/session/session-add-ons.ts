/** The add-ons of a session: had before anything is made for it, installed when its cluster is there, then guarded. */
import type Docker from 'dockerode';
import type { ExerciseStart } from '../../runtimes/runtime.ts';
import type { AddOn } from '../add-ons/add-on.ts';
import { AddOnFiles, type FetchedAddOn } from '../add-ons/add-on-files.ts';
import { addOnsFor } from '../add-ons/add-ons.ts';
import { installAddOn } from '../add-ons/install.ts';
import { protect } from '../cluster/add-on-guard.ts';
import type { AdminClient } from '../cluster/admin-client.ts';
import { grantCustomResources } from '../cluster/custom-resource-rights.ts';
import { addToInventory, takeInventory, type Inventory } from '../cluster/inventory.ts';
import type { Kubeconfig } from '../cluster/kubeconfig.ts';

interface Surroundings {
  /** Those that a session may have. */
  declared: readonly AddOn[];
  /** On the host, of fetched files. */
  folder: string;
  onStep: (step: string) => void;
}

export class SessionAddOns {
  #fetched: readonly FetchedAddOn[];
  #onStep: (step: string) => void;

  private constructor(fetched: readonly FetchedAddOn[], onStep: (step: string) => void) {
    this.#fetched = fetched;
    this.#onStep = onStep;
  }

  /** Throws `AddOnUnavailable`, and for a name that nobody has declared. */
  static async fetch({ addons = [] }: ExerciseStart, surroundings: Surroundings): Promise<SessionAddOns> {
    const { declared, folder, onStep } = surroundings;
    const files = new AddOnFiles(folder);
    const fetched: FetchedAddOn[] = [];
    for (const addOn of addOnsFor(addons, declared)) {
      onStep(`Fetching ${addOn.title} (${addOn.version})`);
      fetched.push(await files.fetch(addOn));
    }
    return new SessionAddOns(fetched, onStep);
  }

  /** Where they will run, each once. */
  get namespaces(): string[] {
    return [...new Set(this.#fetched.flatMap(({ addOn }) => addOn.namespaces))];
  }

  /** Their Services that learners may ask. */
  get openServices(): string[] {
    return this.#fetched.flatMap(({ addOn }) => addOn.openServices ?? []);
  }

  /**
   * Installs them one after the other into a cluster that has nothing else yet. The answer is what is in it then. Learners
   * may use the kinds that have come, and cannot change what has brought them.
   */
  async install(
    client: AdminClient,
    { controlPlane, learner }: { controlPlane: Docker.Container; learner: Kubeconfig },
    signal: AbortSignal,
  ): Promise<Inventory> {
    const before = await takeInventory(client);
    if (this.#fetched.length === 0) return before;
    for (const addOn of this.#fetched)
      await installAddOn(addOn, { controlPlane, client }, { signal, onStep: this.#onStep });
    const { namespaces } = this;
    const makes = this.#fetched.flatMap(({ addOn }) => addOn.makes ?? []);
    const inventory = await addToInventory(client, before, { namespaces, makes });
    await grantCustomResources(client);
    await protect(client, inventory.addOns!.objects, { namespaces, learner, signal });
    return inventory;
  }
}
