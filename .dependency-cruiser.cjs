/** The floors of the house: which folder may import from which, and who owns which package. */
const floor = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: `^src/${from}/` },
  to: { path: '^src/', pathNot: [`^src/(${allowed})/`] },
});

const onlyFrom = (what, ...homes) => ({
  name: `${what.replace(/\W+/g, '-')}-only-in-${homes.join('-or-').replace(/\W+/g, '-')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: homes.map((home) => `^src/${home}(/|\\.ts$)`) },
  to: { path: `(^|node_modules/)(${what})(/|$)` },
});

const noPackages = (folder) => ({
  name: `${folder}-imports-no-package`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { pathNot: ['^src/'] },
});

module.exports = {
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
  forbidden: [
    floor('domain-is-pure', 'domain', 'domain'),
    floor('ports-see-the-domain-only', 'ports', 'domain|ports'),
    floor('engine-sees-no-adapter', 'engine', 'domain|ports|engine'),
    floor('config-sees-the-domain-only', 'config', 'domain|config'),
    floor('cli-sees-no-adapter-and-no-engine', 'cli', 'app|config|domain|cli'),
    floor('app-sees-no-cli', 'app', 'domain|ports|engine|adapters|config|app'),
    {
      name: 'adapter-stands-alone',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/', pathNot: ['^src/(domain|ports)/', '^src/adapters/$1/'] },
    },
    noPackages('domain'),
    noPackages('ports'),
    noPackages('engine'),
    onlyFrom('child_process', 'adapters/exec'),
    onlyFrom('mysql2', 'adapters/mysql'),
    onlyFrom('libsql|node:sqlite|sqlite', 'adapters/sqlite'),
    onlyFrom('pino|pino-roll', 'adapters/log'),
    onlyFrom('ini|zod', 'config'),
    onlyFrom('commander|@commander-js/extra-typings', 'cli'),
    { name: 'no-circles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { path: '^src/', orphan: true, pathNot: ['\\.d\\.ts$'] }, to: {} },
    {
      name: 'product-needs-no-dev-package',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
};
