/**
 * Errors across the connection. Those that a caller tells apart by class are rebuilt as that class; every
 * other keeps its name, its message and whatever plain facts it carried (`code`, `subject`, `hostname`).
 */
import { decode, encode } from '../../core/bytes.ts';
import { HttpUpgradeError } from '../../core/http.ts';
import { FileNotFound } from '../runtime.ts';

export interface WireError {
  name: string;
  message: string;
  /** Own properties whose values are plain. */
  facts?: Record<string, string | number | boolean>;
  /** Of an `HttpUpgradeError`. */
  response?: { status: number; body: string };
}

export function toWireError(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const wire: WireError = { name: nameOf(error), message: error.message };
  if (error instanceof HttpUpgradeError) {
    wire.response = { status: error.response.status, body: decode(error.response.body) };
  }
  const facts = Object.entries(error).filter(
    ([key, value]) =>
      key !== 'name' &&
      (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'),
  );
  if (facts.length > 0) wire.facts = Object.fromEntries(facts);
  return wire;
}

export function fromWireError(wire: WireError): Error {
  if (wire.name === 'HttpUpgradeError' && wire.response) {
    return new HttpUpgradeError({ status: wire.response.status, body: encode(wire.response.body) });
  }
  if (wire.name === 'FileNotFound' && typeof wire.facts?.['path'] === 'string') {
    return new FileNotFound(wire.facts['path']);
  }
  return Object.assign(new Error(wire.message), { ...wire.facts, name: wire.name });
}

/** Classes that callers know by class set no `name`; their constructors' names would not survive minifying. */
function nameOf(error: Error): string {
  if (error instanceof HttpUpgradeError) return 'HttpUpgradeError';
  if (error instanceof FileNotFound) return 'FileNotFound';
  return error.name;
}

/** What an operation that was called off rejects with where its signal gives no reason of its own. */
export function abortError(message = 'This operation was aborted'): Error {
  return Object.assign(new Error(message), { name: 'AbortError' });
}
