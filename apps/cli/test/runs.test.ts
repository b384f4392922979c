// What is done with a run after training: everything that is typed here is typed by users.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bp-runs-'))
const home = join(folder, 'data')
afterAll(() => rmSync(folder, { recursive: true }))

function bp(line: string, input?: string) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...line.split(' ')], {
    cwd: folder,
    encoding: 'utf8',
    ...(input !== undefined && { input }),
    env: { ...process.env, INIT_CWD: folder, XDG_DATA_HOME: home },
  })
  return { stdout, stderr, status, lines: stdout.trimEnd().split('\n') }
}

/** Numbers, categories, answers, dates, missing values; the weight follows from them. */
const rows = Array.from({ length: 120 }, (_, at) => {
  const [height, grown] = [150 + ((at * 37) % 41), at % 3 === 0]
  const city = ['Oslo', 'Rome', 'Seoul, KR'][(at * 7) % 3]!
  const day = `2024-${String((at % 12) + 1).padStart(2, '0')}-${String((at % 28) + 1).padStart(2, '0')}`
  const weight = 0.5 * height + (grown ? 12 : 0) + (city === 'Rome' ? 5 : 0) + (at % 12)
  return {
    height: at % 17 === 5 ? '' : String(height),
    grown: grown ? 'yes' : 'no',
    city,
    day,
    weight: String(weight),
  }
})
type Row = (typeof rows)[number]
const quoted = (text: string) => (text.includes(',') ? `"${text}"` : text)
const csv = (names: readonly (keyof Row)[], some: readonly Row[]) =>
  `${[names.join(','), ...some.map((row) => names.map((name) => quoted(row[name])).join(','))].join('\n')}\n`
const all = ['height', 'grown', 'city', 'day', 'weight'] as const

beforeAll(() => {
  writeFileSync(join(folder, 'people.csv'), csv(all, rows))
  // Other rows, columns in another order and one more, no target.
  writeFileSync(join(folder, 'new.csv'), csv(['city', 'day', 'height', 'grown'], rows.slice(0, 30)))
  expect(bp('train people.csv --target weight --epochs 30').status).toBe(0)
  expect(bp('train people.csv --target city --epochs 5 --hidden 8').status).toBe(0)
}, 60_000)

describe('bp graph of a run', () => {
  it('is the network for a row of its table, with the answer of predict and derivatives that pass the check', () => {
    const predicted = JSON.parse(bp('predict people-1 people.csv --only --ui json').lines[4]!)
    const [start, ...rest] = bp('graph people-1 --row 5 --ui json').lines.map((line) => JSON.parse(line))
    expect(start.title).toMatch(/^people-1, row 5, (best weights|weights of epoch \d+)$/)
    const y = rest.find(({ type, id }) => type === 'node' && id === 'y').value
    const { mean, standardDeviation } = JSON.parse(bp('show people-1 --ui json').stdout).table.target
    const answer = [y].flat(2)[0] * standardDeviation + mean
    expect(answer / predicted['predicted weight']).toBeCloseTo(1, 5)
    expect(rest.at(-1).derivatives.w).toBeDefined()
  })

  it('of a training step has its operations in scopes', () => {
    const { lines, status } = bp('graph people-1 --scopes')
    expect(status).toBe(0)
    for (const scope of ['cost', 'gradients', 'update'])
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^▾ ${scope} +\\d+ operations?$`)))
    const [start, ...rest] = bp('graph people-1 --scopes --ui json').lines.map((line) => JSON.parse(line))
    expect(rest).toHaveLength(start.operations)
  })

  it.each([
    ['graph people-1 --scopes --row 2', '--scopes shows a whole training step; leave out --row'],
    ['graph people-1 --row 999', '--row must be an integer in [1, 120], the rows of people.csv; got 999'],
    ['graph nope --row 1', 'there is no run "nope"'],
    ['graph people-1 --row 0', '--row must be an integer in [1, 1000000000]'],
    ['graph people-1 --row 1 --set w=1', '--set gives values to the variables of an expression'],
    ['graph people-1 --of nope', '--of nope: there is no such node'],
    ['graph people-2 --data new.csv', 'no column'],
  ])('bp %s is refused', (line, why) => {
    const { status, stderr, stdout } = bp(line)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(why)
  })
})

describe('bp predict', () => {
  it('writes the rows of a file with the answers beside them, columns found by name', () => {
    const { lines, stderr, status } = bp('predict people-1 new.csv')
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expect(lines[0]).toBe('city,day,height,grown,predicted weight')
    expect(lines).toHaveLength(31)
    for (const [at, line] of lines.slice(1).entries()) {
      const row = rows[at]!
      expect(line.startsWith(`${quoted(row.city)},${row.day},${row.height},${row.grown},`)).toBe(true)
      expect(Math.abs(Number(line.split(',').at(-1)) - Number(row.weight))).toBeLessThan(15)
    }
  })

  it('says the same of standard input, alone, and as JSON', () => {
    const whole = bp('predict people-1 new.csv')
      .lines.slice(1)
      .map((line) => line.split(',').at(-1))
    const input = readFileSync(join(folder, 'new.csv'), 'utf8')
    expect(bp('predict people-1 - --only', input).lines).toEqual(['predicted weight', ...whole])
    const objects = bp('predict people-1 new.csv --ui json').lines.map((line) => JSON.parse(line))
    expect(objects.map((object) => Number(object['predicted weight'].toPrecision(6)))).toEqual(
      whole.map(Number),
    )
    expect(objects[5]).toMatchObject({ city: rows[5]!.city, height: '' })
  })

  it('gives classes with their probabilities, and names what the network has not seen', () => {
    const { lines, stderr } = bp('predict last -', 'height,grown,day,weight\n170,maybe,2024-05-05,80\n')
    expect(lines[0]).toBe('height,grown,day,weight,predicted city,probability')
    expect(lines[1]).toMatch(/,(Oslo|Rome|"Seoul, KR"),0\.\d+$/)
    expect(stderr).toContain('note: grown: "maybe" in 1 row cannot be read as a yes/no; taken as missing')
  })

  it('is refused, with the cure, for columns, runs and files that are not there', () => {
    for (const [line, message, input] of [
      ['predict people-1 -', 'no column "height"', 'day,grown,city\n2024-05-05,no,Rome\n'],
      ['predict people-3 new.csv', 'there is no run "people-3"', ''],
      ['predict people-1 nowhere.csv', 'there is no file', ''],
      ['predict people-1', 'predict takes a run and a file: bp predict last new.csv', ''],
    ] as const) {
      const { status, stderr, stdout } = bp(line, input)
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(stderr).toMatch(/^bp: .*\n$/)
      expect(stderr).toContain(message)
    }
  })
})

describe('predictions agree', () => {
  it('from the terminal and from the exported JavaScript, which takes rows as objects', async () => {
    expect(bp('export people-1 --to js').stdout).toContain('people-1.js: ')
    expect(bp('export people-2 --to js').status).toBe(0)
    const [numbers, classes] = await Promise.all(
      [1, 2].map((number) => import(/* @vite-ignore */ join(folder, `people-${number}.js`))),
    )
    const asNumbers = bp('predict people-1 people.csv --ui json').lines.map((line) => JSON.parse(line))
    const asClasses = bp('predict people-2 people.csv --ui json').lines.map((line) => JSON.parse(line))
    for (const [at, row] of rows.entries()) {
      const [number, answer] = [numbers!.answer(row), classes!.answer(row)]
      expect(number).toBeCloseTo(asNumbers[at]['predicted weight'], 3)
      expect(answer.answer).toBe(asClasses[at]['predicted city'])
      expect(answer.probabilities[answer.answer]).toBeCloseTo(asClasses[at].probability, 5)
    }
    expect(() => numbers!.answer({ height: 170 })).toThrow('must have the column "grown"')
    expect(() => numbers!.answer({ ...rows[0], height: 'tall' })).toThrow('height must be a number')
  })
})

describe('bp export --to pytorch', () => {
  const python = ['python3', '/usr/bin/python3'].find(
    (name) => spawnSync(name, ['-c', 'import torch']).status === 0,
  )

  it.skipIf(python === undefined)(
    'has the same outputs in PyTorch, to 1e-5',
    { timeout: 60_000 },
    async () => {
      // Beside the folder of all runs, whose list other tests expect.
      expect(bp('train xor --epochs 20 --save xor_1').status).toBe(0)
      const modules = ['people_1', 'people_2', 'xor_1']
      const tables: Record<string, number[][]> = {}
      for (const name of modules) {
        const run = name === 'xor_1' ? name : name.replace('_', '-')
        expect(bp(`export ${run} --to pytorch`).status).toBe(0)
        expect(bp(`export ${run} --to js --output check-${run}.js`).status).toBe(0)
        const { inputs } = JSON.parse(readFileSync(join(folder, `${name}.py.json`), 'utf8'))
        tables[name] = Array.from({ length: 20 }, (_, row) =>
          Array.from({ length: inputs }, (_, at) => Math.fround(Math.sin(7 * row + at))),
        )
      }
      const script = `import json, sys, importlib, torch
with torch.no_grad():
    print(json.dumps({name: importlib.import_module(name).load()(torch.tensor(rows)).tolist() for name, rows in json.load(sys.stdin).items()}))`
      const { stdout, stderr } = spawnSync(python!, ['-c', script], {
        cwd: folder,
        encoding: 'utf8',
        input: JSON.stringify(tables),
      })
      expect(stderr).toBe('')
      for (const [name, answers] of Object.entries<number[][]>(JSON.parse(stdout))) {
        const path = join(folder, `check-${name === 'xor_1' ? name : name.replace('_', '-')}.js`)
        const { predict } = await import(/* @vite-ignore */ path)
        for (const [row, outputs] of answers.entries())
          for (const [at, value] of outputs.entries())
            expect(Math.abs(value - predict(tables[name]![row])[at])).toBeLessThan(1e-5)
      }
    },
  )

  it('writes all of its files or none, under a name that Python imports', () => {
    expect(bp('export people-1 --to pytorch --output all.py').lines).toEqual([
      expect.stringMatching(/^all\.py: \d+ bytes$/),
      'all.safetensors: its weights',
      'all.py.json: how a row becomes inputs, and outputs an answer',
    ])
    rmSync(join(folder, 'all.py'))
    expect(bp('export people-1 --to pytorch --output all.py')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('all.safetensors exists'),
    })
    expect(existsSync(join(folder, 'all.py'))).toBe(false)
    expect(bp('export people-1 --to pytorch --output -').stderr).toContain('two files')
  })
})

describe('bp eval', () => {
  it('scores the answers in closed form', () => {
    const { lines, status } = bp('eval people-1 people.csv --ui json')
    expect(status).toBe(0)
    const found = JSON.parse(lines[0]!)
    const answers = bp('predict people-1 people.csv --ui json').lines.map(
      (line) => JSON.parse(line)['predicted weight'] as number,
    )
    const truths = rows.map(({ weight }) => Number(weight))
    const mean = truths.reduce((sum, value) => sum + value, 0) / truths.length
    const squares = (of: (at: number) => number) => truths.reduce((sum, _, at) => sum + of(at) ** 2, 0)
    const [off, spread] = [squares((at) => answers[at]! - truths[at]!), squares((at) => mean - truths[at]!)]
    expect(found.root_mean_squared_error).toBeCloseTo(Math.sqrt(off / truths.length), 4)
    expect(found.baseline).toBeCloseTo(Math.sqrt(spread / truths.length), 6)
    expect(found.r2).toBeCloseTo(1 - off / spread, 5)
  })

  it('counts which classes are taken for which', () => {
    const { confusion, accuracy, classes } = JSON.parse(bp('eval people-2 people.csv --ui json').lines[0]!)
    expect(classes).toEqual(['Oslo', 'Rome', 'Seoul, KR'])
    expect(confusion.flat().reduce((sum: number, count: number) => sum + count, 0)).toBe(120)
    expect((confusion[0][0] + confusion[1][1] + confusion[2][2]) / 120).toBeCloseTo(accuracy, 12)
    expect(bp('eval people-2 people.csv').stdout).toContain('true ↓ predicted →')
  })
})

describe('what is kept of runs', () => {
  it('is listed, shown, and compared by the settings that differ', () => {
    const list = bp('runs').lines
    expect(list.slice(1).map((line) => line.split(/\s+/)[0])).toEqual(['people-2', 'people-1'])
    const shown = bp('show people-1').stdout
    expect(shown).toContain(`people.csv, 96 rows, 24 held back`)
    expect(shown).toContain('target     weight, a number')
    const compared = bp('compare people-1 people-2').lines
    expect(compared.map((line) => line.split(/ {2,}/)[0])).toEqual(
      expect.arrayContaining(['target', 'hidden', 'epochs', 'score']),
    )
    expect(compared.some((line) => line.startsWith('seed'))).toBe(false)
    const json = JSON.parse(bp('show people-1 --ui json').lines[0]!)
    expect(json.records).toHaveLength(30)
    expect(json.scores.heldBack.loss).toBe(
      Math.min(...json.records.map((record: { validation: { loss: number } }) => record.validation.loss)),
    )
  })

  it('goes on with bp resume, past its end, but not on other data', () => {
    expect(bp('resume people-2').stderr).toContain('is done, after 5 of 5 epochs; give more with --epochs 10')
    expect(bp('resume people-2 --epochs 7').status).toBe(0)
    expect(bp('show people-2').stdout).toContain('7 epochs')
    const before = readFileSync(join(folder, 'people.csv'))
    writeFileSync(join(folder, 'people.csv'), csv(all, rows.slice(1)))
    expect(bp('resume people-2 --epochs 9').stderr).toContain('is not the data that the run was trained on')
    writeFileSync(join(folder, 'copy.csv'), before)
    expect(bp('resume people-2 --epochs 9 --data copy.csv').status).toBe(0)
    writeFileSync(join(folder, 'people.csv'), before)
  })

  it('a damaged run says which file, and the others are still listed', () => {
    const runs = join(home, 'backpropagation', 'runs')
    expect(bp('train people.csv --target weight --epochs 1').status).toBe(0)
    writeFileSync(join(runs, 'people-3', 'run.json'), '{')
    const { stderr, status } = bp('show people-3')
    expect({ status }).toEqual({ status: 2 })
    expect(stderr).toMatch(/^bp: \S+people-3\/run\.json is damaged/)
    expect(bp('runs').lines).toHaveLength(3)
  })

  it('the oldest are removed beyond 50', () => {
    const runs = join(home, 'backpropagation', 'runs')
    const spec = readFileSync(join(runs, 'people-1', 'run.json'), 'utf8')
    for (let number = 10; number < 62; number++) {
      const old = join(runs, `old-${number}`)
      mkdirSync(old)
      writeFileSync(join(old, 'run.json'), spec.replace(/"started": "20\d\d/, '"started": "1999'))
    }
    expect(bp('train people.csv --target weight --epochs 1').status).toBe(0)
    expect(bp('runs').lines).toHaveLength(51)
    expect(readdirSync(runs).filter((name) => name.startsWith('people'))).toEqual([
      'people-1',
      'people-2',
      'people-3',
      'people-4',
    ])
  })

  it('an exported file is not replaced without --force', () => {
    expect(bp('export people-1 --to safetensors --output w.safetensors').status).toBe(0)
    const again = bp('export people-1 --to safetensors --output w.safetensors')
    expect(again).toMatchObject({
      status: 2,
      stderr: 'bp: w.safetensors exists; replace it with --force, or choose another with --output\n',
    })
    expect(bp('export people-1 --to safetensors --output w.safetensors --force').status).toBe(0)
    expect(existsSync(join(folder, 'w.safetensors.json'))).toBe(true)
  })
})

it('a stopped run answers with its best weights, and its scores are of them', async () => {
  const args = 'train people.csv --target weight --epochs 100000 --patience 50000 --ui json'
  const child = spawn(process.execPath, [program, ...args.split(' ')], {
    cwd: folder,
    env: { ...process.env, INIT_CWD: folder, XDG_DATA_HOME: home },
  })
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGTERM'), 300))
  await new Promise((resolve) => child.on('close', resolve))
  const { scores, status, records } = JSON.parse(bp('show last --ui json').lines[0]!)
  expect(status).toBe('stopped')
  expect(scores.heldBack.loss).toBeLessThanOrEqual(
    Math.min(...records.map((record: { validation: { loss: number } }) => record.validation.loss)),
  )
  // All rows of the file are the training and the held-back rows.
  const { root_mean_squared_error: error } = JSON.parse(bp('eval last people.csv --ui json').lines[0]!)
  const { table, held_back_rows, rows: count } = JSON.parse(bp('show last --ui json').lines[0]!)
  const together =
    (scores.training.loss * count + scores.heldBack.loss * held_back_rows) / (count + held_back_rows)
  expect(error).toBeCloseTo(Math.sqrt(together) * table.target.standardDeviation, 3)
})
