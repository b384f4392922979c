// The options of the commands about this machine and its shell.
import { ui } from '../options.js'

export const doctorOptions = { ui }
