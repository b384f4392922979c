// The options of `bp train` and `bp bench`.
import { flag, folder, ui } from '../options.js'
import { tableOptions } from '../table/options.js'
import { settings } from './settings.js'

export const trainOptions = {
  ...tableOptions,
  ...settings,
  checkpoints: folder('save checkpoints here: the last two and the best one'),
  resume: folder('resume from the checkpoints in this folder'),
  profile: flag('report at the end how long each instruction of a step takes'),
  ui,
  exitOnDone: flag('leave the full screen when training is done instead of waiting for q'),
}

const { epochs: _epochs, patience: _patience, ...benchSettings } = settings

export const benchOptions = { ...tableOptions, ...benchSettings, ui }
