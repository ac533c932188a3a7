/** The same lesson on a real cluster by one click: from the page, through the service, to kind. */
import { it } from 'vitest';
import { LessonPage, REPAIR } from './lesson-page.ts';
import { visitedSite } from './visited-site.ts';

/** A cluster takes half a minute; on a busy machine much longer. */
const CLUSTER_MS = 240_000;

const site = visitedSite();

it('7.1 is solved on a real cluster, and the same checks pass', async () => {
  const lesson = await LessonPage.open(site.browser, site.url + REPAIR);
  try {
    await lesson.prompt();
    await lesson.page.getByText('Real cluster', { exact: true }).click();
    // Only a real cluster is lent for a time.
    const toolbar = lesson.page.getByRole('toolbar', { name: 'Session' });
    await toolbar.filter({ hasText: /Ready[^]*min left/ }).waitFor({ timeout: CLUSTER_MS });
    await lesson.prompt(60_000);
    await lesson.type('clear; kubectl get nodes -o wide');
    await lesson.shows(/containerd:\/\/\S+/, CLUSTER_MS);
    await lesson.type('clear; uname -s -m; kubectl get pods');
    await lesson.shows(/web-\w+-\w+ +0\/1/, 60_000);
    await lesson.type(
      "sed -i 's#mountPath: /page$#mountPath: /pages#; /path: \\/$/{n;s/port: 80$/port: 8080/}' web.yaml",
    );
    await lesson.type('clear; kubectl apply -f web.yaml');
    await lesson.shows('deployment.apps/web configured', 60_000);
    await lesson.passes(120_000);
  } finally {
    await lesson.close();
  }
});
