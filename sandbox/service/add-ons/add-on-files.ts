/**
 * The files that an add-on is installed from: fetched once from the addresses of its declaration, checked against the
 * sums that are known, and kept in a folder on the host at the path that their address has. A machine without a
 * network takes them from there (`fetch.ts` fills it). What is in the folder is believed as far as no sum says otherwise.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { load } from 'js-yaml';
import { decode } from '../../core/bytes.ts';
import type { AddOn, AddOnStep, ChartStep } from './add-on.ts';

/** An add-on with what has to be there before anything of it is installed. */
export interface FetchedAddOn {
  addOn: AddOn;
  /** A manifest or a chart's archive; patches have none. */
  contents: ReadonlyMap<AddOnStep, Uint8Array>;
}

/** A file that was fetched, or was there. */
export interface AddOnFile {
  url: string;
  path: string;
  sha256: string;
}

interface ChartIndex {
  entries: Record<string, { version: string; urls: string[]; digest?: string }[] | undefined>;
}

/** A large manifest on a slow line takes some of it. */
const FETCH_TIMEOUT_MS = 60_000;

export class AddOnFiles {
  #folder: string;
  #fetch: typeof fetch;
  #onFile: (file: AddOnFile) => void;

  /** @param onFile hears of each file. */
  constructor(
    folder: string,
    {
      fetch: get = fetch,
      onFile = () => {},
    }: { fetch?: typeof fetch; onFile?: (file: AddOnFile) => void } = {},
  ) {
    this.#folder = folder;
    this.#fetch = get;
    this.#onFile = onFile;
  }

  /** Everything that the add-on is made of. Throws `AddOnUnavailable`. */
  async fetch(addOn: AddOn): Promise<FetchedAddOn> {
    const contents = new Map<AddOnStep, Uint8Array>();
    for (const step of addOn.steps) {
      if (step.kind === 'patch') continue;
      try {
        contents.set(step, await this.#contentsOf(step));
      } catch (error) {
        throw new AddOnUnavailable(addOn, error as Error);
      }
    }
    return { addOn, contents };
  }

  async #contentsOf(step: Exclude<AddOnStep, { kind: 'patch' }>): Promise<Uint8Array> {
    if (step.kind === 'manifest') return this.#file(step.url, step.sha256);
    const index = `${step.repository}/index.yaml`;
    // An index of before may not know the chart yet.
    const known = chartIn(await this.#file(index), step) ?? chartIn(await this.#download(index), step);
    if (!known) throw new Error(`${index} has no chart ${step.chart} of version ${step.version}`);
    return this.#file(
      new URL(known.urls[0]!, `${step.repository}/`).href,
      known.digest?.replace(/^sha256:/, ''),
    );
  }

  async #file(url: string, wanted?: string): Promise<Uint8Array> {
    const kept = await readFile(this.#pathOf(url)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (!kept) return this.#download(url, wanted);
    return this.#checked(url, kept, wanted);
  }

  async #download(url: string, wanted?: string): Promise<Uint8Array> {
    let response: Response;
    try {
      response = await this.#fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    } catch (error) {
      throw new Error(`${url} could not be fetched: ${reasonOf(error as Error)}`);
    }
    if (!response.ok) throw new Error(`${url} could not be fetched: the server answers ${response.status}`);
    const contents = this.#checked(url, new Uint8Array(await response.arrayBuffer()), wanted);
    const path = this.#pathOf(url);
    await mkdir(dirname(path), { recursive: true });
    const began = `${path}.${randomUUID()}`;
    try {
      await writeFile(began, contents);
      await rename(began, path);
    } finally {
      await rm(began, { force: true });
    }
    return contents;
  }

  #checked(url: string, contents: Uint8Array, wanted: string | undefined): Uint8Array {
    const sha256 = createHash('sha256').update(contents).digest('hex');
    const path = this.#pathOf(url);
    if (wanted !== undefined && wanted !== sha256)
      throw new Error(
        `${url} is not what it was: its SHA-256 is ${sha256}, expected ${wanted}; if the copy in ${path} is damaged, remove it`,
      );
    this.#onFile({ url, path, sha256 });
    return contents;
  }

  /** The address without its scheme: no address has `..` in its path. */
  #pathOf(url: string): string {
    const { host, pathname } = new URL(url);
    return join(this.#folder, host.replace(':', '_'), pathname);
  }
}

function chartIn(index: Uint8Array, { chart, version }: ChartStep) {
  const { entries } = load(decode(index)) as ChartIndex;
  return entries[chart]?.find((entry) => entry.version === version);
}

/** fetch's own message is “fetch failed”; why is in its cause. */
const reasonOf = (error: Error): string => (error.cause instanceof Error ? error.cause : error).message;

/** An add-on that cannot be had here and now: what, why, what to try. */
export class AddOnUnavailable extends Error {
  constructor({ name, title, version }: AddOn, cause: Error) {
    super(
      `${title} (${version}) cannot be installed: ${cause.message}\n` +
        `Where there is a network, “npx node sandbox/service/add-ons/fetch.ts ${name}” fetches what it takes; the folder can be copied (SLIPWAY_ADD_ONS_FOLDER).`,
      { cause },
    );
    this.name = 'AddOnUnavailable';
  }
}
