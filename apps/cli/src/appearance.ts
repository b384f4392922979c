// How the screen looks: its colours, and the characters that pictures are made of.

export const themes = ['dark', 'light', 'mono'] as const
export const charsets = ['braille', 'block', 'ascii'] as const

export type Theme = (typeof themes)[number]
export type Charset = (typeof charsets)[number]

type Palette = Readonly<Record<'blue' | 'orange' | 'green' | 'red', string>>

const palettes: Readonly<Record<'dark' | 'light', Palette>> = {
  // Okabe and Ito (2008), which colour-blind people can tell apart.
  dark: { blue: '#56B4E9', orange: '#E69F00', green: '#009E73', red: '#D55E00' },
  // The same hues, darker: at least 4.5 to 1 on white.
  light: { blue: '#0072B2', orange: '#8A6100', green: '#00785A', red: '#B23C00' },
}

/** Of the theme that was chosen. */
export const palette: { -readonly [Name in keyof Palette]: string } = { ...palettes.dark }

let chosen: Charset = 'braille'

/** The characters that pictures are made of. */
export const charset = (): Charset => chosen

/** Takes what was chosen, or what fits the terminal. `mono` is the theme without colours, see `hasColours`. */
export function setAppearance(theme: Theme | undefined, wanted: Charset | undefined): void {
  const { COLORFGBG = '', TERM } = process.env
  // Foreground and background as numbers of colours; 7 and 15 are white.
  const light = /;(7|15)$/.test(COLORFGBG)
  const name = theme === undefined || theme === 'mono' ? (light ? 'light' : 'dark') : theme
  Object.assign(palette, palettes[name])
  // The font of Linux's own console has no braille.
  chosen = wanted ?? (TERM === 'linux' ? 'block' : 'braille')
}

/** What stands for a character where there is only ASCII, as wide as it is. */
const plain = new Map(
  Object.entries({
    '-': '─━╸−–—┄┈',
    '|': '│┃║‖╎┊▏▕▌▐',
    '+': '┤├┬┴└┘┌┐┼╭╮╰╯✓',
    x: '✗×',
    '*': '●■◆★▲•',
    o: '○□◇',
    '.': '·░▁',
    ':': '▒▂▃▄',
    '#': '▓█▀▅▆▇',
    '<': '←◀‹⏮',
    '>': '→▶›⏭',
    '^': '↑',
    v: '↓▼',
    d: '∂',
    '~': '…≈',
    '"': '“”„',
    "'": '’‘',
    '0': '₀⁰',
    '1': '₁¹',
    '2': '₂²',
    '3': '₃³',
    '4': '₄⁴',
    '5': '₅⁵',
    '6': '₆⁶',
    '7': '₇⁷',
    '8': '₈⁸',
    '9': '₉⁹',
  }).flatMap(([ascii, characters]) => [...characters].map((character) => [character, ascii] as const)),
)

/** The text in the characters that were chosen. Letters of other languages stay: they are the user's. */
export function written(text: string): string {
  if (chosen !== 'ascii') return text
  return text.replace(/[^\0-\x7f]/gu, (character) => plain.get(character) ?? character)
}
