/** V8's, absent in other engines. */
declare const Error: ErrorConstructor & { stackTraceLimit?: number };

/**
 * A failed system call. `message` is what `strerror` says, so that programs print what Linux prints. It has
 * no stack: programs look for files that are not there by the thousand, and a stack costs more than the call.
 */
export class Errno extends Error {
  readonly code: ErrnoCode;
  /** The path or address the call was about, if any. */
  readonly subject: string | undefined;
  constructor(code: ErrnoCode, subject?: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(STRERROR[code]);
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.subject = subject;
  }
}

const STRERROR = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  ESRCH: 'No such process',
  EINTR: 'Interrupted system call',
  EIO: 'Input/output error',
  E2BIG: 'Argument list too long',
  ENOEXEC: 'Exec format error',
  EBADF: 'Bad file descriptor',
  ECHILD: 'No child processes',
  EAGAIN: 'Resource temporarily unavailable',
  ENOMEM: 'Cannot allocate memory',
  EACCES: 'Permission denied',
  EBUSY: 'Device or resource busy',
  EEXIST: 'File exists',
  EXDEV: 'Invalid cross-device link',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EINVAL: 'Invalid argument',
  EMFILE: 'Too many open files',
  ENXIO: 'No such device or address',
  ENOTTY: 'Inappropriate ioctl for device',
  EFBIG: 'File too large',
  ENOSPC: 'No space left on device',
  EROFS: 'Read-only file system',
  EPIPE: 'Broken pipe',
  ENAMETOOLONG: 'File name too long',
  ENOTEMPTY: 'Directory not empty',
  ELOOP: 'Too many levels of symbolic links',
  EADDRINUSE: 'Address already in use',
  ENETUNREACH: 'Network is unreachable',
  ECONNRESET: 'Connection reset by peer',
  ETIMEDOUT: 'Connection timed out',
  ECONNREFUSED: 'Connection refused',
  EHOSTUNREACH: 'No route to host',
} as const;

export type ErrnoCode = keyof typeof STRERROR;
