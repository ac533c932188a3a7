/**
 * `--traffic`, `--tag` and `--untag` (client/pkg/traffic/compute.go): tags are taken off and put on first, then what is
 * given to each is all there is; what is missing to 100 goes to the one target that is not named.
 */
import { CommandError } from '../kubectl/errors.ts';
import { flag, type Arguments, type Flag } from '../kubectl/flags.ts';
import type { Service, TrafficTarget } from './objects.ts';

const LATEST = '@latest';

export const TAG_FLAG: Flag = flag(
  'tag',
  [],
  'Set tag (format: --tag revisionRef=tagName), may be repeated.',
  {
    kind: 'strings',
  },
);

export const TRAFFIC_FLAGS: readonly Flag[] = [
  flag('traffic', [], 'Set traffic distribution (format: --traffic revisionRef=percent), may be repeated.', {
    kind: 'strings',
  }),
  TAG_FLAG,
  flag('untag', [], 'Untag revision (format: --untag tagName), may be repeated.', { kind: 'strings' }),
];

/** @param mutates the command makes a new revision */
export function computeTraffic(
  flags: Arguments,
  service: Service,
  mutates: boolean,
  creating = false,
): TrafficTarget[] {
  const tags = flags.list('tag').map(pairOf);
  const asked = (flags.has('traffic') ? flags.list('traffic') : []).map(pairOf);
  if (creating && tags.length > 0) asked.push([LATEST, '100']);
  checkTags(tags);
  const shares = complete(percentages(asked), service, mutates);
  let traffic = (service.spec?.traffic ?? []).map((target) => ({ ...target }));
  const untag = flags.has('untag') ? flags.list('untag') : [];
  const missing = untag.filter((tag) => !traffic.some((target) => target.tag === tag));
  if (missing.length > 0)
    throw new CommandError(
      `tag(s) ${missing.join(', ')} not present for any revisions of service ${service.metadata.name}`,
    );
  for (const tag of untag) delete traffic.find((target) => target.tag === tag)!.tag;
  for (const [revision, tag] of tags) traffic = tagged(traffic, revision, tag);
  if (shares.length > 0) {
    for (const target of traffic) target.percent = 0;
    for (const [reference, percent] of shares) {
      const found =
        reference === LATEST
          ? traffic.find((target) => target.latestRevision)
          : (traffic.find((target) => target.tag === reference) ??
            traffic.find((target) => target.revisionName === reference));
      if (found) found.percent = percent;
      else traffic.push({ ...targetOf(reference), percent });
    }
  }
  return traffic.filter((target) => target.tag || target.percent);
}

function pairOf(text: string): [string, string] {
  const parts = text.split('=');
  if (parts.length === 1) return [LATEST, parts[0]!];
  if (parts.length !== 2 || !parts[0] || !parts[1])
    throw new CommandError(`expecting the value format in value1=value2, given ${text}`);
  return [parts[0], parts[1].replace(/%$/, '')];
}

const targetOf = (reference: string): TrafficTarget =>
  reference === LATEST ? { latestRevision: true } : { latestRevision: false, revisionName: reference };

function checkTags(tags: readonly [string, string][]): void {
  if (tags.filter(([revision]) => revision === LATEST).length > 1) throw repeated('--tag', LATEST);
}

const repeated = (flagName: string, reference: string): CommandError =>
  new CommandError(
    `repetition of ${reference === LATEST ? `identifier ${LATEST}` : `revision reference ${reference}`} is not allowed, use only once with ${flagName} flag`,
  );

function percentages(asked: readonly [string, string][]): [string, number][] {
  const seen = new Set<string>();
  return asked.map(([reference, text]) => {
    if (seen.has(reference)) throw repeated('--traffic', reference);
    seen.add(reference);
    if (!/^-?\d+$/.test(text))
      throw new CommandError(`error converting given ${text} to integer value for traffic distribution`);
    const percent = Number(text);
    if (percent < 0 || percent > 100)
      throw new CommandError(`invalid value for traffic percent ${percent}, expected 0 <= percent <= 100`);
    return [reference, percent];
  });
}

/** What is missing to 100, given to the one that was not named. */
function complete(shares: [string, number][], service: Service, mutates: boolean): [string, number][] {
  const sum = shares.reduce((total, [, percent]) => total + percent, 0);
  if (shares.length === 0 || sum === 100) return shares;
  if (sum > 100) throw new CommandError(`given traffic percents sum to ${sum}, want <=100`);
  const rest = 100 - sum;
  const unable = (why: string) =>
    new CommandError(`unable to allocate the remaining traffic: ${rest}%. Reason: ${why}`);
  const named = new Set(shares.map(([reference]) => reference));
  const present = service.status?.traffic ?? [];
  const expected = mutates ? present.length : present.length - 1;
  if (shares.length !== expected)
    throw unable('incorrect number of revisions specified. Only 1 revision should be missing');
  if (mutates && !named.has(LATEST)) return [...shares, [LATEST, rest]];
  if (named.has(LATEST)) named.add(service.status?.latestReadyRevisionName ?? '');
  const left = present.find(
    ({ revisionName = '', tag = '' }) => !named.has(revisionName) && !(tag && named.has(tag)),
  );
  if (!left?.revisionName) throw unable('cannot determine the missing revision');
  return [...shares, [left.revisionName, rest]];
}

function tagged(traffic: TrafficTarget[], revision: string, tag: string): TrafficTarget[] {
  const taken = traffic.some((target) => target.tag === tag);
  const overwrite = new CommandError(
    `refusing to overwrite existing tag in service, add flag '--untag ${tag}' in command to untag it`,
  );
  if (revision === LATEST) {
    const latest = traffic.find((target) => target.latestRevision);
    if (latest?.tag === tag) return traffic;
    if (taken) throw overwrite;
    if (latest?.tag)
      throw new CommandError(
        `tag '${latest.tag}' exists on latest ready revision of service, refusing to overwrite existing tag with '${tag}', add flag '--untag ${latest.tag}' in command to untag it`,
      );
    if (latest) latest.tag = tag;
    else return [...traffic, { latestRevision: true, tag, percent: 0 }];
    return traffic;
  }
  if (traffic.some((target) => target.tag === tag && target.revisionName === revision)) return traffic;
  if (taken) throw overwrite;
  const found = traffic.find((target) => target.revisionName === revision && !target.tag);
  if (!found) return [...traffic, { latestRevision: false, revisionName: revision, tag, percent: 0 }];
  found.tag = tag;
  return traffic;
}
