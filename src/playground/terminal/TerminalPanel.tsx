import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LessonSession } from '../session.ts';
import type { ShellHandle } from './shell-handle.ts';
import { changeFontSize, screenReaderMode } from './terminal-settings.ts';
import type { TerminalView } from './terminal-view.ts';
import { CommandQueue } from './waiting-commands.ts';
import { WaitingNotice } from './WaitingNotice.tsx';

/** Starts loading with the lesson's script, before anything is drawn. */
const loading = import.meta.env.SSR ? undefined : import('./terminal-view.ts');

const FIRST = 'main';

interface Props {
  lesson: LessonSession;
  shell: ShellHandle;
  onEdit(path: string): void;
  /** A click on an address in the output; true when it has been dealt with. */
  onLink(url: string): boolean;
}

/** The learner's terminals as tabs. The first is there from the start; each further one is a shell of its own. */
export function TerminalPanel({ lesson, shell, onEdit, onLink }: Props) {
  const screens = useRef<HTMLDivElement>(null);
  const [names, setNames] = useState<string[]>([FIRST]);
  const [active, setActive] = useState(FIRST);
  const [searching, setSearching] = useState(false);
  const views = useRef(new Map<string, TerminalView>());
  const activeNow = useRef(active);
  activeNow.current = active;
  /** After a click on a tab the keyboard belongs to its terminal. */
  const focusNext = useRef(false);
  const exited = useSignal<string | undefined>(undefined);
  const queue = useMemo(() => new CommandQueue(), []);
  /** Of the commands that wait: they go to a terminal that is being opened. */
  const sendTo = useRef<string | undefined>(undefined);

  const choose = (name: string) => {
    focusNext.current = true;
    setActive(name);
  };

  const remove = (name: string) => {
    const view = views.current.get(name);
    if (view) queue.forget(view);
    // The button that was pressed, or the shell that ended, had the keyboard: it goes to the terminal that is shown now.
    focusNext.current = true;
    view?.close();
    views.current.delete(name);
    setNames((before) => {
      const left = before.filter((other) => other !== name);
      setActive((now) => (now === name ? left.at(-1)! : now));
      return left;
    });
  };

  /** In the terminal that is shown: it is the one that was used last. */
  const run = (command: string, focus: boolean) => {
    const view = views.current.get(activeNow.current);
    if (!view) return;
    queue.run(command, view);
    if (focus) view.focus();
  };

  /** A terminal at its prompt, for what waits for another. */
  const free = () =>
    names.find((name) => name !== active && views.current.get(name)?.reader.value === 'prompt');

  const attach = (view: TerminalView) => {
    const session = lesson.session.peek();
    if (!session) return;
    view.attach(session, { onEdit, onExit: () => (exited.value = view.name) }).then(
      () => {
        shell.opened();
        if (view.name !== sendTo.current) return;
        sendTo.current = undefined;
        queue.send(view);
      },
      (error: unknown) => lesson.report(error),
    );
  };

  // One view for each name, once xterm is there.
  useEffect(() => {
    let gone = false;
    void loading?.then(({ TerminalView }) => {
      if (gone || !screens.current) return;
      for (const name of names) {
        if (views.current.has(name)) continue;
        const view = new TerminalView(name, onLink);
        views.current.set(name, view);
        if (name === activeNow.current) view.open(screens.current);
        attach(view);
        if (name === FIRST) {
          shell.use(run);
          setTimeout(() => void view.accelerate(), 1500);
        } else void view.accelerate();
      }
      show();
    });
    return () => void (gone = true);
  }, [names]);

  const show = () => {
    if (!screens.current) return;
    for (const [name, view] of views.current) {
      if (name === active) view.open(screens.current);
      else view.hide();
    }
    const shown = views.current.get(active);
    if (!shown || !focusNext.current) return;
    focusNext.current = false;
    shown.focus();
  };
  useEffect(show, [active]);

  // A new session, or the same one after a reset: its terminals begin again.
  useSignalEffect(() => {
    if (lesson.epoch.value === 0) return;
    queue.forget();
    for (const view of views.current.values()) attach(view);
    void lesson.session
      .peek()
      ?.terminals.list()
      .then((open) => setNames((before) => [...new Set([...before, ...open])]));
  });

  // `exit` closes a further terminal; the first starts again.
  useSignalEffect(() => {
    const name = exited.value;
    if (name === undefined) return;
    exited.value = undefined;
    const view = views.current.get(name);
    if (name !== FIRST) remove(name);
    else if (view) attach(view);
  });

  useEffect(() => () => views.current.forEach((view) => view.dispose()), []);

  const add = (): string => {
    const number = 1 + Math.max(...names.map((name) => (name === FIRST ? 1 : Number(name) || 1)));
    focusNext.current = true;
    setNames([...names, String(number)]);
    setActive(String(number));
    return String(number);
  };

  const waiting = queue.waiting.value;
  const elsewhere = waiting && free();

  return (
    <section class="panel terminal-panel" aria-label="Terminal" tabIndex={-1}>
      <header class="panel-bar">
        <h2>Terminal</h2>
        <div class="tabs" role="tablist" aria-label="Terminals">
          {names.length > 1 &&
            names.map((name, at) => (
              <span class="tab" key={name} data-active={name === active}>
                <button role="tab" aria-selected={name === active} onClick={() => choose(name)}>
                  {at + 1}
                </button>
                {name !== FIRST && (
                  <button
                    class="tab-close"
                    aria-label={`Close terminal ${at + 1}`}
                    onClick={() => remove(name)}
                  >
                    ×
                  </button>
                )}
              </span>
            ))}
        </div>
        <div class="panel-actions">
          <button
            class="quiet"
            onClick={() => void add()}
            aria-label="New terminal"
            title="A further shell on the same machine"
          >
            New
          </button>
          <button class="quiet" aria-pressed={searching} onClick={() => setSearching(!searching)}>
            Find
          </button>
          <button class="quiet" title="Smaller text" onClick={() => changeFontSize(-1)}>
            A−<span class="sr-only"> Smaller text</span>
          </button>
          <button class="quiet" title="Larger text" onClick={() => changeFontSize(1)}>
            A+<span class="sr-only"> Larger text</span>
          </button>
          <button
            class="quiet"
            aria-pressed={screenReaderMode.value}
            title="Screen reader mode: output is announced and can be read line by line"
            onClick={() => (screenReaderMode.value = !screenReaderMode.value)}
          >
            Reader
          </button>
        </div>
      </header>
      {searching && <Search view={() => views.current.get(active)} onClose={() => setSearching(false)} />}
      {waiting && (
        <WaitingNotice
          commands={waiting.commands}
          terminal={names.indexOf(waiting.place.name) + 1}
          of={names.length}
          elsewhere={elsewhere === undefined ? undefined : names.indexOf(elsewhere) + 1}
          onElsewhere={() => {
            if (elsewhere === undefined) return void (sendTo.current = add());
            choose(elsewhere);
            queue.send(views.current.get(elsewhere)!);
          }}
          onHere={() => {
            choose(waiting.place.name);
            queue.send(waiting.place);
          }}
          onForget={() => {
            queue.forget();
            views.current.get(active)?.focus();
          }}
        />
      )}
      <div class="terminal-screens" ref={screens} />
    </section>
  );
}

/** Looks through the scrollback: Enter finds the one before, Shift-Enter the next, Escape closes. */
function Search({ view, onClose }: { view: () => TerminalView | undefined; onClose: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const close = () => {
    view()?.endFind();
    view()?.focus();
    onClose();
  };
  return (
    <div class="terminal-search">
      <input
        ref={input}
        type="search"
        aria-label="Find in the terminal's output"
        placeholder="Find in the output"
        onInput={(event) => void view()?.find(event.currentTarget.value, { incremental: true })}
        onKeyDown={(event) => {
          if (event.key === 'Escape') close();
          if (event.key !== 'Enter') return;
          const text = event.currentTarget.value;
          void view()?.find(text, { below: event.shiftKey });
        }}
      />
      <button class="quiet" onClick={close}>
        Close
      </button>
    </div>
  );
}
