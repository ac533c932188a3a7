import type { AuditEvent } from '../runtime.ts';
import { api, CONFIG_MAPS, configMap, create } from './api.ts';
import { claim, equal } from './claim.ts';
import type { ContractCase } from './contract.ts';
import { eventually } from './patience.ts';
import { TerminalDriver } from './terminal-driver.ts';

const about = (verb: string, name: string) => (event: AuditEvent) =>
  event.verb === verb && event.objectRef?.name === name;

export const auditCases: ContractCase[] = [
  {
    name: 'audit: who asked for what is told as it happens, and told again to who comes later',
    async run(session) {
      const events: AuditEvent[] = [];
      const watching = session.audit.watch((event) => events.push(event));
      await create(session, CONFIG_MAPS, configMap('audited'));
      const terminal = await TerminalDriver.open(session);
      await terminal.run('kubectl delete configmap audited');
      terminal.connection.close();
      const seen = () => events.slice(-5);
      const created = await eventually(
        () => events.find(about('create', 'audited')),
        'the create is told',
        seen,
      );
      equal(
        [
          created.kind,
          created.apiVersion,
          created.stage,
          created.objectRef?.resource,
          created.responseStatus?.code,
        ],
        ['Event', 'audit.k8s.io/v1', 'ResponseComplete', 'configmaps', 201],
        'the create',
      );
      claim(created.user.username !== '' && created.auditID !== '', 'the create has a user and an auditID');
      const deleted = await eventually(
        () => events.find(about('delete', 'audited')),
        'the delete is told',
        seen,
      );
      claim(deleted.userAgent?.startsWith('kubectl'), `user agent of the delete: ${deleted.userAgent}`);
      watching.dispose();
      const count = events.length;

      const later: AuditEvent[] = [];
      const again = session.audit.watch((event) => later.push(event));
      await eventually(() => later.find(about('create', 'audited')), 'the create is replayed');
      again.dispose();
      equal((await api(session, 'GET', `${CONFIG_MAPS}/audited`)).status, 404, 'the object is gone');
      equal(events.length, count, 'events after the watch was disposed');
    },
  },
];
