/** What kind of failure each error of the server, the network and mysql2 is. */
import { describe, expect, it } from 'vitest';
import { DeadlineError, StoppedError } from '../../../src/adapters/mysql/deadline.js';
import { errorNumberOf, isConnectionGone, toStoreError } from '../../../src/adapters/mysql/errors.js';
import { StoreError } from '../../../src/ports/store-error.js';

function failure(fields: Readonly<Record<string, unknown>>, message = 'it said no'): Error {
  return Object.assign(new Error(message), fields);
}

describe('toStoreError', () => {
  it.each([
    { what: 'nobody listens', error: failure({ code: 'ECONNREFUSED', errno: -111 }), code: 'unreachable' },
    { what: 'there is no socket', error: failure({ code: 'ENOENT', errno: -2 }), code: 'unreachable' },
    { what: 'the name is unknown', error: failure({ code: 'ENOTFOUND', errno: -3008 }), code: 'unreachable' },
    { what: 'we may open no more files', error: failure({ code: 'EMFILE', errno: -24 }), code: 'unreachable' },
    { what: 'the connection broke', error: failure({ code: 'PROTOCOL_CONNECTION_LOST' }), code: 'unreachable' },
    { what: 'the server closed an idle one', error: failure({ code: 4031 }), code: 'unreachable' },
    {
      what: 'a dead connection is asked',
      error: failure({}, "Can't add new command when connection is in closed state"),
      code: 'unreachable',
    },
    {
      what: 'a Galera node is cut off',
      error: failure({ code: 'ER_UNKNOWN_COM_ERROR', errno: 1047 }),
      code: 'unreachable',
    },
    { what: 'MariaDB ended a long statement', error: failure({ errno: 1969 }), code: 'unreachable' },
    {
      what: 'MySQL ended a long statement',
      error: failure({ code: 'ER_QUERY_TIMEOUT', errno: 3024 }),
      code: 'unreachable',
    },
    { what: 'our deadline passed', error: new DeadlineError('no answer within 5 ms'), code: 'unreachable' },
    { what: 'the monitor stops', error: new StoppedError('given up'), code: 'unreachable' },
    { what: 'the password is wrong', error: failure({ errno: 1045 }), code: 'refused' },
    { what: 'there are too many connections', error: failure({ errno: 1040 }), code: 'refused' },
    {
      what: 'MariaDB’s account is locked',
      error: failure({ code: 'ER_BULK_PARSER_ERROR', errno: 4151 }),
      code: 'refused',
    },
    { what: 'a right on a table is missing', error: failure({ errno: 1142 }), code: 'rights' },
    { what: 'a right on a column is missing', error: failure({ errno: 1143 }), code: 'rights' },
    { what: 'the database is missing', error: failure({ errno: 1049 }), code: 'schema' },
    { what: 'the table is missing', error: failure({ errno: 1146 }), code: 'schema' },
    { what: 'the server takes no writes', error: failure({ errno: 1290 }), code: 'read_only' },
    { what: 'a row is locked', error: failure({ errno: 1205 }), code: 'busy' },
    { what: 'a row changed since it was read', error: failure({ errno: 1020 }), code: 'busy' },
    { what: 'the note is too long', error: failure({ errno: 1406 }), code: 'bad_value' },
    { what: 'the column does not know a letter', error: failure({ errno: 1366 }), code: 'bad_value' },
    {
      what: 'the login method is unknown',
      error: failure({ code: 'AUTH_SWITCH_PLUGIN_ERROR' }),
      code: 'configuration',
    },
    { what: 'the certificate is not trusted', error: failure({ code: 'HANDSHAKE_SSL_ERROR' }), code: 'configuration' },
    { what: 'the server has no TLS', error: failure({ code: 'HANDSHAKE_NO_SSL_SUPPORT' }), code: 'configuration' },
    { what: 'TLS is demanded', error: failure({ errno: 3159 }), code: 'configuration' },
    { what: 'the disk is full', error: failure({ errno: 1114 }), code: 'other' },
    { what: 'nobody knows it', error: failure({ errno: 9999 }), code: 'other' },
  ])('says $code when $what', ({ error, code }) => {
    expect(toStoreError('read alarms', 'db1:3306/monitor', error).code).toBe(code);
  });

  it('tells what was tried, where, what came back and what to do', () => {
    const error = toStoreError(
      'clear alarm',
      'db1:3306/monitor',
      failure({ errno: 1205 }, 'Lock wait timeout exceeded'),
    );
    expect(error.message).toBe(
      'clear alarm on db1:3306/monitor: Lock wait timeout exceeded (error 1205); another session holds a lock',
    );
    expect(error.retryable).toBe(true);
  });

  it('names the code where an error has no message', () => {
    const error = toStoreError('connect', 'db1:3306', failure({ code: 'ECONNREFUSED' }, ''));
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('leaves a store error as it is, and takes anything that is thrown', () => {
    const error = new StoreError('known', 'schema', false);
    expect(toStoreError('read alarms', 'db1:3306', error)).toBe(error);
    expect(toStoreError('read alarms', 'db1:3306', 'text').code).toBe('other');
  });
});

describe('errorNumberOf', () => {
  it('finds the server’s number, also in the code, and none of the network’s', () => {
    expect(errorNumberOf(failure({ errno: 1205 }))).toBe(1205);
    expect(errorNumberOf(failure({ code: 4031 }))).toBe(4031);
    expect(errorNumberOf(failure({ errno: -111, code: 'ECONNREFUSED' }))).toBeNull();
    expect(errorNumberOf(null)).toBeNull();
  });
});

describe('isConnectionGone', () => {
  it('is so for errors of the network and the goodbyes of a server, not for its word about a statement', () => {
    expect(isConnectionGone(failure({ code: 'EPIPE' }))).toBe(true);
    expect(isConnectionGone(failure({ code: 4031 }))).toBe(true);
    expect(isConnectionGone(failure({ errno: 1205 }))).toBe(false);
  });
});
