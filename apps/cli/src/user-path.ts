// Where files are that the user names.
import { resolve } from 'node:path'

/** npm and pnpm change the folder and say in INIT_CWD which one the user is in. */
export function userPath(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path)
}
