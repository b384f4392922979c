// The version, from the package file.
import { readFileSync } from 'node:fs'
import { packageFile } from './beside.js'

export function readVersion(): string {
  return JSON.parse(readFileSync(packageFile, 'utf8')).version
}
