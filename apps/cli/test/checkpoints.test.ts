// What a run on the screen saves, and what its summary says about it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadCheckpoint, saveCheckpoint } from '@bp/formats/checkpoint-folder'
import { afterAll, expect, it } from 'vitest'
import { makePlan } from '../src/train/plan.js'
import { summarize } from '../src/train/summary.js'
import { Trainer } from '../src/train/trainer.js'

const folder = mkdtempSync(join(tmpdir(), 'bp-checkpoints-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('a restarted run saves once it is further than the folder, and the summary says what is saved', async () => {
  const place = join(folder, 'restarted')
  const trainer = new Trainer(await makePlan('xor', { checkpoints: place }))
  trainer.pause()
  const { plan } = trainer
  const checkpoints = plan.checkpoints!
  const savedStep = () => loadCheckpoint(place)!.checkpoint.state.step
  const toStep = (step: number) => {
    const { run } = trainer.getState()
    run.step(step - run.getState().step)
    checkpoints.save(run)
  }
  const said = () => summarize(plan, trainer.getState().run, trainer.getState().initial, 0).at(-1)
  checkpoints.open(trainer.getState().run)
  expect(savedStep()).toBe(0)
  toStep(200)
  expect([savedStep(), said()]).toEqual([200, `  resume from here with --resume ${place}`])
  const { weights } = loadCheckpoint(place)!.checkpoint

  trainer.restart()
  trainer.pause()
  toStep(150)
  expect([savedStep(), said()]).toEqual([
    200,
    `  resume from step 200, the last one saved, with --resume ${place}`,
  ])
  toStep(200)
  // The folder has exactly what the new run reaches.
  expect(trainer.getState().run.save().weights).toEqual(weights)
  toStep(300)
  expect([savedStep(), said()]).toEqual([300, `  resume from here with --resume ${place}`])

  rmSync(place, { recursive: true })
  expect(said()).toBe(`  nothing is saved in ${place}`)
})

it('a checkpoint without a setting, from before the setting existed, means its default', async () => {
  const place = join(folder, 'older')
  const { plan, getState } = new Trainer(await makePlan('xor', { checkpoints: place }))
  plan.checkpoints!.open(getState().run)
  const { checkpoint, about } = loadCheckpoint(place)!
  const { activation, ...older } = JSON.parse(about)
  expect(activation).toBe('sigmoid')
  saveCheckpoint(place, checkpoint, JSON.stringify(older))
  expect((await makePlan('xor', { resume: place })).checkpoints!.resume).not.toBeNull()
  await expect(makePlan('xor', { resume: place, activation: 'tanh' })).rejects.toThrow(
    `the run in ${place} has activation sigmoid, this one tanh; only epochs may differ`,
  )
})
