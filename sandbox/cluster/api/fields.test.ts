import { describe, expect, test } from 'vitest';
import { parseFieldSelector } from './fields.ts';
import type { KubernetesObject } from './object.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };
const deployments = { group: 'apps', version: 'v1', resource: 'deployments' };
const jobs = { group: 'batch', version: 'v1', resource: 'jobs' };
const events = { group: '', version: 'v1', resource: 'events' };

const pod: KubernetesObject = {
  metadata: { name: 'web', namespace: 'default' },
  spec: { nodeName: 'n1', restartPolicy: 'Always' },
  status: { phase: 'Running' },
};

describe('matching', () => {
  test.each([
    ['', true],
    ['metadata.name=web', true],
    ['metadata.name!=web', false],
    ['status.phase=Running,spec.nodeName==n1', true],
    ['spec.nodeName=', false],
    ['status.podIP=', true],
    ['spec.hostNetwork=false', true],
  ])('%j', (text, want) => expect(parseFieldSelector(text, pods).matches(pod)).toBe(want));

  test('the involved object of an event', () => {
    const event = { metadata: {}, involvedObject: { kind: 'Pod', name: 'web' } } as KubernetesObject;
    const selector = parseFieldSelector('involvedObject.name=web,involvedObject.kind=Pod', events);
    expect(selector.matches(event)).toBe(true);
    expect(selector.requires('involvedObject.name')).toBe('web');
  });

  test('escaped values', () => {
    const selector = parseFieldSelector('metadata.name=a\\,b\\=c', pods);
    expect(selector.requirements).toEqual([{ field: 'metadata.name', operator: '=', value: 'a,b=c' }]);
    expect(selector.toString()).toBe('metadata.name=a\\,b\\=c');
  });
});

describe('what a real API server says', () => {
  test.each([
    ['spec.foo=x', pods, 'field label not supported: spec.foo'],
    ['a', pods, "invalid selector: 'a'; can't understand 'a'"],
    ['metadata.name=\\x', pods, 'invalid field selector: invalid escape sequence: \\x'],
    [
      'spec.foo=x',
      deployments,
      '"spec.foo" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
    ['spec.foo=x', jobs, 'field label "spec.foo" not supported for Job'],
  ])('%j of %o', (text, resource, message) =>
    expect(() => parseFieldSelector(text, resource)).toThrow(message),
  );
});
