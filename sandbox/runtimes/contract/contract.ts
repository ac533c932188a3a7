/**
 * What every runtime promises, as cases in the order in which they run on one session: the last two reset it
 * and close it. Nothing here knows which runtime it is or which test framework runs it, so that the same
 * cases run in Node, in a page and against a real cluster.
 */
import type { ExerciseStart, Session } from '../runtime.ts';
import { auditCases } from './audit-cases.ts';
import { execCases } from './exec-cases.ts';
import { fileCases } from './file-cases.ts';
import { kubeCases } from './kube-cases.ts';
import { lifeCases } from './life-cases.ts';
import { scratchCases } from './scratch-cases.ts';
import { terminalCases } from './terminal-cases.ts';
import { timeCases } from './time-cases.ts';
import { webCases } from './web-cases.ts';

export interface ContractCase {
  name: string;
  run(session: Session): Promise<void>;
}

/** The start that the cases expect. */
export const CONTRACT_START: ExerciseStart = {
  id: 'contract/suite',
  version: '1',
  files: { 'hello.txt': 'Hello from the start\n', 'manifests/settings.yaml': 'kind: ConfigMap\n' },
  manifests: [
    `apiVersion: v1
kind: ConfigMap
metadata:
  name: from-the-start
data:
  key: value
---
apiVersion: v1
kind: Namespace
metadata:
  name: second
`,
  ],
  namespace: 'default',
  nodes: 1,
};

export const contractCases: ContractCase[] = [
  ...fileCases,
  ...terminalCases,
  ...kubeCases,
  ...execCases,
  ...webCases,
  ...scratchCases,
  ...auditCases,
  ...timeCases,
  ...lifeCases,
];
