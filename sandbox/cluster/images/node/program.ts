/** The image's `node`: the same program as the terminal's. */
export { program } from '../../../shell/commands/node/node.ts';
