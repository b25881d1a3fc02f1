/**
 * The test command: builds the program and runs every project of tests, the unit tests on each Node that is supported.
 * With `--list` it only reads all tests and names them.
 *
 * What a machine lacks the rights for is said and skipped; with CI=true a skip is a failure. The one exception is a
 * test against Oracle's MySQL, whose server may not be there to download: its absence is said loudly and fails nothing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const CACHE = join(ROOT, '.cache');
const RESULTS = join(CACHE, 'results');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
const OTHER_NODES = [20, 22, 24].filter((major) => major !== Number(process.versions.node.split('.')[0]));
const MAY_BE_SKIPPED = /\bMySQL\b/;
const isCi = process.env.CI === 'true';

const totals = { passed: 0, failed: 0, skipped: 0 };
const complaints = [];

function run(file, args) {
  const { status, error } = spawnSync(file, args, { cwd: ROOT, stdio: 'inherit' });
  if (error) console.error(`${file}: ${error.message}`);
  return status === 0;
}

/** Runs one project under one Node, and adds up what its report says. */
function runProject(name, node, label) {
  console.log(`\n=== ${label}`);
  const report = join(RESULTS, `${label.replaceAll(/\W+/g, '-')}.json`);
  const args = [VITEST, 'run', '--config', '.vitest.config.ts', '--project', name];
  const isGood = run(node, [...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
  const before = totals.failed;
  if (existsSync(report)) addUp(JSON.parse(readFileSync(report, 'utf8')), label);
  else complaints.push(`${label}: no report was written`);
  if (!isGood && totals.failed === before) complaints.push(`${label}: the runner failed`);
}

function addUp({ testResults }, label) {
  for (const { assertionResults, message, status, name } of testResults) {
    if (status === 'failed' && assertionResults.length === 0) complaints.push(`${label}: ${name}: ${message}`);
    for (const { status: how, fullName } of assertionResults) {
      if (how === 'passed') totals.passed += 1;
      else if (how === 'failed') totals.failed += 1;
      else skip(fullName, label);
    }
  }
}

function skip(fullName, label) {
  totals.skipped += 1;
  if (isCi && !MAY_BE_SKIPPED.test(fullName)) complaints.push(`${label}: skipped on CI: ${fullName}`);
}

/** Another Node comes out of the npm package that holds its binary; null: it cannot be had here. */
function otherNode(major) {
  const home = join(CACHE, `node-${major}`);
  const name = `node-linux-${process.arch}`;
  const binary = join(home, 'node_modules', name, 'bin/node');
  if (existsSync(binary)) return binary;
  mkdirSync(home, { recursive: true });
  const isThere = run('npm', [
    'install',
    '--prefix',
    home,
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    `${name}@${major}`,
  ]);
  return isThere && existsSync(binary) ? binary : null;
}

if (process.argv.includes('--list')) {
  const projects = ['unit', 'contract', 'system'].flatMap((name) => ['--project', name]);
  process.exit(run(process.execPath, [VITEST, 'list', '--config', '.vitest.config.ts', ...projects]) ? 0 : 1);
}

rmSync(RESULTS, { recursive: true, force: true });
mkdirSync(RESULTS, { recursive: true });
if (!run('npm', ['run', '--silent', 'build'])) complaints.push('the build failed');
runProject('unit', process.execPath, `unit tests, Node ${process.versions.node}`);
for (const major of OTHER_NODES) {
  const node = otherNode(major);
  if (node === null) complaints.push(`Node ${major} could not be installed, so the unit tests did not run on it`);
  else runProject('unit', node, `unit tests, Node ${major}`);
}
runProject('contract', process.execPath, 'contract tests');
runProject('system', process.execPath, 'system tests');

for (const complaint of complaints) console.error(`\nNOT GOOD: ${complaint}`);
if (totals.passed === 0) complaints.push('no test ran');
console.log(`\n${totals.passed} passed, ${totals.failed + complaints.length} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed + complaints.length === 0 ? 0 : 1;
