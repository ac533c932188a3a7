import { schedulableCommand } from './schedulable.ts';

export const command = schedulableCommand('cordon');
