/** What `systemctl show` says of the files that a unit executes. */
import { expect, it } from 'vitest';
import { parseExecutions } from '../../../src/adapters/systemd/unit-executables.js';

const SHOWN = `ExecStartPre={ path=/usr/bin/test ; argv[]=/usr/bin/test -d /srv/app ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
ExecStart={ path=/bin/sh ; argv[]=/bin/sh /opt/app/run.sh --config=/etc/app ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
EnvironmentFiles=/etc/default/app (ignore_errors=yes)
User=app
Id=app.service
FragmentPath=/lib/systemd/system/app.service
DropInPaths=/etc/systemd/system/app.service.d/a.conf /etc/systemd/system/app.service.d/b.conf

User=
Id=bare.service
FragmentPath=
DropInPaths=
`;

it('gives each unit with its user and every path that it is made of', () => {
  expect(parseExecutions(SHOWN)).toEqual([
    {
      id: 'app.service',
      user: 'app',
      paths: [
        '/usr/bin/test',
        '/srv/app',
        '/bin/sh',
        '/opt/app/run.sh',
        '/etc/default/app',
        '/lib/systemd/system/app.service',
        '/etc/systemd/system/app.service.d/a.conf',
        '/etc/systemd/system/app.service.d/b.conf',
      ],
    },
    { id: 'bare.service', user: '', paths: [] },
  ]);
});

it('knows nothing of output that is none', () => {
  expect(parseExecutions('Failed to connect to bus')).toEqual([]);
});
