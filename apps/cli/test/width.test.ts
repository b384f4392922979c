import stringWidth from 'string-width'
import { expect, it } from 'vitest'
import width from '../src/width.js'

it('is that of the library for every character, and for pairs of those that count as one column', () => {
  const characters: string[] = []
  for (let code = 0; code < 0x11000; code++)
    if (code < 0xd800 || code > 0xdfff) characters.push(String.fromCodePoint(code))
  for (const character of characters)
    expect([character, width(character)]).toEqual([character, stringWidth(character)])
  const one = characters.filter((character) => width(character) === 1 && character.charCodeAt(0) < 0x2900)
  for (const [at, character] of one.entries()) {
    const pair = character + one[(at * 7) % one.length]!
    expect([pair, width(pair)]).toEqual([pair, stringWidth(pair)])
  }
})
