/** `kubectl auth` (`kubectl/pkg/cmd/auth`): may I, and who am I. `reconcile` is left out. */
import type { Command } from './command.ts';
import { mappingFor } from './discovery.ts';
import { CommandError, SilentExit } from './errors.ts';
import { flag } from './flags.ts';
import { OUTPUT_FLAGS, outputPrinter } from './printers/output.ts';
import { layOut } from './tab-writer.ts';
import { ALL_NAMESPACES_FLAG } from './selection-flags.ts';

/** Verbs that roles are written with; others are asked about with a warning. */
const KNOWN_VERBS = new Set([
  'get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'use', 'bind', 'impersonate',
  'escalate', 'approve', 'sign', 'attest', '*',
]); // prettier-ignore

const canI: Command = {
  use: 'VERB [TYPE | TYPE/NAME | NONRESOURCEURL]',
  short: 'Check whether an action is allowed',
  examples: [['May I create pods?', 'kubectl auth can-i create pods']],
  flags: [
    ALL_NAMESPACES_FLAG,
    flag('list', false, 'Show all that is allowed.'),
    flag('no-headers', false, 'Print no header line.'),
    flag('quiet,q', false, 'Answer by the exit code alone.'),
    flag('subresource', '', 'Such as log or scale.'),
  ],
  run: async (invocation) => {
    const { flags, args, api } = invocation;
    const { namespace } = invocation.namespace;
    if (flags.bool('list')) {
      const review = await api.request('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
        body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } },
      });
      const list = (words: string[] = []) => `[${words.join(' ')}]`;
      const rules: { order: string; row: string[] }[] = [];
      const add = (verbs: string[], group: string[], resource: string[], names: string[], url: string[]) =>
        rules.push({
          order: [verbs, group, resource, names, url].map(list).join(','),
          row: [[...resource, ...group].filter(Boolean).join('.'), list(url), list(names), list(verbs)],
        });
      for (const { verbs, apiGroups = [''], resources = [], resourceNames } of review.status.resourceRules ??
        [])
        for (const group of apiGroups)
          for (const resource of resources) add(verbs, [group], [resource], resourceNames ?? [], []);
      for (const { verbs, nonResourceURLs = [] } of review.status.nonResourceRules ?? [])
        for (const url of nonResourceURLs) add(verbs, [], [], [], [url]);
      // The order of Go's text of the rules, verbs first.
      rules.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
      const rows = rules.map(({ row }) => row);
      const header = ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'];
      await invocation.print(layOut(flags.bool('no-headers') ? rows : [header, ...rows]));
      return;
    }
    if (args.length < 2 || args.length > 3)
      throw new CommandError(
        "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
      );
    const [verb, target] = args as [string, string];
    if (!target.startsWith('/') && !KNOWN_VERBS.has(verb))
      await invocation.printError(`Warning: verb '${verb}' is not a known verb\n\n`);
    let attributes: object;
    if (target.startsWith('/')) attributes = { nonResourceAttributes: { verb, path: target } };
    else {
      const [type = '', name = args[2] ?? ''] = target.split('/');
      let group = '';
      let resource = type;
      try {
        const mapping = type === '*' ? undefined : await mappingFor(api, type);
        if (mapping) ({ group, resource } = mapping);
        if (mapping && !mapping.namespaced)
          await invocation.printError(
            `Warning: resource '${resource}' is not namespace scoped${group ? ` in group '${group}'` : ''}\n\n`,
          );
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        await invocation.printError(`Warning: the server doesn't have a resource type '${type}'\n\n`);
      }
      const subresource = flags.string('subresource');
      attributes = {
        resourceAttributes: {
          verb,
          group,
          resource,
          ...(flags.bool('all-namespaces') ? {} : { namespace }),
          ...(name ? { name } : {}),
          ...(subresource ? { subresource } : {}),
        },
      };
    }
    const review = await api.request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: attributes },
    });
    const { allowed, reason, evaluationError } = review.status;
    if (!flags.bool('quiet')) {
      let text = allowed ? 'yes' : 'no';
      if (!allowed && reason) text += ` - ${reason}`;
      if (!allowed && evaluationError) text += ` - ${evaluationError}`;
      await invocation.print(`${text}\n`);
    }
    if (!allowed) throw new SilentExit(1);
  },
};

const whoami: Command = {
  use: '',
  short: 'Experimental: Check self subject attributes',
  flags: OUTPUT_FLAGS,
  run: async (invocation) => {
    const review = await invocation.api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    });
    const printer = await outputPrinter(invocation);
    if (printer) return void (await invocation.print(printer(review)));
    const { username, uid, groups = [], extra = {} } = review.status.userInfo;
    const rows = [
      ['ATTRIBUTE', 'VALUE'],
      ['Username', username],
    ];
    if (uid) rows.push(['UID', uid]);
    if (groups.length > 0) rows.push(['Groups', `[${groups.join(' ')}]`]);
    for (const key of Object.keys(extra).sort()) rows.push([`Extra: ${key}`, `[${extra[key].join(' ')}]`]);
    await invocation.print(layOut(rows));
  },
};

export const command: Command = {
  use: '',
  short: 'Inspect authorization',
  subcommands: {
    'can-i': { short: canI.short, load: () => Promise.resolve({ command: canI }) },
    whoami: { short: whoami.short, load: () => Promise.resolve({ command: whoami }) },
  },
};
