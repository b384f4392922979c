// What a run on the screen saves, and what its summary says about it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadCheckpoint } from '@bp/formats/checkpoint-folder'
import { afterAll, expect, it } from 'vitest'
import { makePlan } from '../src/train/plan.js'
import { Session } from '../src/train/session.js'
import { summarize } from '../src/train/summary.js'

const folder = mkdtempSync(join(tmpdir(), 'bp-checkpoints-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('a restarted run saves once it is further than the folder, and the summary says what is saved', async () => {
  const place = join(folder, 'restarted')
  const session = new Session(await makePlan('xor', { save: place }))
  const { plan } = session
  const savedStep = () => loadCheckpoint(join(place, 'checkpoints'))!.checkpoint.state.step
  const toStep = (step: number) => {
    const { run, initial } = session
    run.step(step - run.getState().step)
    plan.saver.save(plan, run, initial, 0)
  }
  const said = () => summarize(plan, session.run, session.initial, 0).at(-1)
  plan.saver.open(plan, session.run, session.initial)
  expect(savedStep()).toBe(0)
  toStep(200)
  expect([savedStep(), said()]).toEqual([200, `  saved as ${place}: bp resume ${place} · bp show ${place}`])
  const { weights } = loadCheckpoint(join(place, 'checkpoints'))!.checkpoint

  session.send({ do: 'restart' })
  session.send({ do: 'toggle' })
  toStep(150)
  expect([savedStep(), said()]).toEqual([
    200,
    `  step 200 is saved as ${place}: bp resume ${place} · bp show ${place}`,
  ])
  toStep(200)
  // The folder has exactly what the new run reaches.
  expect(session.run.save().weights).toEqual(weights)
  toStep(300)
  expect([savedStep(), said()]).toEqual([300, `  saved as ${place}: bp resume ${place} · bp show ${place}`])

  rmSync(place, { recursive: true })
  expect(said()).toBe('  nothing of this run is saved')
})
