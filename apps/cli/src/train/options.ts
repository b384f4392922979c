// The options of `bp train` and `bp bench`.
import { appearanceOptions, flag, folder, ui } from '../options.js'
import { tableOptions } from '../table/options.js'
import { threads } from '../threads.js'
import { settings } from './settings.js'

export const screenOptions = {
  threads,
  profile: flag('report at the end how long each instruction of a step takes'),
  ui,
  ...appearanceOptions,
  screenReader: flag('sentences one after the other instead of a picture, with the same keys'),
  exitOnDone: flag('leave the full screen when training is done instead of waiting for q'),
}

export const trainOptions = {
  ...tableOptions,
  ...settings,
  save: folder('save the run here (default: beside the last 50 runs; see bp runs)'),
  force: flag('replace the run in the folder that --save names'),
  ...screenOptions,
}

const { epochs: _epochs, patience: _patience, ...benchSettings } = settings

export const benchOptions = { ...tableOptions, ...benchSettings, ui }
