// `npm run check:checkpoints [kills]`: kills a program that saves checkpoints at random times, default 200 times, and starts
// two at once in one folder, a fifth as often.
import { bin, bootstrap, run } from './bootstrap.mjs'

const [kills = '200'] = process.argv.slice(2)
bootstrap()
run(bin('vitest'), ['run', 'packages/formats/test/checkpoint.test.ts'], {
  env: { ...process.env, BP_KILLS: kills },
})
