import { signal } from '@preact/signals';

/** The way for other panels to show something in the preview. What it shows it with is loaded at the first call. */
export class PreviewHandle {
  /** Whether it stands in the place of the cluster. */
  readonly shown = signal(false);
  /** An address that waits to be opened. */
  readonly asked = signal<string | undefined>(undefined);

  /** @param address as in its address line: `web.shop:8080/path`, or an `http` URL. */
  open(address: string): void {
    this.asked.value = address;
    this.shown.value = true;
  }
}
