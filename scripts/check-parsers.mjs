// `npm run check:parsers [files] [seed]`: damaged files for each parser, 100,000 unless given, and files that are made to
// cost as much as they can. It prints how many of the damaged were read, and the time and memory that the worst of them
// took, and those of each of the others; a failure prints the seed of its file.
import { bin, bootstrap, run } from './bootstrap.mjs'

const [files = '100000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2)
bootstrap()
process.stdout.write(`${files} files for each parser, from seed ${seed} on\n`)
run(
  bin('vitest'),
  ['run', 'packages/formats', 'packages/expression', '-t', `^${files} damaged|made to cost`],
  {
    env: { ...process.env, BP_MUTATIONS: files, BP_SEED: seed },
  },
)
