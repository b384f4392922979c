// `node packages/table/test/speed.mjs [rows]`: how fast a table is read and prepared, and how much memory that takes.
import { inspectTable, parseTable, prepareTable } from '@bp/table'

const rows = Number(process.argv[2] ?? 1_000_000)
const encoder = new TextEncoder()
const parts = ['id,speed,damage,airport,cost,flight_date,height,note\n']
// Numbers that look random, and are the same each time.
let state = 1
const next = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}
for (let row = 0; row < rows; row++)
  parts.push(
    `${row + 1},${next(8) ? next(4000) / 10 : ''},${next(10) ? 'No damage' : 'Substantial'},AIRPORT ${next(1842)},${next(100000) / 100},2015-0${1 + next(9)}-1${next(10)},${next(30000)},"bird, ""no ${next(100000)}"""\n`,
  )
const file = encoder.encode(parts.join(''))
parts.length = 0
const megabytes = file.length / 1e6
const timed = (what, body) => {
  const begin = process.cpuUsage()
  const result = body()
  const { user, system } = process.cpuUsage(begin)
  const seconds = (user + system) / 1e6
  process.stdout.write(
    `${what.padEnd(8)} ${seconds.toFixed(2)} s  ${(megabytes / seconds).toFixed(0)} MB/s  ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB resident\n`,
  )
  return result
}
process.stdout.write(`${rows} rows, ${megabytes.toFixed(0)} MB\n`)
// What the machine gives at the moment: a loop that finds the ends of cells and copies them.
timed('copy', () => {
  const to = new Uint8Array(file.length)
  let used = 0
  for (let at = 0; at < file.length; at++) {
    const byte = file[at]
    if (byte !== 44 && byte !== 10) to[used++] = byte
  }
  return used
})
const table = timed('read', () => parseTable(file))
const inspection = timed('inspect', () => inspectTable(table, { target: 'damage' }))
timed('prepare', () => prepareTable(inspection, { heldBack: 0.2, seed: 7 }))
