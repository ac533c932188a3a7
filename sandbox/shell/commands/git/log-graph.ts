/**
 * The lines in front of `git log --graph`, as git's graph.c draws them: a column for each line of history that is still
 * open, a merge's further parents to its right, columns that wait for the same commit drawn together. Left out: the
 * wide row above merges of more than two parents.
 */
import type { ObjectId } from './objects.ts';

type State = 'padding' | 'commit' | 'post-merge' | 'collapsing';

export class LogGraph {
  #state: State = 'padding';
  #previousState: State = 'padding';
  #id: ObjectId = '';
  #parents: readonly ObjectId[] = [];
  /** The commit that each column waits for: above and below the commit that is drawn. */
  #columns: ObjectId[] = [];
  #nextColumns: ObjectId[] = [];
  /** Place on the screen → the column below that the line at this place leads to; undefined: a blank. */
  #mapping: (number | undefined)[] = [];
  #oldMapping: (number | undefined)[] = [];
  #width = 0;
  #at = 0;
  #previousAt = 0;
  /** 0: the first parent lies in a column to the left; 1: below the merge. */
  #layout: -1 | 0 | 1 = -1;
  #edgesAdded = 0;
  #previousEdgesAdded = 0;

  /**
   * All rows of a commit.
   *
   * @param parents those that will be shown
   * @param text its lines, without the graph
   * @param spaced whether a row stands between it and the commit before
   */
  rows(id: ObjectId, parents: readonly ObjectId[], text: readonly string[], spaced: boolean): string[] {
    this.#update(id, parents);
    const rows: string[] = [];
    if (spaced) rows.push(this.#pad(this.#columns.map(() => '| ').join('')));
    if (spaced) this.#previousState = 'padding';
    for (const line of text) rows.push(this.#nextRow() + line);
    while (this.#state !== 'padding') rows.push(this.#nextRow());
    return rows;
  }

  #update(id: ObjectId, parents: readonly ObjectId[]): void {
    [this.#id, this.#parents, this.#previousAt, this.#previousEdgesAdded] = [
      id,
      parents,
      this.#at,
      this.#edgesAdded,
    ];
    [this.#columns, this.#nextColumns, this.#mapping] = [this.#nextColumns, [], []];
    [this.#width, this.#edgesAdded] = [0, 0];
    const known = this.#columns.includes(id);
    for (const [i, waiting] of [...this.#columns, ...(known ? [] : [id])].entries()) {
      if (waiting !== id) {
        this.#lead(waiting, undefined);
        continue;
      }
      [this.#at, this.#layout] = [i, -1];
      for (const parent of parents) this.#lead(parent, i);
      if (parents.length === 0) this.#width += 2;
    }
    this.#state = 'commit';
  }

  /** A line of this row leads to the column of `id` below; `from` is the column of the commit, for its parents. */
  #lead(id: ObjectId, from: number | undefined): void {
    let column = this.#nextColumns.indexOf(id);
    if (column < 0) column = this.#nextColumns.push(id) - 1;
    let place = this.#width;
    if (this.#parents.length > 1 && from !== undefined && this.#layout === -1) {
      const distance = from - column;
      const shift = distance > 1 ? 2 * distance - 3 : 1;
      this.#layout = distance > 0 ? 0 : 1;
      this.#edgesAdded = this.#parents.length + this.#layout - 2;
      place = this.#width + (this.#layout - 1) * shift;
      this.#width += 2 * this.#layout;
    } else if (this.#edgesAdded > 0 && column === this.#mapping[this.#width - 2]) {
      // The new edge and the last column join at once.
      place = this.#width - 2;
      this.#edgesAdded = -1;
    } else this.#width += 2;
    this.#mapping[place] = column;
  }

  #nextRow(): string {
    const state = this.#state;
    const row =
      state === 'commit'
        ? this.#commitRow()
        : state === 'post-merge'
          ? this.#mergeRow()
          : state === 'collapsing'
            ? this.#collapsingRow()
            : this.#nextColumns.map(() => '| ').join('');
    this.#previousState = state;
    return this.#pad(row);
  }

  #pad(row: string): string {
    return row.padEnd(this.#width);
  }

  get #settled(): boolean {
    return this.#mapping.every((column, place) => column === undefined || column === place >> 1);
  }

  #commitRow(): string {
    let row = '';
    let seen = false;
    for (const [i, waiting] of this.#withCommit.entries()) {
      if (waiting === this.#id) {
        seen = true;
        row += '*';
      } else if (seen && this.#edgesAdded > 1) row += '\\';
      else if (seen && this.#edgesAdded === 1)
        row +=
          this.#previousState === 'post-merge' && this.#previousEdgesAdded > 0 && this.#previousAt < i
            ? '\\'
            : '|';
      else if (
        this.#previousState === 'collapsing' &&
        this.#oldMapping[2 * i + 1] === i &&
        (this.#mapping[2 * i] ?? -1) < i
      )
        row += '/';
      else row += '|';
      row += ' ';
    }
    this.#state = this.#parents.length > 1 ? 'post-merge' : this.#settled ? 'padding' : 'collapsing';
    return row;
  }

  #mergeRow(): string {
    let row = '';
    let seen = false;
    let passedParent = false;
    for (const [i, waiting] of this.#withCommit.entries()) {
      if (waiting === this.#id) {
        seen = true;
        let edge: number = this.#layout;
        for (const j of this.#parents.keys()) {
          row += '/|\\'[edge]!;
          if (edge < 2) edge++;
          else if (this.#edgesAdded > 0 || j < this.#parents.length - 1) row += ' ';
        }
        if (this.#edgesAdded === 0) row += ' ';
      } else if (seen) row += this.#edgesAdded > 0 ? '\\ ' : '| ';
      else {
        row += '|';
        if (this.#layout !== 0 || i !== this.#at - 1) row += passedParent ? '_' : ' ';
      }
      if (waiting === this.#parents[0]) passedParent = true;
    }
    this.#state = this.#settled ? 'padding' : 'collapsing';
    return row;
  }

  /** The columns, and the commit behind them when it is in none. */
  get #withCommit(): ObjectId[] {
    return this.#columns.includes(this.#id) ? this.#columns : [...this.#columns, this.#id];
  }

  /** Lines move towards their column: one place to the left a row, one of them all the way. */
  #collapsingRow(): string {
    const old = this.#mapping;
    const mapping: (number | undefined)[] = Array.from({ length: old.length });
    let [horizontal, horizontalColumn] = [-1, -1];
    const goFar = (column: number, place: number, edge: number) => {
      if (horizontal !== -1) return;
      [horizontal, horizontalColumn] = [edge, column];
      for (let j = column * 2 + 3; j < place - 2; j += 2) mapping[j] = column;
    };
    for (const [place, column] of old.entries()) {
      if (column === undefined) continue;
      if (column * 2 === place) mapping[place] = column;
      else if (mapping[place - 1] === undefined) {
        mapping[place - 1] = column;
        goFar(column, place, place);
      } else if (mapping[place - 1] !== column) {
        mapping[place - 2] = column;
        goFar(column, place, place - 1);
      }
    }
    this.#oldMapping = [...mapping];
    if (mapping.at(-1) === undefined) mapping.pop();
    let row = '';
    let usedHorizontal = false;
    for (const [place, column] of [...mapping].entries()) {
      if (column === undefined) row += ' ';
      else if (column * 2 === place) row += '|';
      else if (column === horizontalColumn && place !== horizontal - 1) {
        // All but the first dash end with this row.
        if (place !== column * 2 + 3) mapping[place] = undefined;
        usedHorizontal = true;
        row += '_';
      } else {
        if (usedHorizontal && place < horizontal) mapping[place] = undefined;
        row += '/';
      }
    }
    this.#mapping = mapping;
    if (this.#settled) this.#state = 'padding';
    return row;
  }
}
