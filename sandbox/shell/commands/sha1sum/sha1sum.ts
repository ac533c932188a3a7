/** GNU `sha1sum`. */
import { checksumProgram } from '../checksum.ts';
import { Sha1 } from '../digest.ts';

export const program = checksumProgram('sha1sum', 'SHA1', () => new Sha1());
