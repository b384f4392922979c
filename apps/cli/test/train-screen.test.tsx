import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatNumber } from '@bp/lab'
import { Box, renderToString } from 'ink'
import { render } from 'ink-testing-library'
import stringWidth from 'string-width'
import { describe, expect, it, vi } from 'vitest'
import { charsets, setAppearance } from '../src/appearance.js'
import { subjectOfRow } from '../src/graph/of-row.js'
import type { Given } from '../src/options.js'
import { planResumed } from '../src/runs/resume.js'
import { readCheckpointOf, readResult } from '../src/runs/spec.js'
import type { trainOptions } from '../src/train/options.js'
import { pageNames } from '../src/train/pages.js'
import { makePlan } from '../src/train/plan.js'
import { TrainScreen } from '../src/train/screen.js'
import { Session } from '../src/train/session.js'
import type { Command } from '../src/train/view.js'

const sizes = [
  [80, 24],
  [120, 40],
  [60, 20],
  [40, 12],
] as const

async function trained(
  subject: string,
  steps: number,
  given: Given<typeof trainOptions> = {},
): Promise<Session> {
  const session = new Session(await makePlan(subject, given))
  if (steps > 1) session.run.step(steps - 1)
  if (steps > 0) session.send({ do: 'step' })
  return session
}

function screen(session: Session, columns: number, rows: number, colours = false): string {
  return renderToString(
    <Box width={columns}>
      <TrainScreen
        training={session}
        size={{ columns, rows }}
        colours={colours}
        exitOnDone={false}
        onLeave={() => {}}
        onAbort={() => {}}
      />
    </Box>,
    { columns },
  )
}

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 20))

describe('the training screen', () => {
  it.each(sizes)('of xor at %i by %i', async (columns, rows) => {
    expect(screen(await trained('xor', 1000), columns, rows)).toMatchSnapshot()
  })

  it('keeps the state in sight whatever the file and its columns are called, and sends none of their codes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bp-screen-'))
    const path = join(folder, `\u001b[31m${'표'.repeat(60)}.csv`)
    const rows = Array.from(
      { length: 60 },
      (_, at) => `${at},${at % 2 === 0 ? '\u001b[2J\u0007' : '日本語の長い名前'.repeat(4)}`,
    )
    writeFileSync(path, `\u001b[5mx\u202e,y\n${rows.join('\n')}\n`)
    const session = await trained(path, 5, { target: 'y' })
    rmSync(folder, { recursive: true })
    for (const [columns, height] of [...sizes, [48, 15], [20, 5]] as const) {
      const shown = screen(session, columns, height)
      for (const code of ['\u001b', '\u0007', '\u202e']) expect(shown).not.toContain(code)
      for (const line of shown.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(columns)
      expect(shown).toContain(columns < 48 ? '‖' : '‖ paused')
    }
  })

  it.each(['xor', 'iris', 'penguins', 'digits', 'wine', 'breast-cancer'])(
    'of %s never exceeds the terminal',
    async (subject) => {
      for (const steps of [0, 1, 200]) {
        const session = await trained(subject, steps)
        for (const [columns, rows] of [...sizes, [48, 15], [47, 15], [20, 5], [200, 60]] as const) {
          const lines = screen(session, columns, rows, true).split('\n')
          expect(lines.length).toBeLessThan(rows)
          for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns)
        }
      }
    },
  )

  it('of a regression shows the error in the unit of the target', async () => {
    const session = await trained('penguins', 720, { target: 'body_mass_g' })
    expect(screen(session, 80, 24)).toMatchSnapshot()
  })

  it('shows what the table is read as by a key', async () => {
    const { press, shown, unmount } = await onScreen(await trained('penguins', 1), { columns: 100, rows: 24 })
    await press('i')
    expect(shown()).toMatch(/species +what to learn: a class of 3 +Adelie 44.2 %/)
    expect(shown()).toMatch(/sex +2 categories +→ 2 inputs; 3.2 % empty → an input that says so/)
    await press('i')
    expect(shown()).not.toContain('what to learn')
    unmount()
  })

  it('of a run that diverged says why and how to fix it', async () => {
    const session = await trained('iris', 320, { optimizer: 'sgd', learningRate: 1e9 })
    const shown = screen(session, 80, 24)
    expect(shown).toContain('✗ diverged')
    expect(shown.replace(/\s+/g, ' ')).toContain('A smaller learning rate')
  })

  it('pauses, steps, resumes, changes speed and restarts by keys', async () => {
    const session = await trained('xor', 0)
    const { press, shown, left, unmount } = await onScreen(session)
    expect(shown()).toContain('‖ paused')
    await press('.')
    await press('.')
    expect(session.getState().step).toBe(2)
    expect(shown()).toContain('epoch 2 of 1,000')
    await press(',')
    expect(shown()).toContain('epoch 1 of 1,000')
    await press(' ')
    while (session.getState().status === 'training') await nextTurn()
    await nextTurn()
    expect(shown()).toContain('✓ done')
    expect(shown()).toContain('4 of 4 correct, 100 %')
    await press('-')
    expect(shown()).toContain('slowed to 200 steps/s')
    await press('r')
    await press(' ')
    expect(shown()).toContain('‖ paused')
    await press('y')
    expect(shown()).toContain('loss, logarithmic')
    await press('?')
    expect(shown()).toContain('restart from the same seed')
    await press('?')
    expect(shown()).not.toContain('restart from the same seed')
    await press('q')
    await press('\u0003')
    expect(left).toEqual([0, 130])
    unmount()
  })

  it('takes a learning rate that is typed, says what is wrong with one, and marks where it changed', async () => {
    const session = await trained('iris', 80, { patience: 0 })
    const { press, shown, unmount } = await onScreen(session)
    for (const [typed, accepted] of [
      ['0', false],
      ['-1', false],
      ['1e-60', false],
      ['1e40', false],
      ['a half', false],
      ['0.001', true],
    ] as const) {
      await press('l')
      expect(shown()).toContain('learning rate 0.003 → ▏')
      for (const letter of typed) await press(letter)
      await press('\r')
      if (accepted) break
      expect(shown()).toContain('must be a positive number')
      expect(session.getState().learningRate).toBe(0.003)
      await press('\u001b')
    }
    expect(session.getState().learningRate).toBe(0.001)
    expect(shown()).toMatch(/▲.*rate 0\.001.*time .* · rate 0\.001/s)
    unmount()
  })

  it.each(pageNames.map((name, at) => [name, String(at + 1)] as const))(
    'its page %s fits every terminal, of every kind of network',
    async (name, key) => {
      for (const [subject, given] of [
        ['xor', {}],
        ['iris', {}],
        ['iris', { use: ['petal_length_cm', 'petal_width_cm'] }],
        ['penguins', { target: 'body_mass_g', hidden: [5, 4, 3] }],
        ['digits', {}],
      ] as const) {
        const session = await trained(subject, 30, given)
        for (const [columns, rows] of [...sizes, [48, 15], [200, 60]] as const) {
          const { press, shown, unmount } = await onScreen(session, { columns, rows }, true)
          await press(key)
          const lines = shown().split('\n')
          expect(lines.length).toBeLessThan(rows)
          for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns)
          if (columns >= 48 && rows >= 15) expect(lines[2]).toContain(name)
          unmount()
        }
      }
    },
  )

  it('reads the values of an epoch at its cursor', async () => {
    const session = await trained('iris', 80, { patience: 0 })
    const { press, shown, unmount } = await onScreen(session, { columns: 120, rows: 40 })
    await press('2')
    expect(shown()).toContain('c cursor · z Z zoom · y e logarithmic · m smooth')
    // Each of them does what it says, and none leaves.
    for (const [key, effect] of [
      ['e', 'epochs logarithmic'],
      ['y', 'loss, logarithmic'],
      ['m', 'smoothed 0.6'],
      ['z', '×2'],
    ] as const) {
      await press(key)
      expect(shown()).toContain(effect)
    }
    for (const key of ['e', 'y', 'm', 'm', 'Z']) await press(key)
    await press('c')
    expect(shown()).toMatch(/epoch 10 +training/)
    for (let count = 0; count < 3; count++) await press('\u001b[D')
    const { loss, validation } = session.getState().history[6]!
    expect(shown()).toContain(`epoch 7  training ${formatNumber(loss, 3)}`)
    expect(shown()).toContain(`held back ${formatNumber(validation!.loss, 3)}`)
    for (let count = 0; count < 20; count++) await press('\u001b[D')
    expect(shown()).toContain('epoch 1 ')
    await press('z')
    expect(shown()).toMatch(/epoch 1 .*training/)
    await press('\u001b')
    expect(shown()).toContain('layers')
    unmount()
  })

  it('looks inside a row with the weights of this step, and comes back to the same bits', async () => {
    const session = await trained('xor', 21)
    const before = session.run.weights()
    const { press, shown, unmount } = await onScreen(session)
    await press('g')
    expect(shown()).toContain('look inside row ▏')
    for (const letter of '5') await press(letter)
    await press('\r')
    expect(shown()).toContain('must be an integer in [1, 4]')
    await press('\u007f')
    await press('2')
    await press('\r')
    await vi.waitFor(() => expect(shown()).toContain('xor, row 2, step 21'))
    // Its loss is that of the row: −ln of the probability of what is true.
    const probability = session.getState().predictions![1]!.probability
    const { inside, outline } = session.getState()
    const { picture } = subjectOfRow('', { ...outline, ...inside!, parameters: inside!.parameters! })
    const loss = picture.trace.nodes.find(({ id }) => id === 'loss')
    expect(Number(loss!.value)).toBeCloseTo(-Math.log(probability), 5)
    await press('q')
    await vi.waitFor(() => expect(shown()).toContain('‖ paused'))
    expect(session.run.weights()).toEqual(before)
    await press('.')
    expect(session.getState()).toMatchObject({ step: 22, inside: null })
    unmount()
  })

  it('finds an action by its words', async () => {
    const session = await trained('xor', 0)
    const { press, shown, unmount } = await onScreen(session)
    await press(':')
    await press('end of the ep')
    expect(shown()).toContain('▶ >      to the end of the epoch')
    await press('\r')
    while (session.getState().status === 'training') await nextTurn()
    expect(session.getState()).toMatchObject({ step: 1, status: 'paused' })
    await press(':')
    await press('nothing of the kind')
    expect(shown()).toContain('no action has these words')
    await press('\r')
    expect(shown()).toContain('‖ paused')
    unmount()
  })

  it('leaves without saving only where X is pressed twice', async () => {
    const { press, shown, aborted, unmount } = await onScreen(await trained('xor', 5))
    await press('X')
    expect(shown()).toContain('X again leaves at once')
    await press('y')
    expect(shown()).not.toContain('X again')
    await press('X')
    expect(aborted()).toBe(0)
    await press('X')
    expect(aborted()).toBe(1)
    unmount()
  })

  it('leaves when done, if asked to', async () => {
    const { left, unmount } = await onScreen(await trained('xor', 1000), undefined, false, true)
    expect(left).toEqual([0])
    unmount()
  })

  it.each(charsets)('draws with %s characters', async (charset) => {
    setAppearance('dark', charset)
    try {
      const session = await trained('iris', 200, { use: ['petal_length_cm', 'petal_width_cm'] })
      for (const [columns, rows] of sizes) {
        const shown = screen(session, columns, rows)
        if (charset === 'ascii') expect(shown.match(/[^\n\x20-\x7e]/g) ?? []).toEqual([])
        expect(shown).toMatchSnapshot()
      }
    } finally {
      setAppearance('dark', 'braille')
    }
  })
})

/** The screen with keys to press. */
async function onScreen(
  session: Session,
  size = { columns: 80, rows: 24 },
  colours = false,
  exitOnDone = false,
) {
  const left: number[] = []
  let aborted = 0
  const { stdin, lastFrame, unmount, stdout } = render(
    <Box width={size.columns}>
      <TrainScreen
        training={session}
        size={size}
        colours={colours}
        exitOnDone={exitOnDone}
        onLeave={(code) => left.push(code)}
        onAbort={() => {
          aborted++
        }}
      />
    </Box>,
  )
  Object.defineProperty(stdout, 'columns', { get: () => size.columns })
  await nextTurn()
  return {
    press: async (key: string) => {
      stdin.write(key)
      await nextTurn()
    },
    shown: () => lastFrame()!,
    left,
    aborted: () => aborted,
    unmount,
  }
}

describe('a session', () => {
  it('restarts to the same weights', async () => {
    const session = await trained('xor', 100)
    const before = session.run.weights()
    session.send({ do: 'restart' })
    session.send({ do: 'toggle' })
    expect(session.getState().step).toBeLessThan(100)
    session.run.step(100 - session.getState().step)
    expect(session.run.weights()).toEqual(before)
  })

  it('goes back and forward to the same bits, by steps and by epochs, whatever was looked at', async () => {
    const session = await trained('iris', 21, { patience: 0 })
    const at = new Map([[21, session.run.weights()]])
    const go = (command: Command['do'], step: number) => {
      session.send({ do: command } as Command)
      expect(session.getState().step).toBe(step)
      const known = at.get(step)
      if (known) expect(session.run.weights()).toEqual(known)
      at.set(step, session.run.weights())
    }
    go('step', 22)
    go('back', 21)
    go('back', 20)
    go('step', 21)
    go('step', 22)
    // Eight steps are an epoch.
    go('back epoch', 16)
    go('back epoch', 8)
    session.send({ do: 'epoch' })
    while (session.getState().status === 'training') await nextTurn()
    expect(session.getState()).toMatchObject({ step: 16, status: 'paused' })
    expect(session.run.weights()).toEqual(at.get(16))
    go('back epoch', 8)
    go('back epoch', 0)
    go('back', 0)
  })

  it('stops at the end of the epoch, and says so', async () => {
    const session = await trained('iris', 3)
    session.send({ do: 'stop' })
    while (session.getState().status === 'training') await nextTurn()
    expect(session.getState()).toMatchObject({ status: 'stopped', step: 8 })
    expect(session.getState().log.map(({ text }) => text)).toContain('stops after step 8')
  })

  it('says of every layer its norms, how far a step moves it, and how many units are dead', async () => {
    const session = await trained('iris', 200, { optimizer: 'sgd', learningRate: 5, patience: 0 })
    const { layers } = session.getState()
    const { model } = session.run
    expect(layers!.step).toBe(200)
    for (const [at, layer] of layers!.of.entries()) {
      const [weights, biases] = [model.parameters[2 * at]!.values, model.parameters[2 * at + 1]!.values]
      const norm = Math.hypot(...weights, ...biases)
      expect(layer.weightNorm).toBeCloseTo(norm, 4)
    }
    const after = session.run.model.parameters.map(({ values }) => Float32Array.from(values))
    session.run.stepBack()
    const before = session.run.model.parameters.map(({ values }) => Float32Array.from(values))
    session.run.step()
    for (const [at, layer] of layers!.of.entries()) {
      const norm = (...arrays: Float32Array[]) => Math.hypot(...arrays.flatMap((values) => [...values]))
      const own = [2 * at, 2 * at + 1]
      const moved = own.map((index) => after[index]!.map((value, place) => value - before[index]![place]!))
      expect(layer.updateRatio).toBeCloseTo(norm(...moved) / norm(...own.map((index) => before[index]!)), 6)
    }
    // By hand: units of the first layer that are 0 for all of the rows.
    const { data } = session.plan
    const [matrix, biases] = [model.parameters[0]!.values, model.parameters[1]!.values]
    const dead = Array.from(biases).filter((bias, unit) =>
      Array.from({ length: data.rows }, (_, row) => row).every((row) => {
        let sum = bias
        for (let from = 0; from < 4; from++) sum += data.inputs[row * 4 + from]! * matrix[from * 32 + unit]!
        return sum <= 0
      }),
    )
    expect(layers!.of[0]!.dead).toBe(dead.length)
    expect(dead.length).toBeGreaterThan(0)
  })

  it('keeps what took another course: a change of the rate in the past goes on as a new run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bp-fork-'))
    const session = await trained('iris', 0, { patience: 0, save: join(folder, 'run') })
    session.begin()
    session.send({ do: 'toggle' })
    session.run.step(40)
    session.send({ do: 'save' })
    const before = session.run.model.getWeights()
    for (let count = 0; count < 10; count++) session.send({ do: 'back' })
    session.send({ do: 'rate', learningRate: 0.05 })
    session.run.step(20)
    session.send({ do: 'save' })
    expect(session.getState().savedAs).toBe(join(folder, 'run-2'))
    const kept = readCheckpointOf(join(folder, 'run'))
    expect(kept.state.step).toBe(40)
    expect(kept.weights).toEqual(before)
    expect(readResult(join(folder, 'run'))!.changes).toBeUndefined()
    expect(readCheckpointOf(join(folder, 'run-2')).state.step).toBe(50)
    expect(readResult(join(folder, 'run-2'))!.changes).toEqual([{ step: 30, learningRate: 0.05 }])
    expect(session.end().join('\n')).toContain('learning rate 0.05 after step 30')

    // Resumed, it goes on with that rate, to the bits of one that was never interrupted.
    const resumed = new Session(await planResumed(join(folder, 'run-2'), {}, () => {}))
    expect(resumed.getState()).toMatchObject({ learningRate: 0.05, step: 50 })
    resumed.run.step(10)
    session.run.step(10)
    expect(resumed.run.weights()).toEqual(session.run.weights())
    expect(resumed.getState().changes).toEqual([{ step: 30, learningRate: 0.05 }])
    rmSync(folder, { recursive: true })
  })

  it('forks on demand, and leaves what is saved as it is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bp-fork-'))
    const session = await trained('iris', 0, { patience: 0, save: join(folder, 'run') })
    session.begin()
    session.send({ do: 'toggle' })
    session.run.step(16)
    session.send({ do: 'fork' })
    expect(readCheckpointOf(join(folder, 'run')).state.step).toBe(16)
    session.run.step(16)
    session.end()
    expect(readCheckpointOf(join(folder, 'run')).state.step).toBe(16)
    expect(readCheckpointOf(join(folder, 'run-2')).state.step).toBe(32)
    rmSync(folder, { recursive: true })
  })
})
