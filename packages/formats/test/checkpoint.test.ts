// Checkpoints: everything saved is restored to the bit, and no damage to a file goes unnoticed.
import { spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  adam,
  type Checkpoint,
  cosineDecay,
  createRun,
  type Dataset,
  functional,
  layers,
  metrics,
  modelInput,
  momentum,
  type RunOptions,
  random,
  sequential,
  sgd,
} from '@bp/core'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { CheckpointError, readCheckpoint, writeCheckpoint } from '../src/checkpoint.js'
import { loadCheckpoint, saveCheckpoint } from '../src/checkpoint-folder.js'
import { leaveFolder, unfinished } from '../src/folder-lock.js'
import { writeSafetensors } from '../src/safetensors.js'

const draws = random(3)
const data: Dataset = {
  rows: 30,
  inputs: Float32Array.from({ length: 60 }, (_, at) => draws.normal(at)),
  inputShape: [2],
  targets: Float32Array.from({ length: 30 }, (_, at) => Number(draws.normal(at) > 0)),
  targetShape: [1],
}
const { dense, batchNorm, dropout } = layers

const options = (change: Partial<RunOptions> = {}): RunOptions => ({
  model: sequential([dense({ units: 5, activation: 'tanh' }), dense({ units: 1 })], {
    inputShape: [2],
    seed: 1,
  }),
  loss: 'sigmoidCrossEntropy',
  optimizer: adam({ learningRate: 0.03 }),
  data,
  batchSize: 8,
  epochs: 12,
  seed: 2,
  ...change,
})

/** Runs with different kinds of state, created by each call. */
const runs: Record<string, () => RunOptions> = {
  'of Adam with a validation split': () => options({ validation: 0.3 }),
  'of gradient descent, which has no state': () => options({ optimizer: sgd({ learningRate: 0.1 }) }),
  'of a schedule, weight averages, accumulation and weight decay': () =>
    options({
      optimizer: momentum({
        learningRate: cosineDecay({ learningRate: 0.1, steps: 40 }),
        ema: 0.9,
        accumulate: 2,
        weightDecay: 0.01,
      }),
    }),
  'of layers with state and randomness': () =>
    options({
      model: sequential([dense({ units: 4 }), batchNorm(), dropout({ rate: 0.2 }), dense({ units: 1 })], {
        inputShape: [2],
        seed: 1,
      }),
    }),
  'that keeps its best weights, and has NaN metrics': () =>
    options({ validation: 0.2, earlyStopping: { patience: 50 }, metrics: { auc: metrics.auc() } }),
}

const folder = mkdtempSync(join(tmpdir(), 'checkpoints-'))
const here = join(folder, 'runs', 'first')
afterAll(() => rmSync(folder, { recursive: true }))
const leave = () => leaveFolder(realpathSync(here))
beforeEach(() => rmSync(here, { recursive: true, force: true }))

describe.each(Object.entries(runs))('a run %s', (_, make) => {
  test.each([0, 1, 7, 20])('is restored after %d steps, and continues to the same bits', (steps) => {
    const run = createRun(make())
    if (steps > 0) run.step(steps)
    const saved = run.save()
    const { checkpoint, about } = readCheckpoint(writeCheckpoint(saved, 'seven "7"\n'))
    expect(checkpoint).toEqual(saved)
    expect(about).toBe('seven "7"\n')
    const resumed = createRun({ ...make(), resume: checkpoint })
    expect(resumed.step(1000)).toEqual(run.step(1000))
    expect(resumed.save()).toEqual(run.save())
  })
})

const after = (steps: number) => {
  const run = createRun(options())
  run.step(steps)
  return run.save()
}

test('a run of several outputs is restored', () => {
  const x = modelInput([2])
  const model = () =>
    functional({ inputs: x, outputs: { a: dense({ units: 1 })(x), b: dense({ units: 1 })(x) }, seed: 1 })
  const make = () =>
    createRun({
      model: model(),
      loss: { a: 'sigmoidCrossEntropy', b: 'meanSquaredError' },
      optimizer: adam({ learningRate: 0.1 }),
      data: { ...data, targets: { a: data.targets, b: data.targets }, targetShape: { a: [1], b: [1] } },
      batchSize: 7,
      epochs: 3,
      seed: 1,
    })
  const run = make()
  run.step(8)
  expect(readCheckpoint(writeCheckpoint(run.save())).checkpoint).toEqual(run.save())
})

test('non-finite numbers are restored', () => {
  const saved = after(9)
  const odd = { loss: Number.NEGATIVE_INFINITY, accuracy: null, metrics: { auc: Number.NaN } }
  const checkpoint: Checkpoint = {
    ...saved,
    sums: { loss: Number.POSITIVE_INFINITY },
    state: { ...saved.state, validation: odd, history: [{ ...odd, epoch: 1, step: 4, validation: odd }] },
  }
  expect(readCheckpoint(writeCheckpoint(checkpoint)).checkpoint).toEqual(checkpoint)
})

describe('a file', () => {
  const file = writeCheckpoint(after(9))

  test('with a single changed bit, any of 1,000, is refused', () => {
    for (let flip = 0; flip < 1000; flip++) {
      const damaged = file.slice()
      const bit = Math.floor(random(1).uniform(flip) * 8 * file.length)
      damaged[bit >>> 3]! ^= 1 << (bit & 7)
      expect(() => readCheckpoint(damaged), `bit ${bit}`).toThrow(CheckpointError)
    }
  })

  test('that is truncated, or has trailing bytes, is refused', () => {
    for (let length = 0; length < file.length; length += 7)
      expect(() => readCheckpoint(file.subarray(0, length))).toThrow(CheckpointError)
    expect(() => readCheckpoint(Uint8Array.of(...file, 0))).toThrow(CheckpointError)
  })

  test('of weights alone is not a checkpoint', () => {
    const weights = writeSafetensors([{ name: 'w', shape: [1], values: Float32Array.of(1) }])
    expect(() => readCheckpoint(weights)).toThrow('the file is not a checkpoint')
  })
})

describe('a folder', () => {
  const names = (folder = here) =>
    readdirSync(folder)
      .filter((name) => !name.startsWith('lock-'))
      .sort()
  const at = (step: number) => `step-${String(step).padStart(16, '0')}.safetensors`

  test('has no checkpoint before the first save', () => {
    expect(loadCheckpoint(here)).toBeNull()
  })

  test('keeps the last two, and the best', () => {
    const best = { loss: 0, accuracy: 1, epoch: 1, step: 4, validation: null }
    for (const step of [4, 8, 9, 12, 13]) {
      const saved = after(step)
      saveCheckpoint(here, { ...saved, state: { ...saved.state, best } }, String(step))
    }
    expect(names()).toEqual([at(4), at(12), at(13)])
    expect(loadCheckpoint(here)).toMatchObject({ about: '13', checkpoint: { state: { step: 13 } } })
  })

  test('falls back to the previous one when the last is damaged, and says so when all are', () => {
    saveCheckpoint(here, after(4))
    saveCheckpoint(here, after(8))
    const damage = (step: number) => {
      const bytes = readFileSync(join(here, at(step)))
      bytes[bytes.length - 3]! ^= 4
      writeFileSync(join(here, at(step)), bytes)
    }
    damage(8)
    expect(loadCheckpoint(here)!.checkpoint).toEqual(after(4))
    damage(4)
    expect(() => loadCheckpoint(here)).toThrow(CheckpointError)
    expect(() => loadCheckpoint(here)).toThrow(/0008\.safetensors: the file is damaged/)
  })

  test('ignores files that are not its own, and unfinished ones', () => {
    saveCheckpoint(here, after(4))
    copyFileSync(join(here, at(4)), join(here, 'mine.safetensors'))
    writeFileSync(join(here, 'unfinished'), 'half')
    expect(loadCheckpoint(here)!.checkpoint.state.step).toBe(4)
    for (const step of [9, 10, 11]) saveCheckpoint(here, after(step))
    expect(names()).toContain('mine.safetensors')
  })

  describe('that has checkpoints of another run', () => {
    const other = () => {
      const run = createRun(options({ optimizer: adam({ learningRate: 0.01 }), seed: 9 }))
      run.step(6)
      return run.save()
    }
    beforeEach(() => {
      for (const step of [5, 9, 20]) saveCheckpoint(here, after(step))
    })
    const apart = (number: number) => names(join(here, `set-aside-${number}`))

    test.each([
      ['fewer steps', () => other()],
      ['more steps', () => ({ ...other(), state: { ...other().state, step: 40 } })],
      ['as many steps', () => ({ ...other(), state: { ...other().state, step: 20 } })],
    ])('sets them aside for one of %s, which is then loaded', (_, make) => {
      const saved = make()
      saveCheckpoint(here, saved)
      expect(loadCheckpoint(here)!.checkpoint).toEqual(saved)
      expect(names()).toEqual(['set-aside-1', at(saved.state.step)])
      expect(apart(1)).toEqual([at(9), at(20)])
      expect(loadCheckpoint(join(here, 'set-aside-1'))!.checkpoint).toEqual(after(20))
    })

    test('sets later ones aside even for a run that is the same so far', () => {
      saveCheckpoint(here, after(3))
      expect(loadCheckpoint(here)!.checkpoint).toEqual(after(3))
      expect(apart(1)).toEqual([at(9), at(20)])
      for (const step of [4, 5, 6]) saveCheckpoint(here, after(step))
      // The first epoch's record is the best.
      expect(names()).toEqual(['set-aside-1', at(4), at(5), at(6)])
    })

    test('continues with them when it is the same run, also after a rewind', () => {
      const run = createRun({ ...options(), resume: loadCheckpoint(here)!.checkpoint })
      run.step(4)
      saveCheckpoint(here, run.save())
      expect(names()).toEqual([at(20), at(24)])
      run.stepBack(2)
      saveCheckpoint(here, run.save())
      expect(loadCheckpoint(here)!.checkpoint).toEqual(run.save())
      expect(names()).toEqual(['set-aside-1', at(20), at(22)])
      run.step(5)
      saveCheckpoint(here, run.save())
      expect(loadCheckpoint(here)!.checkpoint).toEqual(run.save())
      expect(names()).toEqual(['set-aside-1', at(22), at(27)])
    })

    test('keeps what was set aside when that happens again', () => {
      saveCheckpoint(here, other())
      saveCheckpoint(here, after(1))
      expect(apart(1)).toEqual([at(9), at(20)])
      expect(apart(2)).toEqual([at(6)])
    })

    test('of another process sets them aside unless they were loaded', async () => {
      const program = fileURLToPath(new URL('save-until-killed.mjs', import.meta.url))
      const child = spawn(process.execPath, [program, here, 'from-scratch'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      leave()
      await new Promise((resolve) => child.stdout.once('data', resolve))
      child.kill('SIGKILL')
      await new Promise((resolve) => child.on('close', resolve))
      expect(apart(1)).toEqual([at(9), at(20)])
      expect(loadCheckpoint(here)!.checkpoint.state.step).toBeLessThan(9)
    }, 60_000)
  })

  test('is released once its run is done', () => {
    const locks = () => readdirSync(here).filter((name) => name.startsWith('lock-'))
    const run = createRun(options({ epochs: 2 }))
    run.step(3)
    saveCheckpoint(here, run.save())
    expect(locks()).toHaveLength(1)
    run.step(1000)
    saveCheckpoint(here, run.save())
    expect(locks()).toEqual([])
    expect(loadCheckpoint(here)!.checkpoint.state.status).toBe('done')
  })

  test('is taken over from a process that has exited, with what it left unfinished', () => {
    saveCheckpoint(here, after(4))
    const [lock] = readdirSync(here).filter((name) => name.startsWith('lock-'))
    const dead = lock!.replace(/-\d+-\d*$/, '-4194303-1')
    writeFileSync(join(here, dead), '')
    writeFileSync(join(here, `${dead.replace('lock', 'unfinished')}-0`), 'half')
    // A process id that has since been reused.
    writeFileSync(join(here, lock!.replace(/-\d+-\d*$/, `-${process.ppid}-1`)), '')
    saveCheckpoint(here, after(8))
    expect(readdirSync(here).sort()).toEqual([lock, at(4), at(8)].sort())
  })

  test('locked by a process on another machine is refused, with what to remove', () => {
    saveCheckpoint(here, after(4))
    writeFileSync(join(here, 'lock-elsewhere-1-1'), '')
    expect(() => saveCheckpoint(here, after(8))).toThrow(CheckpointError)
    expect(() => saveCheckpoint(here, after(8))).toThrow(
      `in use by process 1 on elsewhere, which saves checkpoints there; end it, choose another folder, or, if that process no longer exists, remove ${join(here, 'lock-elsewhere-1-1')}`,
    )
    expect(names()).toEqual([at(4)])
  })

  test.runIf(existsSync('/dev/full'))('on a full disk keeps what it had, and says why', () => {
    saveCheckpoint(here, after(4))
    symlinkSync('/dev/full', join(here, unfinished))
    expect(() => saveCheckpoint(here, after(8))).toThrow(/the disk is full.*ENOSPC/)
    expect(names()).toEqual([at(4)])
    expect(loadCheckpoint(here)!.checkpoint).toEqual(after(4))
    saveCheckpoint(here, after(8))
    expect(loadCheckpoint(here)!.checkpoint).toEqual(after(8))
  })

  // `npm run check:checkpoints` does 200.
  const kills = Number(process.env.BP_KILLS ?? 5)
  test(
    `has an intact checkpoint after each of ${kills} kills at any time, and never an older one than was saved`,
    async () => {
      const program = fileURLToPath(new URL('save-until-killed.mjs', import.meta.url))
      for (let kill = 0, newest = 0; kill < kills; kill++) {
        const child = spawn(process.execPath, [program, here], { stdio: ['ignore', 'pipe', 'inherit'] })
        let said = ''
        child.stdout.on('data', (chunk) => {
          // From the first output on, so that start-up does not count.
          if (said === '') setTimeout(() => child.kill('SIGKILL'), 200 * Math.random())
          said += chunk
        })
        await new Promise((resolve) => child.on('close', resolve))
        const saved = Number(said.split('\n').at(-2))
        const { step } = loadCheckpoint(here)!.checkpoint.state
        expect(saved).toBeGreaterThan(newest)
        expect(step).toBeGreaterThanOrEqual(saved)
        expect(step).toBeLessThanOrEqual(saved + 1)
        newest = step
      }
      expect(readdirSync(here).filter((name) => name.startsWith('unfinished')).length).toBeLessThan(2)
    },
    kills * 10_000,
  )

  const pairs = Math.ceil(kills / 5)
  test(
    `belongs to one process at a time: of two that start together, ${pairs} times, one saves and the other is refused`,
    async () => {
      const program = fileURLToPath(new URL('save-until-killed.mjs', import.meta.url))
      for (let pair = 0, newest = 0; pair < pairs; pair++) {
        const children = [1, 2].map(() => {
          const child = spawn(process.execPath, [program, here], { stdio: ['ignore', 'pipe', 'pipe'] })
          let [said, complained] = ['', '']
          child.stdout.on('data', (chunk) => {
            said += chunk
          })
          child.stderr.on('data', (chunk) => {
            complained += chunk
          })
          const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
          return { child, closed, said: () => said, complained: () => complained }
        })
        // One exits by itself, since it may not save.
        const first = await Promise.race(children.map((one) => one.closed.then(() => one)))
        const other = children.find((one) => one !== first)!
        while (other.said() === '') await new Promise((resolve) => setTimeout(resolve, 10))
        other.child.kill('SIGKILL')
        await other.closed
        expect(first.complained()).toMatch(/CheckpointError: .* is in use by process \d+/)
        expect(first.complained()).toContain(`process ${other.child.pid}`)
        expect(other.complained()).toBe('')
        const { step } = loadCheckpoint(here)!.checkpoint.state
        expect(step).toBeGreaterThan(newest)
        expect(names().filter((name) => name.startsWith('step-')).length).toBeLessThan(4)
        for (const name of names().filter((name) => name.startsWith('step-')))
          expect(() => readCheckpoint(readFileSync(join(here, name)))).not.toThrow()
        newest = step
      }
    },
    pairs * 20_000,
  )
})
