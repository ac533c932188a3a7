/**
 * The first script of a previewed document. Its parts run in the frame and not here: each is a function that names nothing
 * of its module, handed over as its source. What they offer is comfort; that a page can get around them changes nothing
 * about what it may do (`policy.ts`, `bridge.ts`).
 */
import { connect } from './connect.ts';
import { navigation } from './navigation.ts';
import { network } from './network.ts';
import { pictures } from './pictures.ts';

export interface FrameSettings {
  /** The page wants to be elsewhere after a while. */
  refresh: { afterMs: number; url: string } | undefined;
}

export function frameScript(settings: FrameSettings): string {
  const script = `(()=>{const c=(${connect})();(${network})(c);(${pictures})(c);(${navigation})(c,${JSON.stringify(settings)})})()`;
  // Nothing in it may end its element.
  return script.replaceAll('</', '<\\/').replaceAll('<!--', '<\\!--');
}
