// Finds a Chromium-like browser for the end-to-end tests, or installs Debian's where that is possible.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

const advice =
  'No browser was found for the end-to-end tests. Install Chromium, Google Chrome or Microsoft Edge' +
  ' (Debian, Ubuntu: apt-get install chromium), or set CHROME_PATH to the program of one.'

/**
 * Path of the browser's program: CHROME_PATH if set, else the first of the usual places that exists.
 * Throws an error whose message says what to install.
 */
export function findBrowser() {
  const given = process.env.CHROME_PATH
  if (given) {
    if (isProgram(given)) return given
    throw new Error(
      `CHROME_PATH is ${given}, and there is no program that can be run; correct it or unset it.`,
    )
  }
  const found = candidates().find(isProgram)
  if (!found) throw new Error(advice)
  return found
}

/** Like `findBrowser`, and where there is none, installs Debian's `chromium` if this is Debian and the user is root. */
export function ensureBrowser() {
  try {
    return findBrowser()
  } catch (error) {
    if (process.env.CHROME_PATH || !canInstall()) throw error
  }
  process.stderr.write('Installing Chromium for the end-to-end tests with apt-get (once, about a minute) …\n')
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const result = spawnSync('apt-get', args, {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    })
    if (result.status !== 0)
      throw new Error(
        `apt-get ${args.join(' ')} failed.\n${`${result.stdout ?? ''}${result.stderr ?? ''}`.trim()}\n${advice}`,
      )
  }
  return findBrowser()
}

function canInstall() {
  return process.platform === 'linux' && existsSync('/etc/debian_version') && process.getuid?.() === 0
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function candidates() {
  if (process.platform === 'darwin') {
    const programs = [
      'Google Chrome.app/Contents/MacOS/Google Chrome',
      'Chromium.app/Contents/MacOS/Chromium',
      'Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    ]
    return ['/Applications', join(homedir(), 'Applications')].flatMap((folder) =>
      programs.map((program) => join(folder, program)),
    )
  }
  if (process.platform === 'win32') {
    const folders = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
    const programs = [
      'Google\\Chrome\\Application\\chrome.exe',
      'Chromium\\Application\\chrome.exe',
      'Microsoft\\Edge\\Application\\msedge.exe',
    ]
    return folders.filter(Boolean).flatMap((folder) => programs.map((program) => join(folder, program)))
  }
  const names = [
    'chromium',
    'chromium-browser',
    'google-chrome-stable',
    'google-chrome',
    'microsoft-edge-stable',
    'microsoft-edge',
  ]
  const folders = [
    '/usr/bin',
    '/usr/local/bin',
    '/snap/bin',
    ...(process.env.PATH ?? '').split(delimiter).filter(Boolean),
  ]
  return folders.flatMap((folder) => names.map((name) => join(folder, name)))
}
