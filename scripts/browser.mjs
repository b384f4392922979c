// Finds the browsers that tests and checks run in, or installs Debian's where possible.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** The names of each browser, its usual locations, and the variable that overrides them. */
const browsers = {
  chromium: {
    variable: 'CHROME_PATH',
    names: 'Chromium, Google Chrome or Microsoft Edge',
    debian: 'chromium',
    darwin: [
      'Google Chrome.app/Contents/MacOS/Google Chrome',
      'Chromium.app/Contents/MacOS/Chromium',
      'Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    ],
    win32: [
      'Google\\Chrome\\Application\\chrome.exe',
      'Chromium\\Application\\chrome.exe',
      'Microsoft\\Edge\\Application\\msedge.exe',
    ],
    linux: [
      'chromium',
      'chromium-browser',
      'google-chrome-stable',
      'google-chrome',
      'microsoft-edge-stable',
      'microsoft-edge',
    ],
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    names: 'Firefox',
    debian: 'firefox-esr',
    darwin: ['Firefox.app/Contents/MacOS/firefox'],
    win32: ['Mozilla Firefox\\firefox.exe'],
    linux: ['firefox', 'firefox-esr'],
  },
}

/** Preferences without which Firefox calls home or asks questions. */
export const quietFirefox = {
  'app.normandy.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
}

/**
 * Path of a browser's executable, `chromium` (or a relative) or `firefox`: the value of CHROME_PATH or FIREFOX_PATH, else
 * the first usual location that exists. Throws an error that says what to install.
 */
export function findBrowser(name = 'chromium') {
  const { variable } = browsers[name]
  const given = process.env[variable]
  if (given) {
    if (isProgram(given)) return given
    throw new Error(`${variable} is ${given}, which is not an executable; correct it or unset it.`)
  }
  const found = candidates(browsers[name]).find(isProgram)
  if (!found) throw new Error(advice(browsers[name]))
  return found
}

/** Like `findBrowser`, but if there is none, installs Debian's if this is Debian and the user is root. */
export function ensureBrowser(name = 'chromium') {
  const { variable, debian } = browsers[name]
  try {
    return findBrowser(name)
  } catch (error) {
    if (process.env[variable] || !canInstall()) throw error
  }
  process.stderr.write(`Installing ${debian} with apt-get (once, about a minute) …\n`)
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', debian]]) {
    const result = spawnSync('apt-get', args, {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    })
    if (result.status !== 0)
      throw new Error(
        `apt-get ${args.join(' ')} failed.\n${`${result.stdout ?? ''}${result.stderr ?? ''}`.trim()}\n${advice(browsers[name])}`,
      )
  }
  return findBrowser(name)
}

function advice({ names, debian, variable }) {
  return `No browser found. Install ${names} (Debian, Ubuntu: apt-get install ${debian}), or set ${variable} to its executable.`
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

function candidates({ darwin, win32, linux }) {
  const { PROGRAMFILES, 'PROGRAMFILES(X86)': programFiles32, LOCALAPPDATA, PATH = '' } = process.env
  const [folders, programs] =
    process.platform === 'darwin'
      ? [['/Applications', join(homedir(), 'Applications')], darwin]
      : process.platform === 'win32'
        ? [[PROGRAMFILES, programFiles32, LOCALAPPDATA], win32]
        : [['/usr/bin', '/usr/local/bin', '/snap/bin', ...PATH.split(delimiter)], linux]
  return folders.filter(Boolean).flatMap((folder) => programs.map((program) => join(folder, program)))
}
