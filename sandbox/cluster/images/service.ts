/**
 * What the course's small services are written against. A service knows nothing but this file, so the same
 * source runs in this cluster (`service-program.ts`) and, behind a few lines of a real server, in a real image.
 */

export interface ServiceRequest {
  method: string;
  /** Without the query. */
  path: string;
  query: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Address of the caller. */
  from: string;
}

export interface ServiceResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What a service may use of the world. */
export interface ServiceHost {
  environment: Readonly<Record<string, string | undefined>>;
  /** Name of the machine: in a pod, the pod's. */
  hostname: string;
  /** Epoch ms. */
  now(): number;
  /** In [0, 1). */
  random(): number;
  sleep(delayMs: number): Promise<void>;
  log(line: string): void;
  /** Rejects when there is no answer. */
  fetch(url: string, init?: { method?: string; body?: string }): Promise<{ status: number; body: string }>;
  files: {
    /** Undefined: there is no such file. */
    read(path: string): string | undefined;
    /** Makes directories as needed. */
    write(path: string, contents: string): void;
    /** Names in a directory; none when it is not there. */
    list(path: string): string[];
  };
}

export interface Service {
  port: number;
  handle(request: ServiceRequest): Promise<ServiceResponse>;
  /** What it does besides answering, until it rejects. */
  work?(): Promise<void>;
}

export type CreateService = (host: ServiceHost) => Service;

export const json = (status: number, value: unknown): ServiceResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: `${JSON.stringify(value)}\n`,
});

export const text = (status: number, body: string): ServiceResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});
