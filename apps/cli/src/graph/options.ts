// The options of `bp graph`.
import { type Option, text, ui } from '../options.js'

const set: Option<string> = {
  ...text('NAME=VALUE,…', 'values of the variables, e.g. w=-2,x=1/3,b=pi; also several times'),
  add: (before, more) => `${before},${more}`,
}

export const graphOptions = {
  set,
  ui,
}
