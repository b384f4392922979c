// The different texts of a column, each as an index: one integer a row, no string.
import type { Cells } from '../read/cells.js'

export class Dictionary {
  /** For each row, the index of its text in order of appearance. */
  readonly codes: Int32Array
  /** Number of different texts. */
  size = 0
  readonly #cells: Cells
  /** A row of each text, and its number of rows. */
  #rows = new Uint32Array(64)
  #counts = new Uint32Array(64)

  constructor(cells: Cells) {
    this.#cells = cells
    const { length, bytes, ends } = cells
    const codes = new Int32Array(length)
    this.codes = codes
    // Open addressing, at most half full; 0 is free, otherwise the index plus 1.
    let slots = new Int32Array(256)
    let mask = 255
    let hashes = new Uint32Array(64)
    for (let row = 0, begin = 0; row < length; row++) {
      const end = ends[row]!
      // FNV-1a (Fowler, Noll and Vo).
      let hash = 0x811c9dc5
      for (let at = begin; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
      hash = (hash ^ (hash >>> 15)) >>> 0
      let slot = hash & mask
      let code = -1
      for (let found = slots[slot]!; found !== 0; slot = (slot + 1) & mask, found = slots[slot]!)
        if (hashes[found - 1] === hash && this.#equal(this.#rows[found - 1]!, begin, end)) {
          code = found - 1
          break
        }
      if (code < 0) {
        code = this.size++
        if (code === this.#rows.length) {
          this.#rows = grown(this.#rows)
          this.#counts = grown(this.#counts)
          hashes = grown(hashes)
        }
        this.#rows[code] = row
        hashes[code] = hash
        slots[slot] = code + 1
        if (2 * this.size > mask) {
          mask = 2 * mask + 1
          slots = new Int32Array(mask + 1)
          for (let index = 0; index < this.size; index++) {
            let free = hashes[index]! & mask
            while (slots[free] !== 0) free = (free + 1) & mask
            slots[free] = index + 1
          }
        }
      }
      this.#counts[code]!++
      codes[row] = code
      begin = end
    }
  }

  text(code: number): string {
    return this.#cells.at(this.#rows[code]!)
  }

  /** Number of rows with this text. */
  count(code: number): number {
    return this.#counts[code]!
  }

  #equal(row: number, begin: number, end: number): boolean {
    const { bytes, ends } = this.#cells
    const from = this.#cells.begin(row)
    if (ends[row]! - from !== end - begin) return false
    for (let at = begin; at < end; at++) if (bytes[at] !== bytes[from + at - begin]) return false
    return true
  }
}

function grown(list: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * list.length)
  larger.set(list)
  return larger
}
