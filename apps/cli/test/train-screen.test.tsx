import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Box, renderToString } from 'ink'
import { render } from 'ink-testing-library'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import type { Given } from '../src/options.js'
import type { trainOptions } from '../src/train/options.js'
import { makePlan } from '../src/train/plan.js'
import { TrainScreen } from '../src/train/screen.js'
import { Trainer } from '../src/train/trainer.js'

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
): Promise<Trainer> {
  const trainer = new Trainer(await makePlan(subject, given))
  if (steps > 0) trainer.getState().run.step(steps)
  trainer.pause()
  return trainer
}

function screen(trainer: Trainer, columns: number, rows: number, colours = false): string {
  return renderToString(
    <Box width={columns}>
      <TrainScreen
        trainer={trainer}
        size={{ columns, rows }}
        colours={colours}
        exitOnDone={false}
        onLeave={() => {}}
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
    const trainer = await trained(path, 5, { target: 'y' })
    rmSync(folder, { recursive: true })
    for (const [columns, height] of [...sizes, [48, 15], [20, 5]] as const) {
      const shown = screen(trainer, columns, height)
      for (const code of ['\u001b', '\u0007', '\u202e']) expect(shown).not.toContain(code)
      for (const line of shown.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(columns)
      expect(shown).toContain(columns < 48 ? '‖' : '‖ paused')
    }
  })

  it.each(['xor', 'iris', 'penguins', 'digits', 'wine', 'breast-cancer'])(
    'of %s never exceeds the terminal',
    async (subject) => {
      for (const steps of [0, 1, 200]) {
        const trainer = await trained(subject, steps)
        for (const [columns, rows] of [...sizes, [48, 15], [47, 15], [20, 5], [200, 60]] as const) {
          const lines = screen(trainer, columns, rows, true).split('\n')
          expect(lines.length).toBeLessThan(rows)
          for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns)
        }
      }
    },
  )

  it('of a regression shows the error in the unit of the target', async () => {
    const trainer = await trained('penguins', 720, { target: 'body_mass_g' })
    expect(screen(trainer, 80, 24)).toMatchSnapshot()
  })

  it('shows what the table is read as by a key', async () => {
    const trainer = await trained('penguins', 1)
    const { stdin, lastFrame, unmount } = render(
      <TrainScreen
        trainer={trainer}
        size={{ columns: 100, rows: 24 }}
        colours={false}
        exitOnDone={false}
        onLeave={() => {}}
      />,
    )
    await nextTurn()
    stdin.write('i')
    await nextTurn()
    expect(lastFrame()).toMatch(/species +what to learn: a class of 3 +Adelie 44.2 %/)
    expect(lastFrame()).toMatch(/sex +2 categories +→ 2 inputs; 3.2 % empty → an input that says so/)
    stdin.write('i')
    await nextTurn()
    expect(lastFrame()).not.toContain('what to learn')
    unmount()
  })

  it('of a run that diverged says why and how to fix it', async () => {
    const trainer = await trained('iris', 320, { optimizer: 'sgd', learningRate: 1e9 })
    const shown = screen(trainer, 80, 24)
    expect(shown).toContain('✗ diverged')
    expect(shown.replace(/\s+/g, ' ')).toContain('A smaller learning rate')
  })

  it('pauses, steps, resumes, changes speed and restarts by keys', async () => {
    const trainer = await trained('xor', 0)
    let left: number | null = null
    const { stdin, lastFrame, unmount } = render(
      <TrainScreen
        trainer={trainer}
        size={{ columns: 80, rows: 24 }}
        colours={false}
        exitOnDone={false}
        onLeave={(code) => {
          left = code
        }}
      />,
    )
    const press = async (key: string) => {
      stdin.write(key)
      await nextTurn()
    }
    await nextTurn()
    expect(lastFrame()).toContain('‖ paused')
    await press('.')
    await press('.')
    expect(trainer.getState().run.getState().step).toBe(2)
    expect(lastFrame()).toContain('epoch 2 of 1,000')
    for (let count = 0; count < 20; count++) await press('+')
    expect(lastFrame()).toContain('full speed')
    await press(' ')
    while (trainer.getState().status === 'training') await nextTurn()
    await nextTurn()
    expect(lastFrame()).toContain('✓ done')
    expect(lastFrame()).toContain('4 of 4 correct, 100 %')
    await press('-')
    await press('r')
    await press(' ')
    expect(lastFrame()).toContain('‖ paused')
    await press('y')
    expect(lastFrame()).toContain('loss, logarithmic')
    await press('?')
    expect(lastFrame()).toContain('restart from the same seed')
    await press('?')
    expect(lastFrame()).not.toContain('restart from the same seed')
    await press('q')
    expect(left).toBe(0)
    await press('\u0003')
    expect(left).toBe(130)
    trainer.pause()
    unmount()
  })

  it('leaves when done, if asked to', async () => {
    const trainer = await trained('xor', 1000)
    const codes: number[] = []
    const { unmount } = render(
      <TrainScreen
        trainer={trainer}
        size={{ columns: 80, rows: 24 }}
        colours={false}
        exitOnDone={true}
        onLeave={(code) => codes.push(code)}
      />,
    )
    await nextTurn()
    expect(codes).toEqual([0])
    unmount()
  })
})

describe('a trainer', () => {
  it('restarts to the same weights', async () => {
    const trainer = await trained('xor', 100)
    const before = trainer.getState().run.weights()
    trainer.restart()
    trainer.pause()
    expect(trainer.getState().run.getState().step).toBeLessThan(100)
    const { run } = trainer.getState()
    run.step(100 - run.getState().step)
    expect(run.weights()).toEqual(before)
  })
})
