/**
 * Commands that buttons run. One goes to the shell that the learner used last; while a program has the keyboard there
 * (vi, `kubectl get -w`), it waits for the prompt instead of being typed into that program, and the learner may send it
 * elsewhere.
 */
import { effect, signal, type ReadonlySignal } from '@preact/signals';

/** Who reads what is typed. `unknown`: the shell has not told yet, or does not tell. */
export type Reader = 'prompt' | 'program' | 'unknown';

/** A terminal, as far as commands go. */
export interface CommandPlace {
  readonly name: string;
  readonly reader: ReadonlySignal<Reader>;
  /** Types `command` and presses Enter. */
  run(command: string): void;
}

export interface WaitingCommands {
  place: CommandPlace;
  /** In the order in which they were asked for. */
  commands: readonly string[];
}

export class CommandQueue {
  /** Undefined while nothing waits. */
  readonly waiting = signal<WaitingCommands | undefined>(undefined);
  #stop = () => {};

  /** Runs `command` in `place`, now or when the program there has ended. Returns where. */
  run(command: string, place: CommandPlace): CommandPlace {
    const waiting = this.waiting.peek();
    if (waiting) {
      // What was asked for before comes first, and what follows may build on it.
      this.waiting.value = { ...waiting, commands: [...waiting.commands, command] };
      return waiting.place;
    }
    if (place.reader.peek() !== 'program') {
      place.run(command);
      return place;
    }
    this.#wait(place, [command]);
    return place;
  }

  /** Sends what waits to `place`, whatever reads there. */
  send(place: CommandPlace): void {
    const [first, ...rest] = this.#take();
    if (first === undefined) return;
    place.run(first);
    if (rest.length > 0) this.#wait(place, rest);
  }

  /** Forgets what waits; with `place` only what waits there. */
  forget(place?: CommandPlace): void {
    if (!place || this.waiting.peek()?.place === place) this.#take();
  }

  #take(): readonly string[] {
    this.#stop();
    const commands = this.waiting.peek()?.commands ?? [];
    this.waiting.value = undefined;
    return commands;
  }

  #wait(place: CommandPlace, commands: readonly string[]): void {
    this.waiting.value = { place, commands };
    this.#stop = effect(() => {
      if (place.reader.value === 'prompt') queueMicrotask(() => this.#next(place));
    });
  }

  /** The prompt is there: one command for it. */
  #next(place: CommandPlace): void {
    if (this.waiting.peek()?.place === place && place.reader.peek() === 'prompt') this.send(place);
  }
}
