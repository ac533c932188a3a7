/** `kubectl apply view-last-applied`: what client-side apply was given, read from its annotation. */
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import type { Command } from '../command.ts';
import { flag } from '../flags.ts';
import { LAST_APPLIED } from '../last-applied.ts';
import { sorted } from '../printers/json.ts';
import { toYaml } from '../printers/yaml.ts';
import { findAll } from '../resource-builder.ts';
import { filenameFlags, filenamesOf, SELECTOR_FLAG } from '../selection-flags.ts';

export const command: Command = {
  use: '(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)',
  short: 'View the latest last-applied-configuration annotations of a resource/object',
  examples: [['What was applied last', 'kubectl apply view-last-applied deployment/nginx']],
  flags: [
    flag('output,o', 'yaml', 'Output format. Must be one of (yaml, json)'),
    flag('all', false, 'Every object of the types, in the namespace.'),
    ...filenameFlags('with what to look at.'),
    SELECTOR_FLAG,
  ],
  run: async (invocation) => {
    const { flags, args } = invocation;
    const infos = await findAll(invocation, {
      args,
      ...filenamesOf(invocation),
      labelSelector: flags.string('selector'),
      all: flags.bool('all'),
      latest: true,
    });
    const texts: string[] = [];
    for (const { object } of infos) {
      const text = (object as KubernetesObject).metadata.annotations?.[LAST_APPLIED];
      // kubectl ends here without a word: the error that it means to tell wraps another that is not there.
      if (text === undefined) return 0;
      texts.push(text);
    }
    for (const text of texts) {
      const format = flags.string('output');
      if (format === 'json')
        await invocation.print(`${JSON.stringify(sorted(JSON.parse(text)), undefined, 2)}\n`);
      else if (format === 'yaml') await invocation.print(toYaml(JSON.parse(text)));
      else
        throw invocation.usage(
          `Unexpected -o output mode: ${format}, the flag 'output' must be one of yaml|json`,
        );
    }
    return 0;
  },
};
