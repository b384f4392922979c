// Files that come with the program. `src` and `dist`, which is one folder without others in it, are equally deep.
import { fileURLToPath } from 'node:url'

const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export const packageFile = beside('../package.json')
/** The bundled data sets. */
export const dataFolder = beside('../../../data/')
/** The built page. */
export const pageFolder = beside('../../playground/dist/')
/** The thread that trains. */
export const trainerFile = beside('./trainer.js')
