/** Properties are tried on the same cases in each run of the test command; their whole forms draw new ones. */
import fc from 'fast-check';

const isWhole = ['FUZZ_RUNS', 'CRASH_RUNS'].some((name) => process.env[name] !== undefined);
if (!isWhole) fc.configureGlobal({ seed: 20_260_101 });
