/**
 * `npx node sandbox/service/add-ons/fetch.ts NAME…`: fetches what the add-ons and what they need are installed from, into the
 * folder that the sandbox service takes it from (`SLIPWAY_ADD_ONS_FOLDER`), and prints the SHA-256 of each file. The images
 * of their pods come from registries all the same.
 */
import { readSettings } from '../settings.ts';
import { AddOnFiles } from './add-on-files.ts';
import { namedAddOns } from './named-add-ons.ts';

const { addOnsFolder } = readSettings(process.env);
const files = new AddOnFiles(addOnsFolder, { onFile: ({ sha256, url }) => console.log(`${sha256}  ${url}`) });
try {
  for (const addOn of namedAddOns()) await files.fetch(addOn);
  console.log(`in ${addOnsFolder}`);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
