import { signal } from '@preact/signals';
import { expect, test } from 'vitest';
import { CommandQueue, type Reader } from './waiting-commands.ts';

/** A terminal whose commands run until `ends`. */
class Place {
  readonly name: string;
  readonly reader = signal<Reader>('prompt');
  readonly typed: string[] = [];
  constructor(name: string) {
    this.name = name;
  }
  run(command: string): void {
    this.typed.push(command);
    this.reader.value = 'program';
  }
  async ends(): Promise<void> {
    this.reader.value = 'prompt';
    await Promise.resolve();
  }
}

test('at a prompt a command runs at once', () => {
  const queue = new CommandQueue();
  const one = new Place('1');
  queue.run('kubectl get pods', one);
  expect(one.typed).toEqual(['kubectl get pods']);
  expect(queue.waiting.value).toBeUndefined();
});

test('a shell that does not tell whether it is at its prompt is typed to', () => {
  const queue = new CommandQueue();
  const one = new Place('1');
  one.reader.value = 'unknown';
  queue.run('ls', one);
  expect(one.typed).toEqual(['ls']);
});

test('what a program would read waits for the prompt, one command a prompt, in order', async () => {
  const queue = new CommandQueue();
  const one = new Place('1');
  queue.run('vi web.yaml', one);
  queue.run('kubectl apply -f web.yaml', one);
  queue.run('kubectl get pods', one);
  expect(one.typed).toEqual(['vi web.yaml']);
  expect(queue.waiting.value?.commands).toEqual(['kubectl apply -f web.yaml', 'kubectl get pods']);
  await one.ends();
  expect(one.typed.slice(1)).toEqual(['kubectl apply -f web.yaml']);
  await one.ends();
  expect(one.typed.slice(2)).toEqual(['kubectl get pods']);
  expect(queue.waiting.value).toBeUndefined();
  await one.ends();
  expect(one.typed.length).toBe(3);
});

test('what waits stays in order though the learner has gone to another terminal', () => {
  const queue = new CommandQueue();
  const [one, two] = [new Place('1'), new Place('2')];
  queue.run('kubectl get pods -w', one);
  queue.run('kubectl apply -f web.yaml', one);
  expect(queue.run('kubectl get pods', two)).toBe(one);
  expect(two.typed).toEqual([]);
});

test('sent elsewhere, the first runs there at once and the next after it', async () => {
  const queue = new CommandQueue();
  const [one, two] = [new Place('1'), new Place('2')];
  queue.run('kubectl get pods -w', one);
  queue.run('kubectl apply -f web.yaml', one);
  queue.run('kubectl get pods', one);
  queue.send(two);
  expect(two.typed).toEqual(['kubectl apply -f web.yaml']);
  await one.ends();
  expect(one.typed).toEqual(['kubectl get pods -w']);
  await two.ends();
  expect(two.typed.slice(1)).toEqual(['kubectl get pods']);
});

test('what was forgotten is not run', async () => {
  const queue = new CommandQueue();
  const [one, two] = [new Place('1'), new Place('2')];
  queue.run('sleep 5', one);
  queue.run('ls', one);
  queue.forget(two);
  expect(queue.waiting.value?.commands).toEqual(['ls']);
  queue.forget(one);
  await one.ends();
  expect(one.typed).toEqual(['sleep 5']);
});
