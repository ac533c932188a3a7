/**
 * @peculiar/x509, after what it needs. Everybody imports it from here: a bundler that puts it into a chunk of its own
 * runs it before the importer's own imports of CommonJS, but keeps the order of modules.
 */
import './reflect.ts';
export * from '@peculiar/x509';
