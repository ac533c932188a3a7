/** `npm run new-exercise CHAPTER/NAME`: lays out the folder of an exercise that `check-content` can prove at once. */
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { load } from 'js-yaml';
import { exerciseIds } from './exercise-folder.ts';

const ROOT = 'content/exercises';
const CHAPTERS = 'content/chapters';

const id = process.argv[2] ?? '';
const chapters = (await readdir(CHAPTERS)).flatMap((name) => /^(.+)\.mdx$/.exec(name)?.[1] ?? []);
const [chapter = '', name = ''] = id.split('/');
if (!/^[a-z0-9-]+\/[a-z0-9-]+$/.test(id) || !chapters.includes(chapter)) {
  console.error(
    `npm run new-exercise CHAPTER/NAME: expected a chapter of ${chapters.join(', ')} and a name of a-z, 0-9 and -, received ${id || 'nothing'}`,
  );
  process.exit(2);
}
const folder = join(ROOT, id);
if (
  await access(folder).then(
    () => true,
    () => false,
  )
) {
  console.error(`${folder} is there already.`);
  process.exit(1);
}

const frontmatter = /^---\n([\s\S]*?)\n---/.exec(await readFile(`${CHAPTERS}/${chapter}.mdx`, 'utf8'))![1]!;
const { number, slides } = load(frontmatter) as { number: number; slides: number[] };
const taken = await Promise.all(
  (await exerciseIds(ROOT))
    .filter((each) => each.startsWith(`${chapter}/`))
    .map(
      async (each) => load(await readFile(join(ROOT, each, 'exercise.yaml'), 'utf8')) as { number: string },
    ),
);
const last = Math.max(0, ...taken.map((each) => Number(each.number.split('.')[1])));
const title = name[0]!.toUpperCase() + name.slice(1).replace(/-/g, ' ');

const FILES: Record<string, string> = {
  'exercise.yaml': `title: ${title}
number: '${number}.${last + 1}'
chapter: ${chapter}
slides: [${slides.join(', ')}]
minutes: 10
summary: One sentence for lists and search. What does the learner do, and what is seen?
runtimes: [embedded]
exam: { ckad: [D], kcna: [F] }
namespace: default
nodes: 1
files: [web.yaml]
apply: [web.yaml]

hints:
  - A question that turns the eyes to the right place.
  - A pointer to the command or the field that tells more.
  - The key, in words that could be typed.

done: |
  What happened, and why. No praise.

start:
  on: { deployments: app=web }
  until: size(deployments) == 1

checks:
  - name: Two pods of web are Ready
    on: { deployments: app=web, pods: app=web }
    pass: size(pods) == 2 && pods.all(p, ready(p))
    saw: 'string(size(pods)) + " pods"'
    wrong:
      - when: size(deployments) == 0
        say: The Deployment is gone, and its pods with it. Reset, and change the one that is there.
      - when: size(deployments) == 1 && deployments[0].spec.replicas > 2
        say: These are more pods than two.
`,
  'lesson.mdx': `Begin with a pain that the reader knows. Show before you name.

\`\`\`sh
kubectl get deployment web
\`\`\`

**Your turn.** Say what should be true at the end, and not which command makes it true.
`,
  'start/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app: web
spec:
  replicas: 1
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      terminationGracePeriodSeconds: 2
      containers:
        - name: web
          image: busybox:1
          command: [httpd, -f, -p, '8080']
`,
  'solution/solve.sh': 'kubectl scale deployment web --replicas=2\n',
  'wrong/deleted/solve.sh': 'kubectl delete deployment web\n',
  'wrong/deleted/message.txt': 'The Deployment is gone\n',
  'wrong/too-many/solve.sh': 'kubectl scale deployment web --replicas=3\n',
  'wrong/too-many/message.txt': 'These are more pods than two\n',
};
for (const [path, text] of Object.entries(FILES)) {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  console.log(file);
}
console.log(`\nnpm run try-exercise ${id}\nnpm run check-content -- ${id}\nHow to go on: docs/authoring.md`);
