/** Certificates for tests, made by openssl at test time: an authority of its own, and what it has signed. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from './servers/database-server.js';

export interface Certificate {
  /** Paths of the files. */
  readonly cert: string;
  readonly key: string;
  /** The certificate itself, as PEM. */
  readonly text: string;
}

const NEW_KEY = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];

/** Its files lie in `directory` and begin with `name`. */
export async function makeAuthority(directory: string, name: string): Promise<Certificate> {
  const { cert, key } = filesOf(directory, name);
  const subject = ['-subj', `/CN=${name}`, '-addext', 'basicConstraints=critical,CA:TRUE'];
  await runToEnd('openssl', ['req', '-x509', ...NEW_KEY, '-keyout', key, '-out', cert, ...subject]);
  return { cert, key, text: await readFile(cert, 'utf8') };
}

/** For a server of this host name. */
export async function signFor(host: string, authority: Certificate, directory: string): Promise<Certificate> {
  const { cert, key } = filesOf(directory, host);
  const request = `${cert}.request`;
  const extensions = `${cert}.extensions`;
  await writeFile(extensions, `subjectAltName=DNS:${host}\nbasicConstraints=CA:FALSE\n`);
  await runToEnd('openssl', ['req', ...NEW_KEY, '-keyout', key, '-out', request, '-subj', `/CN=${host}`]);
  const signer = ['-CA', authority.cert, '-CAkey', authority.key, '-CAcreateserial', '-days', '2'];
  await runToEnd('openssl', ['x509', '-req', '-in', request, ...signer, '-extfile', extensions, '-out', cert]);
  return { cert, key, text: await readFile(cert, 'utf8') };
}

function filesOf(directory: string, name: string): { readonly cert: string; readonly key: string } {
  return { cert: join(directory, `${name}.pem`), key: join(directory, `${name}.key`) };
}
