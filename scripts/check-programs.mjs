// `npm run check:programs [runs] [seed]`: random programs, default 10,000. A failure prints the program, shrunk to a minimum,
// and the seed that reproduces it.
import { bin, bootstrap, run } from './bootstrap.mjs'

const [runs = '10000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2)
bootstrap()
process.stdout.write(`${runs} programs with seed ${seed}\n`)
run(bin('vitest'), ['run', 'packages/core/test/programs.test.ts'], {
  env: { ...process.env, BP_PROGRAMS: runs, BP_SEED: seed },
})
