// Resolves paths that the user gives.
import { resolve } from 'node:path'

/** npm and pnpm change the working directory and give the user's in INIT_CWD. */
export function userPath(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path)
}
