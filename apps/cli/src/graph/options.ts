// The options of `bp graph`.
import { text, ui } from '../options.js'

export const graphOptions = {
  set: text('NAME=VALUE,…', 'values of the variables, e.g. w=-2,x=5,b=3'),
  ui,
}
