/** A session in the browser's IndexedDB: one database an exercise, one object store a kind of record. */
import {
  FORMAT,
  FormatUnknown,
  StorageFull,
  type SessionStore,
  type StoreBatch,
  type StoredMeta,
  type StoredSession,
} from './session-store.ts';

const STORES = ['meta', 'objects', 'files', 'terminals'] as const;
/** Version of the database's layout (its object stores), not of the records in it. */
const LAYOUT = 1;

/** Opens or makes the database. Rejects where the browser offers none (some private modes). */
export async function openIndexedDbSessionStore(name: string): Promise<SessionStore> {
  const opening = indexedDB.open(name, LAYOUT);
  opening.onupgradeneeded = () => {
    for (const store of STORES) opening.result.createObjectStore(store);
  };
  const database = await result<IDBDatabase>(opening);
  // Another tab that wants to delete the database must not wait for this one.
  database.onversionchange = () => database.close();
  return new IndexedDbSessionStore(database);
}

class IndexedDbSessionStore implements SessionStore {
  #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  async load(): Promise<StoredSession | undefined> {
    const transaction = this.#database.transaction(STORES);
    const [meta, objects, files, terminals] = await Promise.all([
      result<StoredMeta | undefined>(transaction.objectStore('meta').get('session')),
      all(transaction.objectStore('objects')),
      all(transaction.objectStore('files')),
      all(transaction.objectStore('terminals')),
    ]);
    if (!meta) return undefined;
    if (meta.format !== FORMAT) throw new FormatUnknown(meta.format);
    return { meta, objects, files, terminals } as StoredSession;
  }

  async write(batch: StoreBatch): Promise<void> {
    // Relaxed durability survives a crash of the tab and of the browser, and costs no fsync.
    const transaction = this.#database.transaction(STORES, 'readwrite', { durability: 'relaxed' });
    transaction.objectStore('meta').put(batch.meta, 'session');
    for (const name of ['objects', 'files', 'terminals'] as const) {
      const store = transaction.objectStore(name);
      for (const [key, value] of batch[name]) {
        if (value === undefined) store.delete(key);
        else store.put(value, key);
      }
    }
    transaction.commit();
    await done(transaction);
  }

  async clear(): Promise<void> {
    const transaction = this.#database.transaction(STORES, 'readwrite');
    for (const store of STORES) transaction.objectStore(store).clear();
    await done(transaction);
  }

  close(): void {
    this.#database.close();
  }
}

function result<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as T);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB gave no reason'));
  });
}

async function all(store: IDBObjectStore): Promise<Map<string, unknown>> {
  const [keys, values] = await Promise.all([
    result<string[]>(store.getAllKeys()),
    result<unknown[]>(store.getAll()),
  ]);
  return new Map(keys.map((key, i) => [key, values[i]]));
}

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => {
      const error = transaction.error;
      reject(
        error?.name === 'QuotaExceededError'
          ? new StorageFull()
          : (error ?? new Error('IndexedDB gave no reason')),
      );
    };
  });
}
