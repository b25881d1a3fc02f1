/** The little program that the demo breaks: one text, started three times in three roles. */

/**
 * Roles: `http PORT` answers every request, `tcp PORT` accepts connections, `file PATH` keeps its pid in a file.
 * Beside them stand the paths of two other files and the pid of the demo. While the first file exists, the program is
 * sick: it answers 500, or takes no connections and ignores TERM. Without the second it refuses to start. It ends by
 * itself when the demo has gone, so that not even a killed demo leaves it behind.
 */
export const SAMPLE_PROGRAM = `
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

const [role, place, sicknessFile, licenceFile, demoPid] = process.argv.slice(2);
if (!existsSync(licenceFile)) process.exit(1);
rmSync(sicknessFile, { force: true });

let isSick = false;
let fallSick = () => {};
if (role === 'http') {
  const answer = (request, response) => {
    response.statusCode = isSick ? 500 : 200;
    response.end(isSick ? 'out of order' : 'well');
  };
  createHttpServer(answer).listen(Number(place), '127.0.0.1');
}
if (role === 'tcp') {
  const server = createTcpServer((socket) => socket.end()).listen(Number(place), '127.0.0.1');
  fallSick = () => {
    server.close();
    process.on('SIGTERM', () => {});
  };
}
if (role === 'file') writeFileSync(place, String(process.pid));

setInterval(() => {
  if (!isSick && existsSync(sicknessFile)) {
    isSick = true;
    fallSick();
  }
  try {
    process.kill(Number(demoPid), 0);
  } catch {
    process.exit(0);
  }
}, 100);
`;
