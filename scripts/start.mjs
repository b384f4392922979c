// `npm start`: brings the terminal program to a built state, then is that program, in this same process, so that
// keys, signals and the exit code are its own.
import { bootstrap } from './bootstrap.mjs'

bootstrap('cli')
await import('../apps/cli/dist/main.js')
