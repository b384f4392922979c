// The options of `bp train` and `bp bench`.
import { flag, folder, text, ui } from '../options.js'
import { settings } from './settings.js'

const target = text('COLUMN', 'column to predict; required for a file of your own')

export const trainOptions = {
  target,
  ...settings,
  checkpoints: folder('save checkpoints here: the last two and the best one'),
  resume: folder('resume from the checkpoints in this folder'),
  profile: flag('report at the end how long each instruction of a step takes'),
  ui,
  exitOnDone: flag('leave the full screen when training is done instead of waiting for q'),
}

const { epochs: _, ...benchSettings } = settings

export const benchOptions = { target, ...benchSettings, ui }
