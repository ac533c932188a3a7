/** `kubectl api-resources` (`kubectl/pkg/cmd/apiresources`). */
import type { Command } from './command.ts';
import { apiVersionOf, Discovery, groupResource } from './discovery.ts';
import { CommandError } from './errors.ts';
import { flag } from './flags.ts';
import { layOut } from './tab-writer.ts';

export const command: Command = {
  use: '[flags]',
  short: 'Print the supported API resources on the server',
  examples: [
    ['All resources', 'kubectl api-resources'],
    ['Those of a namespace', 'kubectl api-resources --namespaced=true'],
    ['Of one group', 'kubectl api-resources --api-group=rbac.authorization.k8s.io'],
  ],
  flags: [
    flag('api-group', '', 'Only this API group.'),
    flag('cached', false, 'Use what is remembered, if anything is.'),
    flag('categories', [], 'Only resources of these categories.', { kind: 'strings' }),
    flag('namespaced', true, 'Whether of a namespace or not; both when not given.'),
    flag('no-headers', false, 'Print no header line.'),
    flag('output,o', '', 'Output format. One of: (name, wide).'),
    flag('sort-by', '', "'name' or 'kind'."),
    flag('verbs', [], 'Only resources that know all these verbs.', { kind: 'strings' }),
  ],
  run: async (invocation) => {
    const { flags, args, api } = invocation;
    if (args.length > 0) throw invocation.usage(`unexpected arguments: [${args.join(' ')}]`);
    const output = flags.string('output');
    if (output && output !== 'wide' && output !== 'name')
      throw new CommandError(`--output ${output} is not available`);
    if (!['', 'name', 'kind'].includes(flags.string('sort-by')))
      throw new CommandError('--sort-by accepts only name or kind');
    const { mappings } = await Discovery.fetch(api);
    const preferred = new Set<string>();
    const seen = mappings.filter((mapping) => {
      // The first version of a group that has a resource is the preferred one.
      const key = groupResource(mapping);
      if (preferred.has(key)) return false;
      preferred.add(key);
      return true;
    });
    const chosen = seen.filter(
      (mapping) =>
        (!flags.changed('api-group') || mapping.group === flags.string('api-group')) &&
        (!flags.changed('namespaced') || mapping.namespaced === flags.bool('namespaced')) &&
        flags.list('verbs').every((verb) => mapping.verbs.includes(verb)) &&
        flags.list('categories').every((category) => mapping.categories.includes(category)),
    );
    const key = (mapping: (typeof chosen)[number]) =>
      flags.string('sort-by') === 'kind'
        ? mapping.kind
        : flags.string('sort-by') === 'name'
          ? mapping.resource
          : `${mapping.group}\u0000${mapping.resource}`;
    chosen.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
    if (output === 'name') {
      for (const mapping of chosen) await invocation.print(`${groupResource(mapping)}\n`);
      return;
    }
    const wide = output === 'wide';
    const rows = chosen.map((mapping) => [
      mapping.resource,
      mapping.shortNames.join(','),
      apiVersionOf(mapping),
      String(mapping.namespaced),
      mapping.kind,
      ...(wide ? [[...mapping.verbs].join(','), mapping.categories.join(',')] : []),
    ]);
    const header = [
      'NAME',
      'SHORTNAMES',
      'APIVERSION',
      'NAMESPACED',
      'KIND',
      ...(wide ? ['VERBS', 'CATEGORIES'] : []),
    ];
    await invocation.print(layOut(flags.bool('no-headers') ? rows : [header, ...rows]));
  },
};
