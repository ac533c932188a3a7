/** Metadata for decorators, which @peculiar/x509 asks of the platform as soon as it is loaded. */
import 'reflect-metadata';
