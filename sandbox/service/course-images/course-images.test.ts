import { expect, test } from 'vitest';
import { BuiltInRegistry } from '../../cluster/images/registry.ts';
import type { ExerciseStart } from '../../runtimes/runtime.ts';
import { COURSE_IMAGES, courseImagesIn } from './course-images.ts';

test('real images have the tags and the port that they have in the embedded cluster', () => {
  const registry = new BuiltInRegistry();
  for (const [name, { tags, port }] of Object.entries(COURSE_IMAGES)) {
    for (const [tag, version] of Object.entries(tags)) {
      const image = registry.find(`docker.io/library/${name}`, tag);
      expect(image?.config.Env, `${name}:${tag}`).toContain(`IMAGE_VERSION=${version}`);
      expect(Object.keys(image!.config.ExposedPorts ?? {})).toEqual([`${port}/tcp`]);
    }
  }
});

test.each([
  ['          image: simpleservice:0.5.0\n', ['simpleservice']],
  ['image: "hdfs:1"\n---\nimage: httpfs:1', ['hdfs', 'httpfs']],
  ['image: example.com/catalogue:1', []],
  ['image: busybox:1 # not a catalogue', []],
])('images that a start mentions: %j', (manifest, want) => {
  const start: ExerciseStart = {
    id: 'a/b',
    version: '1',
    files: {},
    manifests: [manifest],
    namespace: 'default',
    nodes: 1,
  };
  expect(courseImagesIn(start)).toEqual(want);
});
