/** `kubectl kustomize` (`kubectl/pkg/cmd/kustomize`): prints what a kustomization builds. */
import { BUILD_FLAGS, printBuild } from '../kustomize/kustomize.ts';
import { KustomizeError } from '../kustomize/resource.ts';
import type { Command } from './command.ts';
import { CommandError } from './errors.ts';

export const command: Command = {
  use: 'DIR',
  short: 'Build a kustomization target from a directory or URL',
  long: 'Build a set of KRM resources using a kustomization.yaml file. DIR is the directory that holds it; the current one when left out. URLs are not fetched in this terminal.',
  examples: [
    ['Build the current directory', 'kubectl kustomize'],
    ['Build some directory', 'kubectl kustomize overlays/production'],
    ['Build and apply', 'kubectl apply -k overlays/production'],
  ],
  flags: BUILD_FLAGS,
  run: async ({ process, args, flags }) => {
    try {
      await printBuild(process, args, flags.string('output'), flags.string('load-restrictor'));
    } catch (error) {
      throw error instanceof KustomizeError ? new CommandError(error.message) : error;
    }
  },
};
