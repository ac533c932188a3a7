/** GNU `md5sum`. */
import { checksumProgram } from '../checksum.ts';
import { Md5 } from '../digest.ts';

export const program = checksumProgram('md5sum', 'MD5', () => new Md5());
