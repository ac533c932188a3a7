/** `node tests/bench/part.ts NAME [--no-docs]`, forked by main.ts: measures one part, each measurement a message to the parent. */
import { PARTS } from './parts.ts';

const part = PARTS[process.argv[2] ?? ''];
if (!part || !process.send) throw new Error('part.ts is started by main.ts, with the name of a part');
const send = process.send.bind(process);

const { measure } = await part.load();
await measure((measurement) => void send(measurement), { writesDocs: !process.argv.includes('--no-docs') });
process.exit(0);
