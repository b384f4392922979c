// `npm run check:programs [runs] [seed]`: many random programs, 10,000 unless given. A failure prints the program,
// made as small as it can be, and the seed with which it fails again.
import { bin, bootstrap, run } from './bootstrap.mjs'

const [runs = '10000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2)
bootstrap()
process.stdout.write(`${runs} programs with seed ${seed}\n`)
run(bin('vitest'), ['run', 'packages/core/test/programs.test.ts'], {
  env: { ...process.env, BP_PROGRAMS: runs, BP_SEED: seed },
})
