/** Why a container does not run, as the kubelet tells it: a reason for `state.waiting` and words. */

/** The pod's own description is at fault: `CreateContainerConfigError`. */
export class ConfigError extends Error {}

/** The runtime could not start the process: `RunContainerError`, exit code 128. */
export class StartError extends Error {}

/** The image is not to be had; `reason` is what `state.waiting` shows. */
export class ImageError extends Error {
  readonly reason:
    'ErrImagePull' | 'ImagePullBackOff' | 'ErrImageNeverPull' | 'InvalidImageName' | 'ImageInspectError';
  /** When to look again; undefined: at the next sync. */
  readonly retryMs: number | undefined;
  constructor(reason: ImageError['reason'], message: string, retryMs?: number) {
    super(message);
    this.reason = reason;
    this.retryMs = retryMs;
  }
}

/** A volume that cannot be mounted (yet): event `FailedMount`. */
export class MountError extends Error {
  readonly volume: string;
  constructor(volume: string, message: string) {
    super(message);
    this.volume = volume;
  }
}
