// The options of `bp train` and what they are when not given.
import { choice, flag, folder, number, type Option, text, toNumber, wholeNumber } from '../options.js'
import { interfaces } from '../terminal.js'
import { UsageError } from '../usage-error.js'

// More would not fit the memory of the kernel, or no one would wait for it.
const mostUnits = 4096
const mostLayers = 16

const hidden: Option<number[]> = {
  value: 'UNITS,…',
  help: 'units of each hidden layer, such as 16,16; none for no hidden layer (xor: 2, else 32)',
  read: (text, name) => {
    if (text === 'none') return []
    const units = text.split(',').map((part) => toNumber(part.trim()))
    if (
      units.length > mostLayers ||
      units.some((count) => !(Number.isInteger(count) && count >= 1 && count <= mostUnits))
    )
      throw new UsageError(
        `${name} must be at most ${mostLayers} whole numbers from 1 to ${mostUnits} with commas between them, or none; got "${text}"`,
      )
    return units
  },
}

export const trainOptions = {
  target: text('COLUMN', 'column to predict; needed for a file of your own'),
  epochs: wholeNumber('N', 'how often to go through the rows (xor: 1000, else 40)', 1, 1e9),
  'learning-rate': number(
    'X',
    'size of a step (sgd 0.1, momentum 0.01, adam 0.003; xor: 1, 0.2, 0.05)',
    'a number above 0, such as 0.01',
    (rate) => rate > 0,
  ),
  'batch-size': wholeNumber('N', 'rows in a step (xor: all, else 16)', 1, 1e9),
  hidden,
  activation: choice(['relu', 'tanh', 'sigmoid'], 'of the hidden layers (xor: sigmoid, else relu)'),
  optimizer: choice(['sgd', 'momentum', 'adam'], 'how weights follow their gradients (xor: sgd, else adam)'),
  seed: wholeNumber('N', 'decides first weights, order and held-back rows (7)', 0, Number.MAX_SAFE_INTEGER),
  'held-back': number(
    'SHARE',
    'share of rows that is kept for testing, not trained on (0.2)',
    'a share from 0 up to but without 1, such as 0.2',
    (share) => share >= 0 && share < 1,
  ),
  checkpoints: folder('keep what it takes to go on there: the last two states and the best one'),
  resume: folder('go on from the checkpoints that are there'),
  profile: flag('afterwards say what each instruction of a step takes'),
  ui: choice(interfaces, 'full screen, lines of text, or lines of JSON (tui on a terminal, else plain)'),
  'exit-on-done': flag('on a full screen: leave it when training is done, instead of waiting for q'),
}
