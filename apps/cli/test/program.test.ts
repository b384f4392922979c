import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { createRun, layers, sequential, sgd, xor } from '@bp/core'
import { loadCheckpoint } from '@bp/formats/checkpoint-folder'
import { afterAll, describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bp-'))
afterAll(() => rmSync(folder, { recursive: true }))

function bp(args: readonly string[], env: Record<string, string> = {}) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 50_000,
    env: { ...process.env, INIT_CWD: folder, ...env },
  })
  return { stdout, stderr, status, lines: stdout.trimEnd().split('\n') }
}

const withoutTime = (output: string) => output.replace(/[\d.]+ s$/m, '').replace(/iris-\d+/g, 'iris-N')
const objects = (lines: readonly string[]) => lines.map((line) => JSON.parse(line))
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return name
}

describe('bp, not on a terminal,', () => {
  it('trains xor by default until all four predictions are correct, in lines without escape codes', () => {
    const { stdout, stderr, status, lines } = bp([], { FORCE_COLOR: '3' })
    expect(status).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).not.toContain('\u001b')
    const reports = lines.filter((line) => line.startsWith('epoch='))
    expect(reports.length).toBeGreaterThanOrEqual(10)
    expect(reports.length).toBeLessThanOrEqual(20)
    expect(reports.at(-1)).toMatch(/^epoch=1000 step=1000 loss=0\.0\d+ accuracy=1$/)
    expect(stdout.match(/[01] +[01] +[01] +0\.\d{4} {2}✓/g)).toHaveLength(4)
  })

  it('uses BP_THREADS threads, stops them at the end, and prints the same', () => {
    const trained = (env = {}) => withoutTime(bp(['train', 'iris', '--epochs', '20'], env).stdout)
    expect(trained({ BP_THREADS: '2' })).toBe(trained())
    expect(withoutTime(bp(['train', 'iris', '--epochs', '20', '--threads', '2']).stdout)).toBe(trained())
    const { status, stderr } = bp(['train'], { BP_THREADS: 'two' })
    expect(status).toBe(2)
    expect(stderr).toBe('bp: BP_THREADS must be an integer in [1, 64] or auto, got "two"\n')
  })

  it('gives the same output each time except for the time taken and the name of the run', () => {
    const trained = () => withoutTime(bp(['train', 'iris']).stdout)
    expect(trained()).toBe(trained())
  })

  it('ends JSON with the figures of the run and the hash of its weights', () => {
    const { lines, status } = bp(['train', 'xor', '--ui', 'json'])
    const [start, ...rest] = objects(lines)
    expect(status).toBe(0)
    expect(start).toMatchObject({ type: 'start', data: 'xor', layers: [2, 2, 1], parameters: 9, steps: 1000 })
    expect(rest.slice(0, -1).every(({ type }) => type === 'report')).toBe(true)

    const model = sequential(
      [layers.dense({ units: 2, activation: 'sigmoid' }), layers.dense({ units: 1 })],
      {
        inputShape: [2],
        seed: 7,
      },
    )
    const run = createRun({
      model,
      loss: 'sigmoidCrossEntropy',
      optimizer: sgd({ learningRate: 1 }),
      data: xor(),
      epochs: 1000,
      seed: 7,
    })
    const { loss } = run.step(1000)
    expect(rest.at(-1)).toEqual({
      type: 'end',
      seed: 7,
      epochs: 1000,
      steps: 1000,
      loss,
      accuracy: 1,
      weights_sha256: createHash('sha256').update(new Uint8Array(run.weights().buffer)).digest('hex'),
      status: 'done',
      run: start.run,
      saved_step: 1000,
    })
    expect(start.run).toMatch(/^xor-\d+$/)
    expect(loss).toBeLessThan(0.05)
  })

  it.each([
    ['iris', 0.9, 30],
    ['penguins', 0.9, 69],
    ['digits', 0.95, 359],
    ['wine', 0.9, 36],
    ['breast-cancer', 0.9, 114],
  ])('predicts %s correctly on at least %d of the held-back rows', (name, least, heldBack) => {
    const [start, ...rest] = objects(bp(['train', name, '--ui', 'json']).lines)
    expect(start.held_back_rows).toBe(heldBack)
    expect(rest.at(-1).validation.accuracy).toBeGreaterThanOrEqual(least)
  })

  it('does regression if the target is numeric', () => {
    const { stdout, status } = bp(['train', 'penguins', '--target', 'body_mass_g'])
    expect(status).toBe(0)
    expect(stdout).toContain('note: 2 rows without body_mass_g left out')
    // Between 200 g and 400 g; the standard deviation of the weights is 802 g.
    expect(stdout).toMatch(/held back {2}loss 0\.\d+, off by [23]\d\d(\.\d+)? body_mass_g \(RMSE\)/)
  })

  it('uses a bundled data set for a missing file of that name, and says so', () => {
    const { stdout, status } = bp(['train', 'iris.csv', '--target', 'species'])
    expect(status).toBe(0)
    expect(stdout).toContain(`note: iris.csv is not in ${folder}; using the bundled data set`)
  })

  it("trains on the user's own file, found from the folder where npm was called", () => {
    const rows = Array.from(
      { length: 60 },
      (_, row) => `${row},${row % 3 ? 'a' : 'b'},${row < 30 ? 'low' : 'high'}`,
    )
    const name = file('own.csv', `number,letter,half\n${rows.join('\n')}\n`)
    const { status, stdout } = spawnSync(process.execPath, [program, 'train', name, '--target', 'half'], {
      encoding: 'utf8',
      env: { ...process.env, INIT_CWD: folder },
      cwd: tmpdir(),
    })
    expect(status).toBe(0)
    expect(stdout).toContain('own.csv: 48 rows, 12 held back')
  })

  it('shows what a table is read as before it trains, and a baseline beside the result', () => {
    const rows = Array.from(
      { length: 200 },
      (_, row) =>
        `${row};${row % 7 ? `${row},5` : 'NA'};$1,${200 + row};name ${row};${row % 10 === 0 ? '007' : '7'}`,
    )
    const name = file('messy.csv', `id;size;"the ""cost""";who;y\n${rows.join('\n')}\n`)
    const { stdout, status } = bp(['train', name, '--target', 'y'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^ {2}y +what to learn: a class of 2 +7 90 % {2}007 10 %; leading zeros/m)
    expect(stdout).toMatch(
      /^ {2}size +number as "1,5" +read as 1.5; 14.5 % empty \("NA"\) → median, and an input that/m,
    )
    expect(stdout).toMatch(/^ {2}the "cost" +number as "\$1,200" +read as 1200$/m)
    expect(stdout).toMatch(/^ {2}who +text, 200 different +left out; --use who takes its 30 commonest$/m)
    expect(stdout).toContain('without a network: always "7" is right in 90 % (of the 40 held-back rows)')
    expect(stdout).toMatch(/^ {2}baseline +always "7" is right in 90 %: [+−]\d/m)
    expect(stdout).toMatch(/^ {2}weights +of epoch \d+, the best by the held-back loss, for both scores$/m)
  })

  it('reads a compressed table from standard input', () => {
    const table = `x\ty\n${Array.from({ length: 60 }, (_, row) => `${row}\t${row < 30 ? 'low' : 'high'}\n`).join('')}`
    const { stdout, status } = spawnSync(
      process.execPath,
      [program, 'train', '-', '--target', 'y', '--ui', 'json'],
      {
        input: gzipSync(table),
        encoding: 'utf8',
      },
    )
    expect(status).toBe(0)
    expect(objects(stdout.trimEnd().split('\n'))[0]).toMatchObject({
      data: 'standard input',
      rows: 48,
      inputs: ['x'],
    })
  })

  it('ends early with the weights that were best on the held-back rows, and scores both sets with them', () => {
    const [start, ...rest] = objects(bp(['train', 'penguins', '--ui', 'json', '--epochs', '1000']).lines)
    const reports = rest.filter(({ type }) => type === 'report')
    const end = rest.at(-1)
    expect(end.epochs).toBe(end.weights_of_epoch + start.patience)
    expect(end.best).toBe(true)
    for (const { validation } of reports) expect(validation.loss).toBeGreaterThanOrEqual(end.validation.loss)
    expect(end.baseline).toEqual(start.baseline)
    expect(end.gain).toBeCloseTo(end.validation.accuracy - start.baseline.score, 10)
    // Trained for just so many epochs, the last weights are those.
    const short = objects(
      bp([
        'train',
        'penguins',
        '--ui',
        'json',
        '--epochs',
        String(end.weights_of_epoch),
        '--patience',
        'none',
      ]).lines,
    ).at(-1)
    expect(short).toMatchObject({
      weights_sha256: end.weights_sha256,
      loss: end.loss,
      validation: end.validation,
    })
  })

  it.each([
    [['--help'], 'bp graph [EXPRESSION|RUN]'],
    [['-h'], 'bp train [DATA|SPEC]'],
    [['train', '--help'], '--learning-rate X'],
    [['graph', '--help'], '--set NAME=VALUE'],
    [['inspect', '--help'], '--type COLUMN=KIND,…'],
    [['inspect', 'iris'], 'sepal_length_cm  number'],
    [['--version'], '0.1.0'],
    [['graph', 'f = w*x + b', '--set', 'w=-2,x=5,b=3'], '∂f/∂w = ∂f/∂g · ∂g/∂w = 1 · 5 = 5'],
  ])('answers %j', (args, expected) => {
    const { stdout, stderr, status } = bp(args)
    expect(stdout).toContain(expected)
    expect(stdout).not.toContain('\u001b')
    expect([status, stderr]).toEqual([0, ''])
  })

  it('keeps help within 80 columns', () => {
    for (const args of [['--help'], ['train', '--help'], ['inspect', '--help'], ['graph', '--help']])
      for (const line of bp(args).lines) expect(line.length).toBeLessThanOrEqual(80)
  })

  it.each([
    [
      ['trian'],
      'unknown command "trian"; the commands are train, inspect, predict, eval, runs, show, compare, resume, export, bench, graph, check, open, doctor and completion; see --help; did you mean "train"?',
    ],
    [['train', 'nope.csv'], 'nope.csv; expected a CSV file, xor or one of iris, penguins'],
    [['train', 'irs'], 'did you mean "iris"?'],
    [['train', 'iris', 'wine'], 'train takes one data set or file; got "iris", "wine"'],
    [['train', 'iris', '--target', 'specis'], 'did you mean "species"?'],
    [['train', 'xor', '--target', 'y'], '--target does not apply to xor'],
    [['train', '.'], 'cannot be read: it is a folder'],
    [['train', '--ui', 'tui'], '--ui tui needs a terminal'],
    [['--learning-rate', '-1'], '--learning-rate must be a positive number'],
    [['graph', 'f = w*', '--set', 'w=1'], 'missing value'],
    [['train', file('empty.csv', ''), '--target', 'y'], 'the file is empty'],
    [['train', file('ragged.csv', 'x,y\n1,a\n2,b,c\n'), '--target', 'y'], 'line 3: 3 cells where'],
    [
      ['train', file('names.csv', 'x,y\n1,a\n2,b\n'), '--target', 'y'],
      'as a class, each needs at least two rows',
    ],
    [['train', 'iris', '--type', 'species=colour'], '--type species=… must be number, category,'],
    [['train', 'iris', '--type', 'petal'], '--type must be COLUMN=KIND'],
    [['train', 'iris', '--ignore', 'petal'], '--ignore: no column "petal"'],
    [['train', 'iris', '--delimiter', 'x'], '--delimiter must be comma, semicolon, tab or pipe'],
    [['train', 'iris', '--class', '--number'], '--class and --number exclude each other'],
    [['train', 'iris', '--number'], 'leave --number out'],
    [['train', 'iris', '--held-back', '0', '--patience', '5'], '--patience needs held-back rows'],
    [['train', 'xor', '--delimiter', ','], '--delimiter does not apply to xor'],
    [['inspect'], 'inspect takes one data set or file'],
    [['inspect', 'iris', '--ui', 'tui'], 'use --ui plain or --ui json'],
    [
      ['train', file('target.csv', 'x,y\n1,a\n2,b\n')],
      '--target must name the column of target.csv to predict; the columns are x, y',
    ],
  ])('ends %j with exit code 2 and the reason', (args, message) => {
    const { stdout, stderr, status } = bp(args)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/^bp: /)
    expect(stderr).not.toMatch(/\n {4}at /)
    expect([status, stdout]).toEqual([2, ''])
  })

  it('ends with exit code 2 for a file without permission to read', ({ skip }) => {
    if (process.getuid?.() === 0) skip()
    chmodSync(join(folder, file('secret.csv', 'x,y\n1,2\n')), 0)
    expect(bp(['train', 'secret.csv', '--target', 'y'])).toMatchObject({ status: 2 })
  })

  it('ends with exit code 1 when the run diverges', () => {
    const { stderr, status } = bp(['train', 'iris', '--optimizer', 'sgd', '--learning-rate', '1e9'])
    expect(status).toBe(1)
    expect(stderr).toContain('A smaller learning rate')
    const { lines, status: jsonStatus } = bp([
      'train',
      'iris',
      '--optimizer',
      'sgd',
      '--learning-rate',
      '1e9',
      '--ui',
      'json',
    ])
    expect(jsonStatus).toBe(1)
    expect(objects(lines).at(-1)).toMatchObject({ type: 'end', status: 'diverged' })
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('stops gracefully on %s with exit code %i', async (signal, code) => {
    const child = spawn(process.execPath, [
      program,
      'train',
      'iris',
      '--epochs',
      '1000000000',
      '--patience',
      'none',
      '--ui',
      'json',
    ])
    let output = ''
    child.stdout.on('data', (data) => {
      // Training has started once the first line is there.
      if (output === '') setTimeout(() => child.kill(signal), 100)
      output += data
    })
    const status = await new Promise((resolve) => child.on('close', resolve))
    expect(status).toBe(code)
    const end = objects(output.trimEnd().split('\n')).at(-1)
    expect(end).toMatchObject({ type: 'end', status: 'interrupted' })
    expect(end.steps).toBeGreaterThan(0)
  })

  it('resumes a stopped run to the weights of an uninterrupted one', async () => {
    const args = ['train', 'iris', '--epochs', '3000', '--patience', 'none', '--ui', 'json']
    const through = objects(bp(args).lines).at(-1)
    const child = spawn(process.execPath, [program, ...args, '--save', 'runs/iris'], {
      cwd: folder,
      env: { ...process.env, INIT_CWD: folder },
    })
    child.stdout.once('data', () => child.kill('SIGTERM'))
    const status = await new Promise((resolve) => child.on('close', resolve))
    expect(status).toBe(143)
    const refused = bp([...args, '--save', 'runs/iris'])
    expect(refused).toMatchObject({ status: 2, stdout: '' })
    expect(refused.stderr).toContain(
      'runs/iris has a run on iris; resume it with bp resume runs/iris, choose another folder, or replace it with --force',
    )
    const resumed = bp(['resume', 'runs/iris', '--ui', 'json'])
    expect(resumed.status).toBe(0)
    expect(objects(resumed.lines).at(-1)).toEqual({
      ...through,
      run: 'runs/iris',
      saved_step: through.steps,
    })
  })

  it('refuses folders that cannot hold a run, before it trains', () => {
    const refusal = (...args: string[]) => {
      const { status, stdout, stderr } = bp(args)
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      return stderr
    }
    const save = (path: string) => refusal('train', 'iris', '--save', path)
    expect(refusal('resume', 'nowhere')).toContain('there is no run "nowhere"')
    const taken = join(folder, file('taken', ''))
    for (const path of [taken, join(taken, 'runs'), '/dev/null', '/dev/null/runs', '/proc/runs', '/sys/runs'])
      if (path.startsWith(taken) || existsSync(dirname(path)))
        expect(save(path)).toMatch(/^bp: .*(taken|dev.null|proc|sys)/)
    for (const empty of ['', ' ']) expect(save(empty)).toContain(`--save must name a folder, got "${empty}"`)
    expect(save('.')).toContain('is a folder with other files; choose an empty or a new one')
    expect(refusal('train', 'iris', '--force')).toContain('--force replaces the run in the folder')
    expect(refusal('bench', 'iris', '--save', 'bench')).toContain('unknown option --save')
  })

  it('warns at once that a run could not be saved, trains on, and says at the end what is saved', async () => {
    const place = join(folder, 'full')
    const child = spawn(
      process.execPath,
      [
        program,
        'train',
        'iris',
        '--epochs',
        '1000000000',
        '--patience',
        'none',
        '--ui',
        'json',
        '--save',
        place,
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    )
    let output = ''
    let turn = 0
    child.stdout.on('data', (data) => {
      output += data
      if (turn === 0) {
        turn = 1
        // A file takes the place of the folder.
        renameSync(place, `${place}-before`)
        writeFileSync(place, '')
      } else if (turn === 1 && output.includes('could not be saved')) {
        turn = 2
        rmSync(place)
      } else if (turn === 2 && output.includes('again')) {
        turn = 3
        child.kill('SIGTERM')
      }
    })
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(143)
    const [, ...lines] = objects(output.trimEnd().split('\n'))
    const [failed, works] = lines.filter(({ type }) => type === 'warning')
    expect(failed.message).toContain('the run could not be saved: ')
    expect(works.message).toBe(`the run is saved as ${place} again`)
    const end = lines.at(-1)
    expect(end.saved_step).toBe(end.steps)
    expect(loadCheckpoint(join(place, 'checkpoints'))!.checkpoint.state.step).toBe(end.steps)
  })

  it.each([
    ['--version'],
    ['--help'],
    ['train', '--help'],
    ['train', 'xor', '--ui', 'plain'],
    ['train', 'xor', '--ui', 'json'],
    ['bench', 'xor'],
    ['bench', 'xor', '--ui', 'json'],
    ['graph'],
    ['graph', '--ui', 'json'],
    ['inspect', 'iris'],
  ])('ends with exit code 1 and the reason if %s cannot write to its output', (...args) => {
    const command = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ')
    const into = (path: string, before = '') =>
      spawnSync('sh', ['-c', `${before} exec ${command} >>'${path}'`], { encoding: 'utf8', cwd: folder })
    const failure = {
      status: 1,
      stderr: expect.stringMatching(/^bp: standard output could not be written: E.*\n$/),
    }
    if (existsSync('/dev/full')) expect(into('/dev/full')).toMatchObject(failure)
    if (process.platform === 'win32') return
    // Files may grow to 512 bytes, like on a disk that takes only the beginning of a write.
    const path = join(folder, 'nearly-full')
    writeFileSync(path, ' '.repeat(512 - 3))
    expect(into(path, "trap '' XFSZ; ulimit -f 1;")).toMatchObject(failure)
    expect(statSync(path).size).toBe(512)
  })

  it('keeps its exit code, and does not end with 0, if errors cannot be written', ({ skip }) => {
    if (!existsSync('/dev/full')) skip()
    const full = openSync('/dev/full', 'w')
    const status = (...args: string[]) =>
      spawnSync(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', full] }).status
    expect([status('nope'), status('train', 'iris', '--optimizer', 'sgd', '--learning-rate', '1e9')]).toEqual(
      [2, 1],
    )
    closeSync(full)
  })

  it('ends quietly if the reader of its output stops early', async () => {
    const child = spawn(process.execPath, [
      program,
      'train',
      'iris',
      '--epochs',
      '1000000000',
      '--held-back',
      '0',
    ])
    let errors = ''
    child.stderr.on('data', (data) => {
      errors += data
    })
    child.stdout.once('data', () => child.stdout.destroy())
    // It notices when it writes the next report; the signal ends the wait for that.
    setTimeout(() => child.kill('SIGINT'), 500)
    await new Promise((resolve) => child.on('close', resolve))
    expect(errors).toBe('')
  })
})

describe('bp bench', () => {
  it('shows how long each instruction of a step takes, and how that compares with the machine', () => {
    const { stdout, status, lines } = bp(['bench', 'iris'])
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^one step: \S+ µs, [\d,]+ steps\/s, [\d.]+ GFLOP\/s, [\d.]+ % of this machine's single-thread peak of [\d.]+$/m,
    )
    const shares = lines.flatMap((line) => /^ *([\d.]+) % +[\d.]+ /.exec(line)?.[1] ?? [])
    expect(shares.reduce((total, share) => total + Number(share), 0)).toBeCloseTo(100, -1)
    expect(stdout).toMatch(/MatmulNN|MatmulSmall/)
  })

  it('gives the same as JSON', () => {
    const { lines, status } = bp(['bench', 'xor', '--ui', 'json'])
    expect(status).toBe(0)
    const [profile] = objects(lines)
    expect(profile).toMatchObject({ type: 'profile' })
    expect(profile.microseconds).toBeGreaterThan(0)
    expect(profile.instructions.map(({ instruction }: { instruction: string }) => instruction)).toContain(
      'Sgd',
    )
  })

  it('comes right before the last line of a run with --profile', () => {
    const { lines } = bp(['train', 'xor', '--epochs', '10', '--profile', '--ui', 'json'])
    expect(
      objects(lines)
        .slice(-2)
        .map(({ type }) => type),
    ).toEqual(['profile', 'end'])
  })
})
