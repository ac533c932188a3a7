/**
 * What a previewed page may do. Its frame has an origin of its own that equals no other (no `allow-same-origin`), may not
 * leave its place (no `allow-top-navigation`, `allow-popups`, `allow-downloads`, `allow-modals`), and its document may load
 * nothing by address: what it needs is in it, or comes over the bridge. That it cannot go elsewhere by itself
 * (`location = …`, a refresh) is not in its own power to hold; `FRAMING` on the lesson's page does.
 */
import { urlOf, type PreviewAddress } from './address.ts';

/** Of the `iframe`. */
export const SANDBOX = 'allow-scripts allow-forms';

/**
 * `frame-src` also governs where a frame of the page may be sent; a document that is given as text (`srcdoc`) is none of
 * that. No page of the site shows another in a frame.
 */
export const FRAMING = "frame-src 'none'";

/** For the document at `address`. `base-uri` alone names an address: relative links have to mean what they say. */
export const documentPolicy = (address: PreviewAddress): string =>
  [
    "default-src 'none'",
    // The page's own code runs, and evaluates what it likes: all that it can reach is itself.
    "script-src 'unsafe-inline' 'unsafe-eval' data: blob:",
    "style-src 'unsafe-inline' data: blob:",
    'img-src data: blob:',
    'font-src data: blob:',
    'media-src data: blob:',
    "connect-src 'none'",
    "worker-src 'none'",
    "frame-src 'none'",
    "object-src 'none'",
    "form-action 'none'",
    `base-uri ${new URL(urlOf(address)).origin}`,
  ].join('; ');
