// The options of the commands about runs.
import { choice, flag, text, ui } from '../options.js'
import { screenOptions } from '../train/options.js'
import { settings } from '../train/settings.js'

export const predictOptions = {
  only: flag('write the answers alone, without the columns of the file'),
  ui,
}

export const resumeOptions = {
  epochs: {
    ...settings.epochs,
    help: 'passes over the training rows in all (default: as the run was to have)',
  },
  data: text('FILE', 'where the data is now; it must be the same to the byte'),
  ...screenOptions,
}

export const showOptions = {
  spec: flag('its data and settings as a run spec, for bp train --spec'),
  ui,
}

export const exportFormats = ['js', 'onnx', 'pytorch', 'safetensors', 'tensorboard'] as const

export const exportOptions = {
  to: choice(exportFormats, 'what to write'),
  output: text(
    'FILE',
    'where to write it (default: in this folder, called like the run); - is standard output',
  ),
  force: flag('replace the file if it exists'),
}
