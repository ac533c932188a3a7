/** `label_replace` and `label_join`. */
import { replacer } from './regex-replacement.ts';
import { PromQLError, type Sample } from './value.ts';

export function labelReplace(
  samples: readonly Sample[],
  [destination, replacement, source, pattern]: readonly [string, string, string, string],
): Sample[] {
  const replace = replacer(pattern, replacement, (message) => {
    throw new PromQLError(`invalid regular expression in label_replace(): ${message}`);
  });
  if (destination === '')
    throw new PromQLError(`invalid destination label name in label_replace(): ${destination}`);
  return samples.map((sample) => {
    const value = replace(sample.labels.get(source));
    return value === undefined ? sample : { ...sample, labels: sample.labels.with(destination, value) };
  });
}

export function labelJoin(
  samples: readonly Sample[],
  [destination, separator, ...sources]: readonly [string, string, ...string[]],
): Sample[] {
  if (destination === '')
    throw new PromQLError(`invalid destination label name in label_join(): ${destination}`);
  if (sources.includes('')) throw new PromQLError('invalid source label name in label_join(): ');
  return samples.map((sample) => {
    const value = sources.map((source) => sample.labels.get(source)).join(separator);
    return { ...sample, labels: sample.labels.with(destination, value) };
  });
}
