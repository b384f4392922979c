// Links of the playground that runs and graphs have, and the server of the page.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createNetworkRun, graphCodec, networkCodec, openGraph, readAddress } from '@bp/lab'
import { afterAll, describe, expect, it } from 'vitest'
import { pageIsBuilt, servePage } from '../src/shell/page-server.js'

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bp-open-'))
afterAll(() => rmSync(folder, { recursive: true }))
const env = { ...process.env, INIT_CWD: folder, XDG_DATA_HOME: join(folder, 'data') }
const bp = (...args: string[]) =>
  spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8', env })

async function opened(...args: string[]) {
  const { stdout, stderr, status } = bp('open', ...args, '--print')
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  return (await readAddress(stdout.trim().replace(/^[^#]*/, '')))!
}

/** Two clouds of points, with names for the classes. */
const points = Array.from({ length: 60 }, (_, at) => {
  const upper = at % 2
  return `${(at % 7) + 3 * upper},${(at % 5) - 2 * upper},${upper ? 'up' : 'down'}`
})

describe('the link', () => {
  it('of a run on xor opens the same run, to the bit', async () => {
    const end = JSON.parse(
      bp(
        'train',
        'xor',
        '--hidden',
        '3,2',
        '--optimizer',
        'adam',
        '--batch-size',
        '3',
        '--epochs',
        '50',
        '--ui',
        'json',
      )
        .stdout.trimEnd()
        .split('\n')
        .at(-1)!,
    )
    const { place, fields } = await opened('last')
    const document = networkCodec.read(fields)
    const run = createNetworkRun(document)
    run.goTo(document.step)
    expect([place, document.step]).toEqual(['network', end.steps])
    expect(createHash('sha256').update(new Uint8Array(run.weights().buffer)).digest('hex')).toBe(
      end.weights_sha256,
    )
  })

  it('of a run on two inputs opens its network, with the same answers', async () => {
    writeFileSync(join(folder, 'clouds.csv'), `x,y,side\n${points.join('\n')}\n`)
    expect(bp('train', 'clouds.csv', '--target', 'side', '--hidden', '4', '--epochs', '3').status).toBe(0)
    const document = networkCodec.read((await opened('last')).fields)
    const run = createNetworkRun({ ...document, data: { ...document.data, heldBack: 0 } })
    run.goTo(0)
    const predicted = bp('predict', 'last', 'clouds.csv', '--only', '--ui', 'json')
      .stdout.trimEnd()
      .split('\n')
    const rows = Float32Array.from(document.data.points.flatMap((point) => point.slice(0, 2)))
    run.model.outputActivation = 'sigmoid'
    const answers = run.model.predict(rows)
    for (const [at, line] of predicted.entries()) {
      const answer = JSON.parse(line)
      // Classes are in the order of their names: down, up.
      const up = answers[at]!
      expect(answer['predicted side'] === 'up' ? up : 1 - up).toBeCloseTo(answer.probability, 5)
    }
  })

  it('of a row of any run opens its graph', async () => {
    expect(bp('train', 'iris', '--epochs', '2').status).toBe(0)
    const { place, fields } = await opened('last', '--row', '3')
    const { picture } = openGraph(graphCodec.read(fields))
    expect(place).toBe('graph')
    const lines = bp('graph', 'last', '--row', '3', '--ui', 'json').stdout.trimEnd().split('\n')
    expect(picture!.trace.output.value).toBe(JSON.parse(lines.at(-1)!).value)
  })

  it('of a graph that no link can hold is refused, with what shows it', () => {
    expect(bp('train', 'digits', '--hidden', '1000', '--epochs', '1', '--save', 'big').status).toBe(0)
    const { status, stderr } = bp('open', 'big', '--row', '1', '--print')
    expect(status).toBe(2)
    expect(stderr).toMatch(/is too large for a link: .* more than 1000000 characters.*bp graph/)
  })

  it('of an expression has its values and what is opened', async () => {
    const { fields } = await opened(
      'f = sigmoid(constructor*x)',
      '--set',
      'constructor=2,x=3',
      '--expand',
      'f',
    )
    expect(graphCodec.read(fields)).toMatchObject({ opened: ['f'], values: { constructor: 2, x: 3 } })
    expect(networkCodec.read((await opened('spiral')).fields).data.kind).toBe('spiral')
  })

  it.each([
    [['iris'], 'the page takes data sets of two inputs'],
    [['last'], 'takes two inputs, and the run last has 4'],
    [['last', '--row', '1000'], '--row must be an integer in [1, 150]'],
    [['last', '--port', '8000', '--print'], '--port does not apply'],
    [['f = w*x'], 'w and x have no values'],
    [['a', 'b'], 'put quotes around an expression'],
    [['--port', '99999'], '--port must be an integer in [1, 65535]'],
    [['--ui', 'tui'], 'open writes lines'],
  ])('of %j is refused with the reason', (args, why) => {
    const { status, stderr, stdout } = bp('open', ...args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(why)
  })
})

describe('the server of the page', () => {
  if (!pageIsBuilt()) {
    it('says what to do where the page is not built', () =>
      expect(servePage(0)).rejects.toThrow('the page is not built; build it'))
    return
  }

  const answer = (port: number, path: string, options: { method?: string; host?: string } = {}) =>
    new Promise<{ status: number; type: string; size: number }>((resolve, reject) => {
      const { method = 'GET', host = `127.0.0.1:${port}` } = options
      request({ host: '127.0.0.1', port, path, method, headers: { host } }, (response) => {
        let size = 0
        response.on('data', (data) => {
          size += data.length
        })
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            type: response.headers['content-type'] ?? '',
            size,
          }),
        )
      })
        .on('error', reject)
        .end()
    })

  it('gives the files of the page to this machine by GET, and nothing else', async () => {
    const { address, close } = await servePage(0)
    const port = Number(new URL(address).port)
    const status = async (path: string, options = {}) => (await answer(port, path, options)).status
    try {
      expect(await answer(port, '/')).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' })
      expect(await status('/index.html?x=1')).toBe(200)
      expect(await status('/', { host: `localhost:${port}` })).toBe(200)
      for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:${port + 1}`])
        expect(await status('/', { host })).toBe(403)
      for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])
        expect(await status('/', { method })).toBe(405)
      for (const path of [
        '/../package.json',
        '/..%2fpackage.json',
        '/%2e%2e/package.json',
        '//etc/passwd',
        '/assets',
        '/assets/',
        '/constructor',
        '/__proto__',
        '/%00',
        '/index.html/',
      ])
        expect([path, await status(path)]).toEqual([path, 404])
    } finally {
      await close()
    }
  })

  it('says so if its port is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    await expect(servePage((other.address() as AddressInfo).port)).rejects.toThrow('is taken; give another')
    other.close()
  })

  it('serves until ctrl-c, on a port of 127.0.0.1 alone', async () => {
    const child = spawn(process.execPath, [program, 'open', 'f = w*x', '--set', 'w=1,x=2', '--ui', 'json'], {
      env,
    })
    const line = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data) => resolve(String(data))),
    )
    const { link } = JSON.parse(line)
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#\/graph\?v=1&e=/)
    expect((await answer(Number(new URL(link).port), '/')).status).toBe(200)
    child.kill('SIGINT')
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130)
  })
})
