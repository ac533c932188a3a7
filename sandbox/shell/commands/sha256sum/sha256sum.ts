/** GNU `sha256sum`. */
import { checksumProgram } from '../checksum.ts';
import { Sha256 } from '../digest.ts';

export const program = checksumProgram('sha256sum', 'SHA256', () => new Sha256());
