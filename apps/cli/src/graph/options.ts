// The options of `bp graph`.
import { choice, text } from '../options.js'
import { interfaces } from '../terminal.js'

export const graphOptions = {
  set: text('NAME=VALUE,…', 'values of the variables, e.g. w=-2,x=5,b=3'),
  ui: choice(interfaces, 'full screen, lines of text, or lines of JSON (tui on a terminal, else plain)'),
}
