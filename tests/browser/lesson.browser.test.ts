/** What a person can do with a lesson, in a real browser against the built site. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { BY_CURL, CANARY, FUNCTION, LessonPage, RECONCILE, REPAIR } from './lesson-page.ts';
import { serveSite } from './site.ts';
import { visitedSite } from './visited-site.ts';

const site = visitedSite();

/** Types a solution of an exercise's folder into the workspace, by the shell. */
async function write(lesson: LessonPage, file: string, contents: string): Promise<void> {
  await lesson.type(`cat > ${file} <<'END-OF-FILE'`);
  await lesson.page.keyboard.type(contents);
  await lesson.type('END-OF-FILE');
  await lesson.prompt();
}

const solution = (exercise: string, file: string) =>
  readFileSync(`content/exercises/${exercise}/solution/${file}`, 'utf8');

describe('a lesson', () => {
  it('has a prompt, a cluster, and checks that turn green by themselves', async () => {
    const lesson = await LessonPage.open(site.browser, site.url + REPAIR);
    try {
      await lesson.prompt();
      await lesson.type('kubectl get nodes -o name');
      await lesson.shows('node/slipway-control-plane');
      await lesson.type('clear; kubectl get pods');
      await lesson.shows(/web-\w+-\w+ +0\/1 +(CrashLoopBackOff|Error)/);
      expect((await lesson.states()).every((state) => state !== 'passed')).toBe(true);
      await write(lesson, 'web.yaml', solution('orchestration/repair-a-crashing-pod', 'web.yaml'));
      await lesson.type('clear; kubectl apply -f web.yaml');
      await lesson.shows('deployment.apps/web configured');
      await lesson.passes();
      expect(lesson.errors).toEqual([]);
    } finally {
      await lesson.close();
    }
  });

  it('3.1: curl creates a pod', async () => {
    const lesson = await LessonPage.open(site.browser, site.url + BY_CURL);
    try {
      await lesson.prompt();
      await lesson.type('kubectl proxy --port=8001 &');
      await lesson.shows('Starting to serve on 127.0.0.1:8001');
      await lesson.type(
        "clear; curl -sS -X POST -H 'Content-Type: application/json' --data @pod.json http://127.0.0.1:8001/api/v1/namespaces/default/pods | head -n 3",
      );
      await lesson.shows('"kind": "Pod"');
      await lesson.passes();
    } finally {
      await lesson.close();
    }
  });

  it('7.2: the ReplicaSet makes new pods', async () => {
    const lesson = await LessonPage.open(site.browser, site.url + RECONCILE);
    try {
      await lesson.prompt();
      // The prompt is there before the exercise is laid out.
      await lesson.ready();
      await lesson.type('kubectl rollout status deployment/web --timeout=30s >/dev/null');
      await lesson.type('kubectl wait --for=condition=Ready pod -l app=web --timeout=30s');
      await lesson.shows(/(pod\/web-\S+ condition met\s+){3}/);
      await lesson.type('clear; kubectl delete pod -l app=web');
      await lesson.shows(/(pod "web-\S+" deleted.*\s+){3}/);
      await lesson.passes();
    } finally {
      await lesson.close();
    }
  });

  it('8.1: a mesh divides the traffic, behind certificates that are checked', async () => {
    const lesson = await LessonPage.open(site.browser, site.url + CANARY);
    try {
      await lesson.prompt();
      await lesson.ready();
      await write(lesson, 'route.yaml', solution('service-meshes/a-tenth-of-the-traffic', 'route.yaml'));
      await lesson.type('clear; kubectl apply -f route.yaml');
      await lesson.shows('httproute.gateway.networking.k8s.io/simpleservice created');
      await lesson.passes();
      await lesson.type(
        'clear; kubectl exec deploy/customer -c istio-proxy -- pilot-agent request GET certs | grep -o spiffe://.*/sa/default | head -n 1',
      );
      await lesson.shows(/^spiffe:\/\/cluster\.local\/ns\/stocks\/sa\/default$/m);
      expect(lesson.errors).toEqual([]);
    } finally {
      await lesson.close();
    }
  });

  it('13.1: a function is built, pushed and served', async () => {
    const lesson = await LessonPage.open(site.browser, site.url + FUNCTION);
    try {
      await lesson.prompt();
      await lesson.ready();
      await write(lesson, 'index.js', solution('serverless/a-function', 'index.js'));
      const solve = solution('serverless/a-function', 'solve.sh');
      await lesson.type(`clear; ${solve.trim().replaceAll('\n', ' && ')}`);
      await lesson.shows(/Service 'price-alert' created/, 60_000);
      await lesson.passes();
      expect(lesson.errors).toEqual([]);
    } finally {
      await lesson.close();
    }
  });

  it('runs a command in the terminal used last, and types none into a program', async () => {
    const lesson = await LessonPage.open(site.browser, site.url + RECONCILE);
    const { page } = lesson;
    const run = page.getByRole('button', { name: 'Run in the terminal: kubectl get deployment' });
    try {
      await lesson.prompt();
      await lesson.ready();
      // A program that would take the command for its input, and writes it down.
      await lesson.type('clear; cat > taken.txt');
      await expect.poll(() => lesson.screen(), { timeout: 20_000 }).not.toContain('$');
      await run.click();
      await page.getByRole('button', { name: 'Run it in a new terminal' }).click();
      await lesson.shows('deployment.apps/web');
      await lesson.type('clear; wc -c < taken.txt');
      await lesson.shows(/^0$/m);
      // This one was used last.
      await lesson.type('clear');
      await expect.poll(() => lesson.screen(), { timeout: 20_000 }).not.toContain('0');
      await run.click();
      await lesson.shows('deployment.apps/web');
      // The first has its program still: here the command waits until it ends.
      await page.getByRole('tab', { name: '1', exact: true }).click();
      await expect.poll(() => lesson.screen(), { timeout: 20_000 }).not.toContain('deployment.apps/web');
      await run.click();
      await page.getByRole('button', { name: 'Run it in terminal 2' }).waitFor();
      await lesson.press('Control+d');
      await lesson.shows('deployment.apps/web');
      await lesson.type('clear; wc -c < taken.txt');
      await lesson.shows(/^0$/m);
    } finally {
      await lesson.close();
    }
  });

  it('shows what the cluster holds of a manifest beside it', async () => {
    const lesson = await LessonPage.open(site.browser, site.url + RECONCILE);
    try {
      await lesson.prompt();
      await lesson.editor.getByRole('button', { name: 'Compare' }).click();
      const held = lesson.editor.locator('.monaco-diff-editor .line-insert');
      await held.first().waitFor();
      await lesson.type('kubectl scale deployment web --replicas=2');
      await expect
        .poll(() => lesson.editor.locator('.monaco-diff-editor').innerText(), { timeout: 20_000 })
        .toMatch(/replicas:\s3[^]*replicas:\s2/);
    } finally {
      await lesson.close();
    }
  });

  it('has a menu in the editor that can be read, and says why a pod has no log', async () => {
    const lesson = await LessonPage.open(site.browser, site.url + RECONCILE);
    try {
      await lesson.prompt();
      await lesson.ready();
      await lesson.editor.locator('.view-line').first().click({ button: 'right' });
      const menu = lesson.page.locator('.monaco-menu');
      await menu.waitFor();
      const grounds = await menu.evaluate((element) => {
        const found: string[] = [];
        for (let at = element; at && !at.matches('.editor-place'); at = at.parentElement!)
          found.push(getComputedStyle(at).backgroundColor);
        return found;
      });
      expect(grounds.some((ground) => ground.startsWith('rgb('))).toBe(true);
      await lesson.page.keyboard.press('Escape');
      await lesson.type('kubectl run waits --image=no-such-image:1');
      await lesson.cluster.getByRole('button', { name: /^waits/ }).click();
      const details = lesson.page.getByRole('dialog', { name: 'Pod waits' });
      await details.getByText('Logs').click();
      await details.getByText(/^container "waits" in pod "waits" is waiting to start/).waitFor();
    } finally {
      await lesson.close();
    }
  });

  it('looks back through what happened, and says who asked for it', async () => {
    const lesson = await LessonPage.open(site.browser, site.url + RECONCILE);
    try {
      await lesson.prompt();
      const pods = lesson.cluster.locator('.pod');
      await expect.poll(() => pods.count(), { timeout: 20_000 }).toBe(3);
      await lesson.type('kubectl scale deployment web --replicas=5');
      await expect.poll(() => pods.count(), { timeout: 20_000 }).toBe(5);
      const line = lesson.cluster.getByRole('slider', { name: /look back/i });
      await line.focus();
      await lesson.page.keyboard.press('Home');
      await expect.poll(() => pods.count()).toBeLessThan(5);
      const changes: string[] = [];
      for (let at = 0; at < 200; at++) {
        await lesson.page.keyboard.press('ArrowRight');
        changes.push((await lesson.cluster.locator('.time-line-change').textContent()) ?? '');
        if ((await line.getAttribute('aria-valuetext')) === 'Now') break;
      }
      expect(changes.some((change) => /Deployment .*spec\.replicas: 3 → 5.*by kubectl/.test(change))).toBe(
        true,
      );
      expect(await line.getAttribute('aria-valuetext')).toBe('Now');
    } finally {
      await lesson.close();
    }
  });

  it('shows who calls a Service, and who answers', async () => {
    const lesson = await LessonPage.open(site.browser, site.url + RECONCILE);
    try {
      await lesson.prompt();
      await lesson.ready();
      await lesson.type('kubectl run shop --image=nginx:1 --port=80 --expose');
      await lesson.type(
        "kubectl run caller --image=busybox:1 -- sh -c 'while sleep 0.2; do wget -qO- -T 2 shop; done'",
      );
      const service = lesson.cluster.getByRole('button', { name: /Service shop/ });
      await service.getByText(/\d\/s/).waitFor();
      await lesson.cluster
        .getByRole('button', { name: /^shop\b/ })
        .getByText(/\d\/s/)
        .waitFor();
      for (const kind of ['calls', 'receives'])
        await lesson.cluster.locator(`.connectors path[data-kind="${kind}"]`).waitFor({ state: 'attached' });
      await lesson.type('clear; kubectl delete pod caller --now');
      await service.getByText(/\d\/s/).waitFor({ state: 'detached' });
    } finally {
      await lesson.close();
    }
  });

  it('holds the cluster’s time and lives through ten seconds at a key', async () => {
    const lesson = await LessonPage.open(site.browser, site.url + RECONCILE);
    try {
      await lesson.prompt();
      const time = lesson.cluster.getByRole('group', { name: 'Time of the cluster' });
      await time.getByRole('button', { name: 'Pause' }).click();
      await time.getByRole('button', { name: 'Go on' }).waitFor();
      await lesson.type('clear; a=$(date +%s); sleep 8; echo slept $(( $(date +%s) - a ))');
      await lesson.page.waitForTimeout(500);
      expect(await lesson.screen()).not.toMatch(/^slept/m);
      await time.getByRole('button', { name: '+10 s' }).click();
      await lesson.shows(/^slept (8|9|10)$/m);
    } finally {
      await lesson.close();
    }
  });

  it('is there again after a reload: cluster, files, scrollback, progress', async () => {
    const lesson = await LessonPage.open(site.browser, site.url + REPAIR);
    try {
      await lesson.prompt();
      await lesson.type('kubectl create configmap kept --from-literal=a=1; echo kept > kept.txt');
      await lesson.shows('configmap/kept created');
      // A tab that crashes half a second after a key loses nothing.
      await lesson.page.waitForTimeout(500);
      await lesson.page.reload();
      await lesson.shows('configmap/kept created');
      await lesson.type('clear; cat kept.txt; kubectl get configmap kept -o name');
      await lesson.shows(/kept\s+configmap\/kept/);
      await lesson.page.getByRole('button', { name: /reset/i }).first().click();
      await lesson.page.getByRole('button', { name: /reset/i }).last().click();
      // The terminal of before the reset shows a prompt too.
      await expect.poll(() => lesson.screen(), { timeout: 20_000 }).not.toContain('kept');
      // What is typed while the old terminal goes and the new one comes is lost with it.
      await expect
        .poll(
          async () => {
            await lesson.type('clear; ls kept.txt');
            await lesson.page.waitForTimeout(500);
            return lesson.screen();
          },
          { timeout: 20_000 },
        )
        .toContain('No such file or directory');
    } finally {
      await lesson.close();
    }
  });

  it('in a second tab offers to continue there', async () => {
    const first = await LessonPage.open(site.browser, site.url + REPAIR);
    try {
      await first.prompt();
      await first.type('echo from the first tab > note.txt');
      await first.page.waitForTimeout(500);
      const second = await first.sibling(site.url + REPAIR);
      await second.page.getByRole('button', { name: 'Continue here' }).click();
      await second.prompt();
      await second.type('clear; cat note.txt');
      await second.shows('from the first tab');
      // And back, by one click.
      await first.page.bringToFront();
      await first.page.getByRole('button', { name: 'Continue here' }).click();
      await first.ready();
      await first.type('clear; cat note.txt');
      await first.shows(/^from the first tab$/m);
    } finally {
      await first.close();
    }
  });

  it('works by the machine’s own address over plain HTTP, which is no secure context', async () => {
    const address = Object.values(networkInterfaces())
      .flat()
      .find((candidate) => candidate?.family === 'IPv4' && !candidate.internal)?.address;
    expect(address, 'this machine has no address but loopback').toBeDefined();
    const open = await serveSite({ host: '0.0.0.0' });
    const port = new URL(open.url).port;
    const lesson = await LessonPage.open(site.browser, `http://${address}:${port}/${REPAIR}`);
    try {
      expect(await lesson.page.evaluate(() => isSecureContext)).toBe(false);
      await lesson.prompt();
      await lesson.type('kubectl get nodes -o name');
      await lesson.shows('node/slipway-control-plane');
    } finally {
      await lesson.close();
      await open.stop();
    }
  });
});

describe('whatever is typed, the page stays responsive and another terminal echoes', () => {
  const storms: { name: string; line: string }[] = [
    { name: 'a fork bomb', line: ':(){ :|:& };:' },
    { name: 'yes', line: 'yes' },
    { name: 'urandom', line: 'cat /dev/urandom' },
    { name: 'an endless loop', line: 'while :; do :; done' },
    { name: 'awk without end', line: "awk 'BEGIN{while(1);}'" },
    {
      name: 'a hostile regular expression',
      line: "echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! | grep -E '(a+)+$'",
    },
  ];
  it.each(storms)('$name', async ({ line }) => {
    const lesson = await LessonPage.open(site.browser, site.url + REPAIR);
    try {
      await lesson.prompt();
      await lesson.type(line);
      await lesson.page.waitForTimeout(500);
      await lesson.page.getByRole('button', { name: /new terminal/i }).click();
      await lesson.prompt();
      await lesson.type('echo $((6*7))');
      await lesson.shows('42', 5000);
      // The page itself: a click is answered at once.
      const answered = await lesson.page.evaluate(async () => {
        const started = performance.now();
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        return performance.now() - started;
      });
      expect(answered).toBeLessThan(1000);
    } finally {
      await lesson.close();
    }
  });
});
