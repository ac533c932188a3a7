/** The verbs of kubectl, each in a file of its own, loaded when first used; grouped as `kubectl` lists them. */
import type { CommandTable } from './command.ts';

export const VERB_GROUPS: readonly { title: string; verbs: CommandTable }[] = [
  {
    title: 'Basic Commands (Beginner):',
    verbs: {
      create: { short: 'Create a resource from a file or from stdin', load: () => import('./create.ts') },
      expose: {
        short:
          'Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service',
        load: () => import('./expose.ts'),
      },
      run: { short: 'Run a particular image on the cluster', load: () => import('./run.ts') },
      set: { short: 'Set specific features on objects', load: () => import('./set.ts') },
    },
  },
  {
    title: 'Basic Commands (Intermediate):',
    verbs: {
      explain: { short: 'Get documentation for a resource', load: () => import('./explain.ts') },
      get: {
        short: 'Display one or many resources',
        load: () => import('./get.ts'),
        suggestFor: ['list', 'ls'],
      },
      edit: { short: 'Edit a resource on the server', load: () => import('./edit.ts') },
      delete: {
        short:
          'Delete resources by file names, stdin, resources and names, or by resources and label selector',
        load: () => import('./delete.ts'),
        suggestFor: ['rm'],
      },
    },
  },
  {
    title: 'Deploy Commands:',
    verbs: {
      rollout: { short: 'Manage the rollout of a resource', load: () => import('./rollout.ts') },
      scale: {
        short: 'Set a new size for a deployment, replica set, or replication controller',
        load: () => import('./scale.ts'),
      },
      autoscale: {
        short: 'Auto-scale a deployment, replica set, stateful set, or replication controller',
        load: () => import('./autoscale.ts'),
      },
    },
  },
  {
    title: 'Cluster Management Commands:',
    verbs: {
      certificate: { short: 'Modify certificate resources', load: () => import('./certificate.ts') },
      'cluster-info': { short: 'Display cluster information', load: () => import('./cluster-info.ts') },
      top: { short: 'Display resource (CPU/memory) usage', load: () => import('./top.ts') },
      cordon: { short: 'Mark node as unschedulable', load: () => import('./cordon.ts') },
      drain: { short: 'Drain node in preparation for maintenance', load: () => import('./drain.ts') },
      taint: { short: 'Update the taints on one or more nodes', load: () => import('./taint.ts') },
      uncordon: { short: 'Mark node as schedulable', load: () => import('./uncordon.ts') },
    },
  },
  {
    title: 'Troubleshooting and Debugging Commands:',
    verbs: {
      describe: {
        short: 'Show details of a specific resource or group of resources',
        load: () => import('./describe.ts'),
      },
      logs: { short: 'Print the logs for a container in a pod', load: () => import('./logs.ts') },
      attach: { short: 'Attach to a running container', load: () => import('./attach.ts') },
      exec: { short: 'Execute a command in a container', load: () => import('./exec.ts') },
      'port-forward': {
        short: 'Forward one or more local ports to a pod',
        load: () => import('./port-forward.ts'),
      },
      proxy: { short: 'Run a proxy to the Kubernetes API server', load: () => import('./proxy.ts') },
      cp: {
        short: 'Copy files and directories to and from containers',
        load: () => import('./cp.ts'),
      },
      auth: { short: 'Inspect authorization', load: () => import('./auth.ts') },
      debug: {
        short: 'Create debugging sessions for troubleshooting workloads and nodes',
        load: () => import('./debug.ts'),
      },
      events: { short: 'List events', load: () => import('./events.ts') },
    },
  },
  {
    title: 'Advanced Commands:',
    verbs: {
      diff: {
        short: 'Diff the live version against a would-be applied version',
        load: () => import('./diff.ts'),
      },
      apply: {
        short: 'Apply a configuration to a resource by file name or stdin',
        load: () => import('./apply.ts'),
      },
      patch: { short: 'Update fields of a resource', load: () => import('./patch.ts') },
      replace: { short: 'Replace a resource by file name or stdin', load: () => import('./replace.ts') },
      wait: {
        short: 'Wait for a specific condition on one or many resources',
        load: () => import('./wait.ts'),
      },
      kustomize: {
        short: 'Build a kustomization target from a directory or URL',
        load: () => import('./kustomize.ts'),
      },
    },
  },
  {
    title: 'Settings Commands:',
    verbs: {
      label: { short: 'Update the labels on a resource', load: () => import('./label.ts') },
      annotate: { short: 'Update the annotations on a resource', load: () => import('./annotate.ts') },
      completion: {
        short: 'Output shell completion code for the specified shell (bash, zsh, fish, or powershell)',
        load: () => import('./completion.ts'),
      },
    },
  },
  {
    title: 'Other Commands:',
    verbs: {
      'api-resources': {
        short: 'Print the supported API resources on the server',
        load: () => import('./api-resources.ts'),
      },
      'api-versions': {
        short: 'Print the supported API versions on the server, in the form of "group/version"',
        load: () => import('./api-versions.ts'),
      },
      config: { short: 'Modify kubeconfig files', load: () => import('./config.ts') },
      version: {
        short: 'Print the client and server version information',
        load: () => import('./version.ts'),
      },
    },
  },
];

export const VERBS: CommandTable = Object.assign(
  {},
  ...VERB_GROUPS.map(({ verbs }) => verbs),
  // Not listed: `kubectl` names it in its last line.
  {
    options: {
      short: 'Print the list of flags inherited by all commands',
      load: () => import('./options.ts'),
    },
  },
);
