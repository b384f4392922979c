// `npm start`: builds the terminal program, then runs it in this process, so that keys, signals and the exit code are its
// own.
import { bootstrap } from './bootstrap.mjs'

bootstrap('cli')
await import('../apps/cli/dist/main.js')
